"""Daily logs: one note a day, one entry with its time below the other; further notes when one is full. Pure."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, tzinfo
from itertools import count, groupby
from typing import Final, final

import attrs

from actors.memory import names
from actors.memory.edits import appended
from actors.memory.messages import DailyEntry
from actors.memory.names import Name
from bus import Data

_NAME: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:-([2-9]|[1-9]\d{1,3}))?\.md", re.ASCII)


@final
@attrs.frozen
class Day(Data):
    """What is added to the log of one day."""

    date: date
    blocks: tuple[str, ...]
    """Entries with their times."""

    @property
    def text(self) -> str:
        return "".join(self.blocks)

    def names(self) -> Iterator[Name]:
        """Where they can stand: where the one before is full, the next goes on."""
        return map(self._name, count(1))

    def _name(self, part: int) -> Name:
        return names.checked(f"{names.LOGS}/{self.date}{f'-{part}' if part > 1 else ''}.md")

    def added(self, before: bytes | None) -> bytes:
        """The log with so much more. What is there already, at the same second in the same words, is not added."""
        head = b"" if before else f"# Daily Log — {self.date}\n".encode()
        return appended(before, head) + self.without(before).text.encode()

    def without(self, log: bytes | None) -> "Day":
        """What is not in a log yet."""
        known = log or b""
        return Day(self.date, tuple(block for block in self.blocks if block.encode() not in known))


def days(entries: Iterable[DailyEntry], now: datetime, zone: tzinfo | None) -> list[Day]:
    """Entries by the day of that zone on which they happened; None is the system's."""
    dated = [((each.at or now).astimezone(zone), each.text) for each in entries]
    return [
        Day(day, tuple(f"\n## {at:%H:%M:%S}\n{text.rstrip(chr(10))}\n" for at, text in group))
        for day, group in groupby(dated, key=lambda entry: entry[0].date())
    ]


def place(file: str) -> tuple[date, int] | None:
    """The day of a log, and which of that day it is; None for a file that is called otherwise."""
    match = _NAME.fullmatch(file)
    if match is None:
        return None
    try:
        return date.fromisoformat(match[1]), int(match[2] or 1)
    except ValueError:
        return None
