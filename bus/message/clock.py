"""Time as actors see it: wall clock and monotonic, both moving with trio's clock.

Under ``trio.testing.MockClock`` the wall clock starts at a fixed moment and follows virtual time, so a test can
let six hours pass in a millisecond.

A test of a real process sets the clock on its wall by a file that ``BUS_CLOCK_OFFSET`` names: seconds, read at each
look at the clock, 0 while the file is not there. The variable is read once, when a clock is made: without it the clock
is that of the machine.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import trio

OFFSET: Final = "BUS_CLOCK_OFFSET"

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
        self._offset = os.environ.get(OFFSET, "")

    def now(self) -> datetime:
        """Wall time, timezone-aware UTC."""
        if self.virtual:
            return VIRTUAL_START + timedelta(seconds=self.monotonic() - self._origin)
        return datetime.now(UTC) + self._set_by() if self._offset else datetime.now(UTC)

    def _set_by(self) -> timedelta:
        try:
            return timedelta(seconds=float(Path(self._offset).read_text(encoding="ascii") or 0))
        except FileNotFoundError:
            return timedelta()
