"""When a server that could not be reached is tried again by itself. Pure."""

from typing import Final, final

import attrs

FIRST: Final = 2.0
"""Seconds that a server is left alone which could not be reached; three times as long after each further failure."""
MOST: Final = 600.0


@final
@attrs.define
class Patience:
    """What is remembered of the attempts to reach one server. Times in seconds, any origin."""

    failures: int = 0
    until: float | None = None
    """Before which it is not tried again."""

    def failed(self, now: float) -> None:
        self.until = now + min(FIRST * 3.0 ** min(self.failures, 20), MOST)
        self.failures += 1

    def succeeded(self) -> None:
        self.failures, self.until = 0, None

    def left(self, now: float) -> float:
        """Seconds until it may be tried; 0 for now."""
        return 0.0 if self.until is None else max(0.0, self.until - now)
