"""When a server that could not be reached is tried again by itself. Pure."""

from typing import final

import attrs

from bus import Backoff

WAITS = Backoff(first=2.0, factor=3.0, cap=600.0, jitter=0.0)
"""How long a server is left alone that fails again and again."""


@final
@attrs.define
class Patience:
    """What is remembered of the attempts to reach one server. Times in seconds, any origin."""

    failures: int = 0
    until: float | None = None
    """Before which it is not tried again."""

    def failed(self, now: float) -> None:
        self.failures += 1
        self.until = now + WAITS.delay(self.failures, 0.5)

    def succeeded(self) -> None:
        self.failures, self.until = 0, None

    def left(self, now: float) -> float:
        """Seconds until it may be tried; 0 for now."""
        return 0.0 if self.until is None else max(0.0, self.until - now)
