"""Aligned columns for a terminal: as wide as what is in them, cut where the screen ends."""

import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Final, final

import attrs

from starpod.cli.output import Colour, cut, paint, say, width

GAP: Final = "  "
READABLE: Final = 24
"""Columns that a cell which may be cut should keep."""

Cell = str | tuple[str, Colour]
"""Text, or text and its colour."""


@final
@attrs.frozen
class Column:
    """One column."""

    title: str
    right: bool = attrs.field(default=False, kw_only=True)
    """Whether its cells end in line, as numbers do."""
    shrinks: bool = attrs.field(default=False, kw_only=True)
    """Whether its cells may be cut when a line is too long for the screen."""
    spare: int = attrs.field(default=0, kw_only=True)
    """On a narrow screen columns above 0 are left out, the highest first, before anything is cut too short."""


def screen_width() -> int | None:
    """Columns of the terminal; None when the output goes elsewhere, where lines may be as long as they like."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> None:
    """Print a table that fits the terminal."""
    for line in table(columns, rows, screen_width()):
        say(line)


def table(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], limit: int | None = None) -> list[str]:
    """The lines of a table, its head first, if possible none of them wider than `limit`."""
    body = [[_text_and_colour(cell) for cell in row] for row in rows]
    natural = [
        max([width(column.title), *(width(row[place][0]) for row in body)])
        for place, column in enumerate(columns)
    ]
    places = _kept(columns, natural, limit)
    shown = [columns[place] for place in places]
    widths = _shrunk(shown, [natural[place] for place in places], limit)
    head: list[tuple[str, Colour | None]] = [(column.title, "dim") for column in columns]
    return [_line(shown, widths, [row[place] for place in places]) for row in [head, *body]]


def _text_and_colour(cell: Cell) -> tuple[str, Colour | None]:
    return (cell, None) if isinstance(cell, str) else cell


def _kept(columns: Sequence[Column], natural: Sequence[int], limit: int | None) -> list[int]:
    """The places of the columns that there is room for."""
    places = list(range(len(columns)))

    def needed() -> int:
        least = [
            min(natural[place], READABLE) if columns[place].shrinks else natural[place] for place in places
        ]
        return _total(least)

    while limit is not None and needed() > limit:
        spare = max(places, key=lambda place: columns[place].spare)
        if not columns[spare].spare:
            break
        places.remove(spare)
    return places


def _shrunk(columns: Sequence[Column], widths: list[int], limit: int | None) -> list[int]:
    """Take from the widest column that shrinks until a line fits, or nothing more can be taken."""
    places = [place for place, column in enumerate(columns) if column.shrinks]
    while limit is not None and places and _total(widths) > limit:
        place = max(places, key=lambda place: widths[place])
        if widths[place] <= max(4, width(columns[place].title)):
            break
        widths[place] -= 1
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _line(columns: Sequence[Column], widths: Sequence[int], row: Sequence[tuple[str, Colour | None]]) -> str:
    cells: list[str] = []
    for place, (column, room, (text, colour)) in enumerate(zip(columns, widths, row, strict=True)):
        fitted = cut(text, room)
        pad = " " * (room - width(fitted))
        painted = fitted if colour is None else paint(fitted, colour)
        last = place == len(columns) - 1
        cells.append(pad + painted if column.right else painted if last else painted + pad)
    return GAP.join(cells).rstrip()


def joined(parts: Iterable[Cell], limit: int | None) -> str:
    """What is not empty of these on one line, from the first up to the one that no longer fits."""
    line, used = "", 0
    for words, colour in map(_text_and_colour, parts):
        gap = GAP if line and words else ""
        used += len(gap) + width(words)
        if limit is not None and used > limit:
            break
        line += gap + (words if colour is None else paint(words, colour))
    return line


def wrap(words: str, lead: str = "") -> list[str]:
    """Text in lines that fit the terminal (80 columns elsewhere), each after `lead`."""
    return textwrap.wrap(words, screen_width() or 80, initial_indent=lead, subsequent_indent=lead)
