"""Cuts files into passages of whole lines. Pure.

Passages of about 300 bytes without overlap find more within the same number of bytes than longer ones, and
:mod:`actors.memory.ranking` joins those that follow each other.
"""

import re
from collections.abc import Generator, Iterable
from datetime import date
from typing import Final, final

import attrs

from actors.memory.days import day_in
from bus import Data

SIZE: Final = 300
"""Bytes at which a passage is long enough."""
_HEADING: Final = re.compile(r" {0,3}(#{1,6})[ \t]+(\S.*)")
_FENCE: Final = re.compile(r" {0,3}(```+|~~~+)")
_SENTENCE: Final = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；])")  # noqa: RUF001 - the marks of Chinese and Japanese


@final
@attrs.frozen
class Passage(Data):
    """A piece of a file."""

    text: str
    """Its lines, without blank ones at the beginning and the end."""
    line_start: int
    """The first is line 1."""
    line_end: int
    """Inclusive. A line that is cut has the same number in all of its pieces."""
    headings: tuple[str, ...]
    """Under which it stands, the outermost first."""
    day: date | None
    """Of the innermost of these that names one."""


def lines_of(text: str) -> list[str]:
    """The lines of a text. Only a line feed ends one; a carriage return before it is no part of the line."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def cut(text: str, size: int = SIZE) -> list[Passage]:
    """The passages of a file in order; every line that is not blank is in one of them."""
    if size < 1:
        raise ValueError(f"passages cannot be {size} bytes long")
    return list(_passages(lines_of(text), size))


@final
class _Headings:
    """The headings above a line, and the day that they name."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str, date | None]] = []
        self._fence = ""

    def read(self, line: str) -> bool:
        """Take the next line; whether it is a heading. What stands in a block of code is none."""
        if fence := _FENCE.match(line):
            if not self._fence:
                self._fence = fence[1]
            elif fence[1].startswith(self._fence):
                self._fence = ""
            return False
        heading = None if self._fence else _HEADING.match(line)
        if heading is None:
            return False
        level = len(heading[1])
        self._open = [each for each in self._open if each[0] < level]
        title = heading[2].rstrip().rstrip("#").rstrip()
        self._open.append((level, title, day_in(title)))
        return True

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(title for _, title, _ in self._open)

    @property
    def day(self) -> date | None:
        return next((day for _, _, day in reversed(self._open) if day is not None), None)


def _passages(lines: Iterable[str], size: int) -> Generator[Passage]:
    headings = _Headings()
    taken: list[tuple[int, str]] = []
    cost = 0
    under: tuple[tuple[str, ...], date | None] = ((), None)
    for number, line in enumerate(lines, start=1):
        if headings.read(line) and cost * 2 >= size:
            yield from _made(taken, *under)
            taken, cost = [], 0
        for piece in _pieces(line, size):
            if not taken:
                under = headings.titles, headings.day
            taken.append((number, piece))
            cost += length(piece) + 1
            if cost >= size:
                yield from _made(taken, *under)
                taken, cost = [], 0
    yield from _made(taken, *under)


def _made(taken: list[tuple[int, str]], headings: tuple[str, ...], day: date | None) -> Generator[Passage]:
    """The passage of these lines; none when all are blank."""
    kept = [index for index, (_, line) in enumerate(taken) if line.strip()]
    if kept:
        used = taken[kept[0] : kept[-1] + 1]
        text = joined((number, number, line) for number, line in used)
        yield Passage(text, used[0][0], used[-1][0], headings, day)


def joined(parts: Iterable[tuple[int, int, str]]) -> str:
    """The text of parts that follow each other: first line, last line and text of each, blank lines left out."""
    text = ""
    end = 0
    for line_start, line_end, part in parts:
        text += "\n" * (line_start - end) * bool(end) + part
        end = line_end
    return text


def _pieces(line: str, size: int) -> list[str]:
    """A line, cut where sentences end, else between words, when it is longer than two passages."""
    if length(line) <= 2 * size:
        return [line]
    pieces: list[str] = []
    rest = line
    while rest:
        piece = _first(rest, size)
        pieces.append(piece)
        rest = rest[len(piece) :]
    return pieces


def _first(text: str, size: int) -> str:
    """The beginning of a text, of at most `size` bytes or one character."""
    most = text[:size]
    while length(most) > size and len(most) > 1:
        most = most[: max(1, min(len(most) - 1, len(most) * size // length(most)))]
    if len(most) == len(text):
        return most
    ends = [match.end() for match in _SENTENCE.finditer(most)]
    if not ends or ends[-1] * 2 < len(most):
        ends = [match.end() for match in re.finditer(r"\s+", most)]
    return most[: ends[-1]] if ends and ends[-1] * 2 >= len(most) else most


def length(text: str) -> int:
    """Bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
