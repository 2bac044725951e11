"""The part of a reply that is new. Pure.

Only what is beyond doubt is cut off: a block of quoted lines at the very end, with the line that introduces it, or what
follows the line with which some programs begin the mail that they answer. Who writes between the lines they quote keeps
all of it.
"""

import re
from typing import Final

_BEGINS: Final = re.compile(
    r"-{3,} ?(?:Original Message|Ursprüngliche Nachricht|Message d'origine) ?-{3,}", re.IGNORECASE
)
_INTRODUCES: Final = re.compile(r"(?=.*(?:@|\d)).*:")
"""``On Monday, 2 March 2026 at 10:00, Ada <ada@example.org> wrote:``, in whatever language."""
_LINES: Final = 3
"""Most lines of such an introduction, which programs break where it gets long."""


def reply_of(text: str) -> str:
    """A text without the mail it answers below it; all of it where nothing else would be left."""
    lines = text.rstrip().splitlines()
    end = next((n for n, line in enumerate(lines) if _BEGINS.fullmatch(line.strip())), len(lines))
    if end == len(lines):
        end = _before_quote(lines)
    kept = "\n".join(lines[:end]).strip()
    return kept or text.strip()


def _before_quote(lines: list[str]) -> int:
    """The number of lines above a block of quoted ones at the end."""
    end = len(lines)
    while end and (lines[end - 1].startswith(">") or not lines[end - 1].strip()):
        end -= 1
    if not any(line.startswith(">") for line in lines[end:]):
        return len(lines)
    for length in range(1, min(_LINES, end) + 1):
        above = lines[end - length : end]
        if not above[0].strip():
            break
        begins = end == length == 1 or (end > length and not lines[end - length - 1].strip())
        if begins and _INTRODUCES.fullmatch(" ".join(above).strip()):
            return end - length
    return end
