"""The log of an instance as it comes: bytes in pieces of any size become lines, whatever was cut where."""

import codecs
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, final

from actors import jsontext
from actors.instances.messages import LogLine
from actors.instances.reading import moment, plain

Level = Literal["error", "warn", "info", "debug"]

LONGEST: Final = 64 * 1024
"""Characters of a line; the rest of a longer one is dropped."""
_LEVELS: Final[Mapping[str, Level]] = {
    "error": "error", "err": "error", "fatal": "error", "critical": "error", "warn": "warn", "warning": "warn",
    "info": "info", "debug": "debug", "trace": "debug",
}  # fmt: skip
_BRACKETED: Final = re.compile(r"\[([A-Za-z]{1,8})\][ \t]?")
_WORD: Final = re.compile(r"([A-Za-z]{1,8}):?(?:[ \t]|\Z)")
_CODE: Final = re.compile(r"([?&#](?:code|page|token|key)=)[^\s&]+")
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d[T ][0-9:.,]{5,16}(?:Z|[+-]\d\d:?\d\d)?|\d{9,11}(?:\.\d{1,9})?)[ \t]"
)


def without_codes(message: str) -> str:
    """A line without what would sign somebody in: agents say an address with a code when they start."""
    return _CODE.sub(r"\1…", message)


@final
class Lines:
    """Gathers bytes to lines. A character that is cut between two pieces stays whole."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""
        self.signs_of_life = 0
        """Empty lines so far, by which some backends say that they are still there."""

    def feed(self, data: bytes) -> Iterator[LogLine]:
        """The lines that are whole by now."""
        *whole, self._rest = (self._rest + self._decoder.decode(data)).split("\n")
        self._rest = self._rest[:LONGEST]
        for each in whole:
            yield from self._line(each)

    def end(self) -> Iterator[LogLine]:
        """What is left when nothing more comes: a line without its end."""
        rest, self._rest = self._rest + self._decoder.decode(b"", final=True), ""
        if rest.strip():
            yield read(rest)

    def _line(self, text: str) -> Iterator[LogLine]:
        if text.strip():
            yield read(text)
        else:
            self.signs_of_life += 1


def read(text: str) -> LogLine:
    """One line: JSON in the form of the backend or of our own log, or what some program has written."""
    text = text.strip()[:LONGEST]
    if text.startswith("{"):
        try:
            return _of_json(jsontext.read_object(text))
        except jsontext.NotJson:
            pass  # a line like any other
    return _of_text(plain(text))


def _of_json(fields: Mapping[str, Any]) -> LogLine:
    said = fields.get("message", fields.get("event", ""))
    stamp = moment(fields.get("timestamp"))
    message = said if isinstance(said, str) else jsontext.write(said)
    return LogLine(timestamp=stamp or 0.0, level=_level(str(fields.get("level", ""))), message=plain(message))


def _of_text(text: str) -> LogLine:
    stamp = 0.0
    if (time := _TIME.match(text)) is not None:
        stamp = moment(float(time[1]) if time[1][4] != "-" else time[1].replace(",", ".")) or 0.0
        text = text[time.end() :] if stamp else text
    for form in (_BRACKETED, _WORD):
        found = form.match(text)
        if found is not None and found[1].lower() in _LEVELS:
            return LogLine(timestamp=stamp, level=_level(found[1]), message=text[found.end() :])
    return LogLine(timestamp=stamp, level="info", message=text)


def _level(word: str) -> Level:
    return _LEVELS.get(word.lower(), "info")


@final
class Resume:
    """Remembers where a log was when the connection broke: it goes on without a gap and without a repetition."""

    def __init__(self) -> None:
        self._last = 0.0
        self._there = list[LogLine]()
        """Lines of that very moment."""
        self._again = list[LogLine]()

    @property
    def since(self) -> float | None:
        """From when on more is wanted; None at the beginning."""
        return self._last or None

    def begin(self) -> None:
        """A new connection was made: what follows may repeat the last moment."""
        self._again = [*self._there]

    def is_new(self, line: LogLine) -> bool:
        """Whether this line was not there yet."""
        if line.timestamp and line.timestamp < self._last and self._again:
            return False
        if line in self._again:
            self._again.remove(line)
            return False
        if line.timestamp > self._last:
            self._last, self._there, self._again = line.timestamp, [line], []
        elif line.timestamp == self._last:
            self._there.append(line)
        return True
