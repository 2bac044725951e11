"""What commands print: a glyph, a colour where a terminal shows it, and the box at the head of a run."""

import os
import sys
from typing import Final, Literal, TextIO
from unicodedata import category, combining, east_asian_width

Colour = Literal["red", "green", "yellow", "blue", "cyan", "dim", "bold"]
_CODES: Final[dict[Colour, int]] = {
    "red": 31,
    "green": 32,
    "yellow": 33,
    "blue": 34,
    "cyan": 36,
    "dim": 2,
    "bold": 1,
}


def has_colour(stream: TextIO) -> bool:
    """Whether `stream` is a terminal whose owner has not set ``NO_COLOR``."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, colour: Colour, stream: TextIO | None = None) -> str:
    """`text` in `colour` if `stream` (standard output by default) shows colours, else as it is."""
    if not has_colour(sys.stdout if stream is None else stream):
        return text
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m"


def ok(text: str) -> None:
    """Print that something was done."""
    print(f"  {paint('✓', 'green')} {text}")


def hint(text: str) -> None:
    """Print what to do next."""
    print(f"  {paint('→', 'cyan')} {text}")


def note(text: str) -> None:
    """Print something worth knowing."""
    print(f"  {paint('ℹ', 'blue')} {text}")  # noqa: RUF001 - the glyph is meant


def warn(text: str) -> None:
    """Print, on standard error, that something is odd."""
    print(f"  {paint('⚠', 'yellow', sys.stderr)} {printable(text)}", file=sys.stderr)


def fail(text: str) -> None:
    """Print, on standard error, why the command failed."""
    print(f"  {paint('✗', 'red', sys.stderr)} {printable(text)}", file=sys.stderr)


def width(text: str) -> int:
    """Columns that `text` takes on a terminal."""
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def printable(text: str) -> str:
    """`text` with every control character that a terminal would obey made visible; line ends and tabs stay."""
    return "".join("\ufffd" if category(char) == "Cc" and char not in "\n\t" else char for char in text)


def one_line(text: str, columns: int) -> str:
    """`text` on one line of at most so many columns, safe for a terminal; an ellipsis stands for what was cut."""
    text = " ".join(printable(text).split())
    if width(text) <= columns:
        return text
    while width(text) > columns - 1:
        text = text[:-1]
    return text + "…"


def header(name: str, columns: int = 42) -> str:
    """A box with the name of an agent in its middle, `columns` wide or as wide as the name needs."""
    label = f"{name}  ·  AI Assistant"
    inside = max(columns - 2, width(label) + 2)
    left = (inside - width(label)) // 2
    right = inside - width(label) - left
    lines = [f"╭{'─' * inside}╮", f"│{' ' * left}{label}{' ' * right}│", f"╰{'─' * inside}╯"]
    return "\n".join(["", *(f"  {line}" for line in lines), ""])
