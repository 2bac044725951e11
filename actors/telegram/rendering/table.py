"""Tables, which Telegram has none of: columns of letters that are all of one width."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

WIDEST: Final = 40
"""Letters to which a column is filled up; a longer cell pushes aside what is right of it."""
_PIPE: Final = re.compile(r"(?<!\\)\|")


def laid_out(rows: Sequence[Sequence[str]], alignments: Sequence[str]) -> list[str]:
    """Lines of a table whose first row is its head.

    Args:
      alignments: ``Left``, ``Right``, ``Center`` or ``None`` for each column. No row has more cells.
    """
    cells = [[" ".join(cell.split("\n")).strip() for cell in row] for row in rows]
    columns = range(len(alignments))
    widths = [
        min(WIDEST, max(width(row[column]) for row in cells if column < len(row))) for column in columns
    ]
    ruler = "-+-".join("-" * max(1, width) for width in widths)
    head, *body = (_line(row, widths, alignments) for row in cells)
    return [head, ruler, *body]


def beyond(row: str, columns: int) -> str:
    """What the source of a row has behind its last column: Markdown would drop it, such as half of ``a||b``."""
    row = row.strip()
    pipes = [found.start() for found in _PIPE.finditer(row, 1)]
    return row[pipes[columns - 1] :].removesuffix("|") if len(pipes) >= columns else ""


def width(text: str) -> int:
    """Columns that `text` takes where letters have one width: Chinese and emoji take two, marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def _line(row: Sequence[str], widths: Sequence[int], alignments: Sequence[str]) -> str:
    filled = list(row)
    while filled and not filled[-1]:
        filled.pop()  # a table of many columns may have many rows of few cells
    return " | ".join(map(_aligned, filled, widths, alignments)).rstrip()


def _aligned(cell: str, to: int, alignment: str) -> str:
    missing = max(0, to - width(cell))
    left = missing if alignment == "Right" else missing // 2 if alignment == "Center" else 0
    return " " * left + cell + " " * (missing - left)
