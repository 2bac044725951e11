"""Secrets whose values are known, and text without them.

:data:`bus.message.codec.CREDENTIAL` knows how credentials look; here stands what they are. Whoever holds secrets says
so with :func:`conceal`, and from then on text that leaves the process shows their names instead, in clear as well as in
base64, escaped for an address or escaped for JSON. Values shorter than :data:`SHORTEST` stay: they are parts of words.
"""

import base64
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar, cast, final
from urllib.parse import quote
from weakref import WeakValueDictionary

import attrs

from bus.message.data import Data
from bus.message.size import shapes

ValueT = TypeVar("ValueT")

SHORTEST: Final = 8
"""Characters of a value that is looked for."""
MOST_LINES: Final = 64
"""Parts of one value that are looked for by themselves. Of more lines neighbours are one part."""
LOOKED_AT: Final = 16
"""Characters of a form in which its rarest are looked for."""
_PRINT: Final = 4
"""Characters by which a form is found before it is compared: its rarest, since with its first ones a text takes 70 ns a
character and not 3, and a turn has tens of thousands."""
_COMMON: Final = " etaoinsrhldcumfpgwybvkxjqz.,\n\"/'-:_;()=<>0123456789ETAOINSRHLDCUMFPGWYBVKXJQZ"
"""Characters by how often text has them; all others are rarer still."""
_RARITY: Final = {character: index for index, character in enumerate(_COMMON)}
_NOWHERE: Final = "(?!)"
_LINE: Final = re.compile(r"^[ \t]*(\S{16,})[ \t\r]*$", re.MULTILINE)
"""A line of a key that has several; by itself it is as secret as the whole."""
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_UNNAMED: Final[tuple[str, ...]] = ("[secret]", "•••")
_UNRESERVED: Final = ("", "/", "!'()*", ":/?#[]@!$&'()*+,;=")
"""What those who write addresses leave as it is, besides letters, digits and ``_.-~``."""
_ESCAPED: Final = tuple(quote(bytes([byte]), safe="") for byte in range(256))
_ESCAPED_LOW: Final = tuple(text.lower() if len(text) > 1 else text for text in _ESCAPED)
"""Each byte in an address, with both ways to write hexadecimal digits."""


@final
@attrs.frozen
class _Form(Data):
    """One way in which the value of a secret is written."""

    text: str
    at: int
    """Where its rarest characters begin."""
    instead: str


@final
class Redactor:
    """Finds secrets in text. Never changes; knows as many as you like at about the same cost."""

    def __init__(self, secrets: Iterable[tuple[str, str]]) -> None:
        """`secrets` are names with values, of which the first name of a value counts."""
        values: dict[str, str] = {}
        for name, value in secrets:
            for part in (value.strip(), *_lines(value)):
                if len(part) >= SHORTEST:
                    values.setdefault(part, name)
        written = {form: value for value in values for form in _forms(value)}
        shown = {name: _placeholder(name, written) for name in set(values.values())}
        self._by_print: defaultdict[str, list[_Form]] = defaultdict(list)
        self._by_start: defaultdict[str, list[str]] = defaultdict(list)
        for text, value in written.items():
            at = _rarest(text[:LOOKED_AT])
            self._by_print[text[at : at + _PRINT]].append(_Form(text, at, shown[values[value]]))
            for length in range(1, _PRINT + 1):
                self._by_start[text[:length]].append(text)
        self._longest = max(map(len, written), default=0)
        self._pattern = re.compile(_any_of(self._by_print) or _NOWHERE)

    def __bool__(self) -> bool:
        return self._longest > 0

    def __call__(self, text: str) -> str:
        """The text with each secret in it replaced by its name."""
        if not (found := self._found(text)):
            return text
        parts, done = list[str](), 0
        for start, end, instead in found:
            parts += (text[done:start], instead)
            done = end
        return "".join((*parts, text[done:]))

    def may_be_in(self, value: Any) -> bool:
        """Whether any text of a value, at any depth, looks as if there were a secret in it. Next to none does."""
        looks_so = self._pattern.search
        unseen: list[Iterable[Any]] = [(value,)]
        for parts in unseen:  # which grows meanwhile
            for part in parts:
                if not isinstance(part, str):
                    unseen.append(shapes[type(part)].parts(part))
                elif looks_so(part):
                    return True
        return False

    def settled(self, text: str) -> int:
        """How much of the beginning of `text` reads the same whatever follows it."""
        last = max(0, len(text) - self._longest + 1)
        end = next((at for at in range(last, len(text)) if self._begins(text, at)), len(text))
        return next((start for start, stop, _ in self._found(text) if start < end < stop), end)

    def _begins(self, text: str, at: int) -> bool:
        """Whether the text from there on is the beginning of a form, and not all of it."""
        left = len(text) - at
        starts = self._by_start.get(text[at : at + _PRINT])
        return starts is not None and any(len(form) > left and form.startswith(text[at:]) for form in starts)

    def _found(self, text: str) -> list[tuple[int, int, str]]:
        """Where there are secrets, in order, and what is shown instead; those that overlap are one."""
        if (first := self._pattern.search(text)) is None:
            return []
        found: list[tuple[int, int, str]] = []
        longest = 0
        for start, end, instead in sorted(self._all(text, first), key=lambda span: span[0]):
            if not found or start >= found[-1][1]:
                found.append((start, end, instead))
                longest = end - start
                continue
            before, until, shown = found[-1]
            if end - start > longest:
                longest, shown = end - start, instead
            found[-1] = (before, max(until, end), shown)
        return found

    def _all(self, text: str, match: "re.Match[str] | None") -> Iterator[tuple[int, int, str]]:
        while match is not None:
            place = match.start()
            for form in self._by_print[match[0]]:
                start = place - form.at
                if start >= 0 and text.startswith(form.text, start):
                    yield start, start + len(form.text), form.instead
            match = self._pattern.search(text, place + 1)


def _rarest(text: str) -> int:
    """Where the rarest character is that a print can begin with."""
    ranks = [_RARITY.get(character, len(_COMMON)) for character in text[: 1 - _PRINT]]
    return ranks.index(max(ranks))


def _lines(value: str) -> Iterator[str]:
    """The lines of a key that has several, or as many neighbours together as it takes to have no more than that."""
    lines = list(_LINE.finditer(value))
    together = -(-len(lines) // MOST_LINES)
    for first in range(0, len(lines), together or 1):
        last = lines[min(first + together, len(lines)) - 1]
        yield value[lines[first].start(1) : last.end(1)]


def _any_of(prints: Iterable[str]) -> str:
    """A pattern of texts of one length, which are sorted by their first character so that most places cost nothing."""
    by_first: defaultdict[str, list[str]] = defaultdict(list)
    for each in prints:
        by_first[each[0]].append(re.escape(each[1:]))
    return "|".join(f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in by_first.items())


def _placeholder(name: str, written: Iterable[str]) -> str:
    """What is shown instead of a secret; it holds none itself."""
    named = [f"[secret {name}]"] if _NAME.fullmatch(name) else []
    return next(text for text in (*named, *_UNNAMED) if not any(form in text for form in written))


def _forms(value: str) -> set[str]:
    """The ways in which a value may be written."""
    data = value.encode(errors="surrogatepass")
    escaped = [json.dumps(value, ensure_ascii=narrow)[1:-1] for narrow in (True, False)]
    urls = [url for escapes in (_ESCAPED, _ESCAPED_LOW) for url in _urls(data, escapes)]
    plain = [_base64(data, offset) for offset in range(3)]
    for_urls = [text.translate(str.maketrans("+/", "-_")) for text in plain]
    twice = [json.dumps(text)[1:-1] for text in (*escaped, *plain)]  # text within text
    return {value, repr(value)[1:-1], *escaped, *twice, *urls, *plain, *for_urls}


def _urls(data: bytes, escapes: Sequence[str]) -> Iterator[str]:
    """What it may look like in an address."""
    text = data.decode("latin-1")
    for kept in _UNRESERVED:
        yield text.translate({byte: escaped for byte, escaped in enumerate(escapes) if chr(byte) not in kept})
    yield text.translate({**dict(enumerate(escapes)), ord(" "): "+"})


def _base64(data: bytes, offset: int) -> str:
    """What base64 of any text looks like where it holds `data`, `offset` bytes (0–2) behind a multiple of three."""
    whole = (offset + len(data)) * 8 // 6
    return base64.b64encode(bytes(offset) + data).decode()[(offset * 8 + 5) // 6 : whole]


# --- what this process knows ------------------------------------------------------------------------------


@final
class _Known:
    """The secrets of this process, by who holds them."""

    def __init__(self) -> None:
        self._sources: dict[str, tuple[tuple[str, str], ...]] = {}
        self._redactor: Redactor | None = Redactor(())

    def conceal(self, source: str, secrets: Iterable[tuple[str, str]]) -> None:
        """Keep secrets, names with values, out of all text; those that `source` gave before are forgotten."""
        self._sources[source] = tuple(secrets)
        self._redactor = None

    def forget(self) -> None:
        """Keep nothing out of text any more. For tests, of which many share a process."""
        self._sources.clear()
        self._redactor = None

    @property
    def redactor(self) -> Redactor:
        """Made when it is needed; two threads may both make one."""
        if (redactor := self._redactor) is None:
            everything = (secret for secrets in tuple(self._sources.values()) for secret in secrets)
            self._redactor = redactor = Redactor(everything)
        return redactor


_KNOWN: Final = _Known()

conceal = _KNOWN.conceal
forget_secrets = _KNOWN.forget


def redact(text: str) -> str:
    """Text with every secret that is known replaced by its name."""
    return redactor(text) if (redactor := _KNOWN.redactor) else text


def redacted(value: ValueT) -> ValueT:
    """The same value with no known secret in any text of it, at any depth; itself where there is none."""
    redactor = _KNOWN.redactor
    return cast("ValueT", _redacted(value, redactor)) if redactor and redactor.may_be_in(value) else value


def _redacted(value: object, redactor: Redactor) -> Any:
    """A new value where something in it changes, else the same object."""
    if isinstance(value, str):
        return redactor(value)
    plain = cast("Any", value)
    if isinstance(value, Mapping):
        shown = {_redacted(key, redactor): _redacted(each, redactor) for key, each in plain.items()}
        return shown if shown != plain else plain
    if isinstance(value, list | tuple):
        seen = [_redacted(item, redactor) for item in plain]
        changed = any(new is not old for new, old in zip(seen, plain, strict=True))
        return type(plain)(seen) if changed else plain
    kind = cast("Any", type)(value)
    if "__attrs_attrs__" in vars(kind):
        fields = [(each.alias, getattr(plain, each.name)) for each in attrs.fields(kind) if each.init]
        changes = {name: new for name, old in fields if (new := _redacted(old, redactor)) is not old}
        return attrs.evolve(plain, **changes) if changes else plain
    return plain


@final
class Clean:
    """Which values hold no secret. Each is looked at once, as long as it is there and the secrets are the same.

    For what comes again and again, the same objects, and never changes: a conversation is sent again with each answer.
    """

    def __init__(self) -> None:
        self._redactor: Redactor | None = None
        self._seen: WeakValueDictionary[int, Any] = WeakValueDictionary()

    def __contains__(self, value: object) -> bool:
        redactor = _KNOWN.redactor
        if redactor is not self._redactor:
            self._redactor = redactor
            self._seen.clear()
        if self._seen.get(id(value)) is value:
            return True
        if redactor and redactor.may_be_in(value):
            return False
        self._seen[id(value)] = value
        return True


@final
class Held:
    """Text that arrives in pieces: what may be the beginning of a secret waits for what follows."""

    def __init__(self) -> None:
        self._text = ""

    def add(self, text: str) -> str:
        """What can be shown by now, perhaps nothing."""
        self._text += text
        redactor = _KNOWN.redactor
        return self._take(redactor.settled(self._text) if redactor else len(self._text))

    def rest(self) -> str:
        """What was held, as nothing follows."""
        return self._take(len(self._text))

    def _take(self, length: int) -> str:
        text, self._text = self._text[:length], self._text[length:]
        return redact(text)
