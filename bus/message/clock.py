"""Time as actors see it: wall clock and monotonic, both moving with trio's clock.

Under ``trio.testing.MockClock`` the wall clock starts at a fixed moment and follows virtual time, so a test can
let six hours pass in a millisecond.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import trio

VIRTUAL_START = datetime(2026, 1, 1, tzinfo=UTC)
"""What the wall clock says when a virtual clock stands at zero."""


def is_virtual() -> bool:
    """Whether the current trio run has a clock that does not follow the world's."""
    return type(trio.lowlevel.current_clock()).__module__.startswith("trio.testing")


class Clock:
    """The clocks of one trio run. Create it inside the run."""

    def __init__(self) -> None:
        self.virtual = is_virtual()
        self.monotonic: Callable[[], float] = trio.lowlevel.current_clock().current_time
        """Seconds on the clock that deadlines use; meaningless outside this run."""
        self._origin = self.monotonic() if self.virtual else 0.0

    def now(self) -> datetime:
        """Wall time, timezone-aware UTC."""
        if self.virtual:
            return VIRTUAL_START + timedelta(seconds=self.monotonic() - self._origin)
        return datetime.now(UTC)
