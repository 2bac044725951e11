"""What the agent is to do by itself, as its owner writes it: HEARTBEAT.md, BOOT.md, BOOTSTRAP.md.

A file that has nothing but headings, comments (``<!-- … -->``) and blank lines asks for nothing.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, final

import attrs

from actors.prose import read as read_prose
from bus import Data

from .messages import LONGEST_FILE, Builtin

NAMES: Final[Mapping[Builtin, str]] = {
    "heartbeat": "HEARTBEAT.md",
    "boot": "BOOT.md",
    "bootstrap": "BOOTSTRAP.md",
}
_BYTES: Final = 4 * LONGEST_FILE
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
"""One without an end goes on to that of the file, as everywhere in Markdown."""
_HEADING: Final = re.compile(r" {0,3}#{1,6}(?:[ \t].*)?")


@final
@attrs.frozen
class File(Data):
    """One of these files as it is now."""

    content: str = ""
    """All that counts of it, for whoever edits it; at most ``LONGEST_FILE`` characters."""
    fault: str | None = None
    """What is wrong with it, in a sentence: it cannot be read, or is not UTF-8 throughout."""

    @property
    def prompt(self) -> str:
        """What there is to do; empty where there is nothing."""
        return "" if asks_nothing(self.content) else self.content


def read(folder: Path, job: Builtin) -> File:
    """The file behind a job of the agent, in the folder of its configuration. Waits for the disk, raises nothing."""
    found = read_prose(folder / NAMES[job], _BYTES)
    return File(found.text[:LONGEST_FILE], found.fault)


def asks_nothing(content: str) -> bool:
    """Whether there is nothing in it but headings, comments and blank lines."""
    lines = _COMMENT.sub("", content).splitlines()
    return all(not line.strip() or _HEADING.fullmatch(line) for line in lines)
