"""The filter language of the console: ``type=session.* to=agent trace=ab12 took>250ms outcome=crashed text~/re/``.

Words are separated by white space (quote a value with blanks) and all must hold. ``!`` before a word negates it.
"""

import difflib
import re
import shlex
from collections.abc import Callable
from fnmatch import fnmatchcase

from bus.message import Message, wire_name
from bus.tapevent import TapEvent

Test = Callable[[TapEvent], bool]
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "": 1.0}
BAGGAGE = ("user", "session", "turn", "origin")
MATCHES = ("type", "actor", "to", "from", "point", "outcome", "trace", *BAGGAGE)
DURATIONS = ("took", "wait")
_WORD = re.compile(r"(?P<not>!?)(?P<name>[a-z]+)(?P<op>[=<>~])(?P<value>.*)", re.DOTALL)
_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>us|ms|s|)")


class FilterError(ValueError):
    """A filter that cannot be read; the text says which word and what would do."""


class Filter:
    """A compiled filter: call it with an event."""

    def __init__(self, words: list[str]) -> None:
        self._tests = [_word(word) for word in words]
        self._types = [word.removeprefix("type=") for word in words if word.startswith("type=")]
        self._kinds: dict[type[Message], bool] = {}

    def __call__(self, event: TapEvent) -> bool:
        return all(test(event) for test in self._tests)

    def may_match(self, kind: type[Message]) -> bool:
        """Whether a message of this class can pass. Far cheaper than describing the message to find out."""
        known = self._kinds.get(kind)
        if known is None:
            name = wire_name(kind)
            known = self._kinds[kind] = all(_is_type(name, pattern) for pattern in self._types)
        return known


def parse(text: str) -> Filter | None:
    """Compile a filter; the empty text passes everything and is None. Raises FilterError."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise FilterError(f"cannot read the filter {text!r}: {error}") from error
    return Filter(words) if words else None


def _word(word: str) -> Test:
    if word in {"errors", "injected"}:
        return (lambda event: event.injected) if word == "injected" else (lambda event: event.is_error)
    match = _WORD.fullmatch(word)
    if match is None:
        raise FilterError(_unknown(word))
    name, op, value = match["name"], match["op"], match["value"]
    if name in MATCHES and op == "=":
        test = _match(name, value)
    elif name in DURATIONS and op in "<>":
        test = _duration(name, op, value)
    elif name == "text" and op == "~":
        test = _text(value)
    else:
        raise FilterError(_unknown(word, name))
    return (lambda event: not test(event)) if match["not"] else test


def _unknown(word: str, name: str = "") -> str:
    known = [*(f"{n}=" for n in MATCHES), *(f"{n}>" for n in DURATIONS), "text~", "errors", "injected"]
    near = difflib.get_close_matches(name or word, [k.rstrip("=>~") for k in known], n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown filter word {word!r}: {hint}known are {' '.join(known)}"


def _match(name: str, value: str) -> Test:
    if name == "actor":
        return lambda event: fnmatchcase(event.to, value) or fnmatchcase(event.sender, value)
    if name == "trace":
        return lambda event: event.trace.startswith(value)
    if name == "type":
        return lambda event: (
            fnmatchcase(event.type, value) or fnmatchcase(event.type.partition("@")[0], value)
        )
    if name in BAGGAGE:
        return lambda event: fnmatchcase(event.baggage.get(name, ""), value)
    attribute = {"from": "sender"}.get(name, name)
    return lambda event: fnmatchcase(getattr(event, attribute), value)


def _is_type(name: str, pattern: str) -> bool:
    """Wire names match with or without their version."""
    return fnmatchcase(name, pattern) or fnmatchcase(name.partition("@")[0], pattern)


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
    if len(value) < 2 or value[0] != "/" or value[-1] != "/":
        raise FilterError(f"text~ takes a regular expression between slashes, not {value!r}")
    try:
        pattern = re.compile(value[1:-1])
    except re.error as error:
        raise FilterError(f"text~{value}: {error}") from error
    return lambda event: pattern.search(event.text()) is not None
