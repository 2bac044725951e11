"""The filter language of the console: ``type=session.* to=llm took>250ms outcome=crashed text~/no such file/``.

Words are separated by white space (quote a value with blanks) and all must hold. ``!`` before a word negates it,
``*`` in a value stands for any characters, ``text~`` looks for a value anywhere and in any case. Types match with or
without their version, actors with or without key. No filter takes more than linear time, whatever it is shown.
"""

import difflib
import re
from collections.abc import Callable, Iterable
from typing import get_args

from bus.keep.deadletter import Reason
from bus.message.message import Message, wire_name
from bus.see.tapevent import ERRORS, POINTS, Point, TapEvent

Test = Callable[[TapEvent], bool]
Matcher = Callable[[str], bool]
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "": 1.0}
BAGGAGE = ("user", "session", "turn", "origin")
NAMES = ("type", "actor", "to", "from", "point", "outcome", "trace", *BAGGAGE)
DURATIONS = ("took", "wait")
FLAGS: dict[str, Test] = {"errors": lambda event: event.is_error}
CHOICES = {"point": POINTS, "outcome": ("ok", "error", "crashed", *get_args(Reason))}
"""Values of the words that know all of theirs."""
_EXAMPLES = {
    **{name: f"{name}=…" for name in NAMES},
    **{name: f"{name}>250ms" for name in DURATIONS},
    "text": "text~words",
    **{name: name for name in FLAGS},
}
_PLAIN_WORD = re.compile(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""")
_QUOTED = re.compile(r"""(["'])(.*?)\1""", re.DOTALL)
_OPERATOR = re.compile(r"[=<>~]")
_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>us|ms|s|)")


class FilterError(ValueError):
    """A filter that cannot be read; the text says which word and what would do."""


class Filter:
    """A compiled filter: call it with an event."""

    def __init__(self, words: list[str]) -> None:
        self._tests = [_word(word) for word in words]
        self._types = [_version_or_not(word[5:]) for word in words if word.startswith("type=")]
        self.points: tuple[Point, ...] = tuple(point for point in POINTS if _may_be_at(point, words))
        """The only points at which an event can pass."""

    def __call__(self, event: TapEvent) -> bool:
        return all(test(event) for test in self._tests)

    def may_match(self, kind: type[Message]) -> bool:
        """Whether a message of this class can pass. Far cheaper than describing the message to find out."""
        name = wire_name(kind)
        return all(matches(name) for matches in self._types)


def parse(text: str) -> Filter | None:
    """Compile a filter; the empty text passes everything and is None. Raises FilterError."""
    words = _split(text)
    return Filter(words) if words else None


def _split(text: str) -> list[str]:
    words: list[str] = []
    rest = text.lstrip()
    while rest:
        if match := _PLAIN_WORD.match(rest):
            words.append(_QUOTED.sub(r"\2", match[0]))
        else:
            raise FilterError(f"the quote before {rest[1:]!r} is not closed")
        rest = rest[match.end() :].lstrip()
    return words


def _word(word: str) -> Test:
    bare = word.removeprefix("!")
    name = _OPERATOR.split(bare, maxsplit=1)[0]
    op, value = bare[len(name) : len(name) + 1], bare[len(name) + 1 :]
    if name in FLAGS and not op:
        test = FLAGS[name]
    elif name in NAMES and op == "=":
        test = _match(name, value)
    elif name in DURATIONS and op in {"<", ">"}:
        test = _duration(name, op, value)
    elif name == "text" and op == "~":
        test = _text(value)
    else:
        raise FilterError(_unknown(word, name))
    return test if bare == word else lambda event: not test(event)


def _unknown(word: str, name: str) -> str:
    if name in _EXAMPLES:
        return f"cannot read {word!r}: write it as {_EXAMPLES[name]}"
    return f"unknown filter word {word!r}: {_hint(name, _EXAMPLES)}known are {' '.join(_EXAMPLES.values())}"


def _hint(value: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(value.lower(), list(known), n=1)
    return f"did you mean {near[0]!r}? " if near else ""


# --- words with a pattern -------------------------------------------------------------------------------------


def _pattern(value: str) -> Matcher:
    """A test for the whole of a text. Each part is looked for once, where the one before it ends, so it is linear."""
    first, *middle = value.split("*")
    if not middle:
        return lambda text: text == value
    last = middle.pop()

    def matches(text: str) -> bool:
        at, end = len(first), len(text) - len(last)
        if end < at or not text.startswith(first) or not text.endswith(last):
            return False
        for part in middle:
            found = text.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True

    return matches


def _match(name: str, value: str) -> Test:
    if name == "type":
        is_type = _version_or_not(value)
        return lambda event: is_type(event.type)
    if name in {"actor", "to", "from"}:
        return _actor(name, value)
    if name == "trace":
        begins = _pattern(value.lower() + "*")
        return lambda event: begins(event.trace)
    matches = _pattern(value)
    if name in BAGGAGE:
        return lambda event: matches(event.baggage.get(name, ""))
    known = CHOICES[name]
    if not any(matches(choice) for choice in known):
        raise FilterError(f"no {name} is called {value!r}: {_hint(value, known)}known are {' '.join(known)}")
    return lambda event: matches(getattr(event, name))


def _version_or_not(value: str) -> Callable[[str], bool]:
    """A test of wire names."""
    matches = _pattern(value)
    return lambda name: matches(name) or matches(name.partition("@")[0])


def _actor(name: str, value: str) -> Test:
    matches = _pattern(value)

    def is_it(actor: str) -> bool:
        return matches(actor) or matches(actor.partition("[")[0])

    if name == "to":
        return lambda event: is_it(event.to)
    if name == "from":
        return lambda event: is_it(event.sender)
    return lambda event: is_it(event.to) or is_it(event.sender)


def _may_be_at(point: Point, words: list[str]) -> bool:
    """Whether an event at this point can pass, as far as words about points can tell."""
    if "errors" in words and point not in ERRORS:
        return False
    patterns = [word.removeprefix("point=") for word in words if word.startswith("point=")]
    return all(_pattern(pattern)(point) for pattern in patterns)


# --- words with a measure, and text -----------------------------------------------------------------------------


def _duration(name: str, op: str, value: str) -> Test:
    match = _DURATION.fullmatch(value)
    if match is None:
        raise FilterError(f"{name}{op} takes a duration such as 250ms or 1.5s, not {value!r}")
    limit = float(match["number"]) * UNITS[match["unit"]]

    def test(event: TapEvent) -> bool:
        seconds = event.took if name == "took" else event.wait
        return seconds is not None and (seconds > limit if op == ">" else seconds < limit)

    return test


def _text(value: str) -> Test:
    contains = _pattern(f"*{value.lower()}*")
    return lambda event: contains(event.text().lower())
