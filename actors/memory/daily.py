"""Daily logs: one note a day, one entry with its time below the other. Pure."""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from itertools import groupby
from typing import final

import attrs

from actors.memory import names
from actors.memory.edits import appended
from actors.memory.messages import DailyEntry
from actors.memory.names import Name


@final
@attrs.frozen
class Day:
    """What is added to the log of one day."""

    name: Name
    head: str
    """How the log begins."""
    blocks: tuple[str, ...]
    """Entries with their times."""

    @property
    def text(self) -> str:
        return "".join(self.blocks)

    def added(self, before: bytes | None) -> bytes:
        """The log with so much more. What is there already, at the same second in the same words, is not added."""
        known = before or b""
        new = [block for block in map(str.encode, self.blocks) if block not in known]
        return appended(before, b"" if before else self.head.encode()) + b"".join(new)


def days(entries: Iterable[DailyEntry], now: datetime, zone: tzinfo | None) -> list[Day]:
    """Entries by the day of that zone on which they happened; None is the system's."""
    dated = [((each.at or now).astimezone(zone), each.text) for each in entries]
    return [
        Day(
            names.checked(f"{names.LOGS}/{day:%Y-%m-%d}.md"),
            f"# Daily Log — {day:%Y-%m-%d}\n",
            tuple(f"\n## {at:%H:%M:%S}\n{text.rstrip(chr(10))}\n" for at, text in group),
        )
        for day, group in groupby(dated, key=lambda entry: entry[0].date())
    ]
