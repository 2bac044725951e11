"""A hook that fails again and again is left alone for a while. Pure; times are what the caller says."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, final

import attrs

from bus import Data

FAILURES: Final = 5
COOLDOWN: Final = timedelta(seconds=60)


@final
@attrs.frozen(kw_only=True)
class Count(Data):
    """How one hook has fared."""

    failures: int
    """In a row."""
    until: datetime | None = None
    """When it may be tried again; None while it may be called."""


NONE: Final = Count(failures=0)


@final
class Breaker:
    """Counts failures in a row by the names of hooks; those without a name are not counted.

    Args:
      failures: so many in a row open it.
      cooldown: after which one attempt is let through: a success closes it, a failure opens it at once.
    """

    def __init__(self, failures: int = FAILURES, cooldown: timedelta = COOLDOWN) -> None:
        self.failures = failures
        self.cooldown = cooldown
        self._counts: dict[str, Count] = {}

    def __iter__(self) -> Iterator[tuple[str, Count]]:
        """Those that have failed."""
        return iter(self._counts.items())

    def admits(self, name: str | None, now: datetime) -> bool:
        """Whether a hook may be called now. Of those that ask after the cool-down, one is let through at a time."""
        count = self._counts.get(name or "", NONE)
        if count.until is None:
            return True
        if now < count.until:
            return False
        self._counts[name or ""] = attrs.evolve(count, until=now + self.cooldown)
        return True

    def failed(self, name: str | None, now: datetime) -> Count:
        """Count a failure."""
        if not name:
            return NONE
        failures = self._counts.get(name, NONE).failures + 1
        until = now + self.cooldown if failures >= self.failures else None
        self._counts[name] = Count(failures=failures, until=until)
        return self._counts[name]

    def succeeded(self, name: str | None) -> bool:
        """Forget its failures; whether there were any."""
        return self._counts.pop(name or "", None) is not None

    def status(self, name: str, now: datetime) -> Count:
        """How it is: after the cool-down it may be called, and its failures are still known."""
        count = self._counts.get(name, NONE)
        return count if count.until is None or now < count.until else attrs.evolve(count, until=None)

    def restore(self, name: str, count: Count) -> None:
        """What was known of a hook before a restart."""
        self._counts[name] = count

    def keep(self, names: set[str]) -> list[str]:
        """Forget all others; the names of those that were known."""
        gone = [name for name in self._counts if name not in names]
        for name in gone:
            del self._counts[name]
        return gone
