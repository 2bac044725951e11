"""What commands print: a glyph, a colour where a terminal shows it, and the box at the head of a run."""

import os
import re
import sys
from datetime import datetime
from typing import Final, Literal, TextIO
from unicodedata import combining, east_asian_width

_ORDERS: Final = dict.fromkeys(
    [
        *(code for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"),
        *(*range(0x202A, 0x202F), *range(0x2066, 0x206A)),  # they turn the text that follows around
        *(0x2028, 0x2029),  # line ends of another kind
    ],
    "\ufffd",
)
"""What a terminal would obey: control characters, also those above 127, and what turns text around."""

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
_PAINT: Final = re.compile(f"(\x1b\\[(?:0|{'|'.join(map(str, _CODES.values()))})m)")


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
    say(f"  {paint('✓', 'green')} {text}")


def hint(text: str) -> None:
    """Print what to do next."""
    say(f"  {paint('→', 'cyan')} {text}")


def note(text: str) -> None:
    """Print something worth knowing."""
    say(f"  {paint('ℹ', 'blue')} {text}")  # noqa: RUF001 - the glyph is meant


def warn(text: str) -> None:
    """Print, on standard error, that something is odd."""
    say(f"  {paint('⚠', 'yellow', sys.stderr)} {printable(text)}", sys.stderr)


def fail(text: str) -> None:
    """Print, on standard error, why the command failed."""
    say(f"  {paint('✗', 'red', sys.stderr)} {printable(text)}", sys.stderr)


def when(moment: str) -> str:
    """A moment in ISO 8601 as the day and time here."""
    return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M}"


# --- what a terminal gets to see ---------------------------------------------------------------------------


def say(text: str = "", stream: TextIO | None = None) -> None:
    """Print a line. Everything that the command line prints goes through here, or through :func:`write`."""
    write(f"{text}\n", stream)


def write(text: str, stream: TextIO | None = None) -> None:
    """Print text as it is; on a terminal, without anything it would obey but the colours of :func:`paint`."""
    to: TextIO = sys.stdout if stream is None else stream
    to.write(painted(text) if to.isatty() else text)
    to.flush()


def painted(text: str) -> str:
    """`text` with nothing that a terminal would obey but the colours of :func:`paint`."""
    return "".join(part if at % 2 else printable(part) for at, part in enumerate(_PAINT.split(text)))


def width(text: str) -> int:
    """Columns that `text` takes on a terminal."""
    return sum(map(_columns, text))


def _columns(char: str) -> int:
    return 0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1


def printable(text: str) -> str:
    """`text` with every character that orders a terminal about made visible; line ends and tabs stay."""
    return text.translate(_ORDERS)


def one_line(text: str, columns: int) -> str:
    """`text` on one line of at most so many columns, safe for a terminal; an ellipsis stands for what was cut."""
    return cut(" ".join(printable(text).split()), columns)


def cut(text: str, columns: int) -> str:
    """`text` in at most `columns` columns, with an ellipsis where something is missing."""
    used = kept = 0
    for at, char in enumerate(text):
        used += _columns(char)
        if used < columns:
            kept = at + 1
        elif used > columns:
            return f"{text[:kept]}…" if columns > 0 else ""
    return text


def header(name: str, columns: int = 42) -> str:
    """A box with the name of an agent in its middle, `columns` wide or as wide as the name needs."""
    label = f"{name}  ·  AI Assistant"
    inside = max(columns - 2, width(label) + 2)
    left = (inside - width(label)) // 2
    right = inside - width(label) - left
    lines = [f"╭{'─' * inside}╮", f"│{' ' * left}{label}{' ' * right}│", f"╰{'─' * inside}╯"]
    return "\n".join(["", *(f"  {line}" for line in lines), ""])
