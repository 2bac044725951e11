"""How it goes with one of the servers. Pure."""

from datetime import datetime
from typing import Final, final

import attrs

FIRST: Final = 30.0
LONGEST: Final = 600.0
"""Seconds until a server is tried again: twice as long each time, from the first to the last of these."""


@final
@attrs.define
class Condition:
    """What has been heard of a server since this part of the program was started."""

    trouble: str | None = None
    since: datetime | None = None
    """When the trouble began."""
    last_at: datetime | None = None
    """When it went well last."""
    count: int = 0
    """How often it has gone wrong since."""

    def went_wrong(self, why: str, now: datetime) -> bool:
        """Whether that is news."""
        is_news = why != self.trouble
        self.since = now if self.trouble is None else self.since
        self.trouble = why
        self.count += 1
        return is_news

    def went_well(self, now: datetime) -> bool:
        """Whether that is news."""
        is_news = self.trouble is not None
        self.trouble, self.since, self.count, self.last_at = None, None, 0, now
        return is_news

    @property
    def pause(self) -> float:
        """Seconds until it is tried again."""
        return pause(self.count)


def pause(attempt: int) -> float:
    """Seconds after so many attempts, of which the first has number 1."""
    return min(FIRST * 2.0 ** min(max(attempt - 1, 0), 10), LONGEST)
