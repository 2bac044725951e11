"""How late the loop is: the time between when a task could run and when it does (G17)."""

from typing import Any

import trio

from bus.see.metrics import BUCKETS, QUANTILES, bucket, quantile

PERIOD = 5.0
"""Seconds between two measurements. Each wakes a loop that may have nothing else to do."""


class LoopLag:
    """Histogram of how much later than due a sleeping task was woken."""

    def __init__(self) -> None:
        self.histogram = [0] * BUCKETS
        self.last = 0.0
        """Seconds."""

    def note(self, seconds: float) -> None:
        self.last = max(0.0, seconds)
        self.histogram[bucket(self.last)] += 1

    async def measure(self) -> None:
        """Measure until cancelled. In virtual time nobody is ever late, so there it need not run."""
        while True:
            due = trio.current_time() + PERIOD
            await trio.sleep_until(due)
            self.note(trio.current_time() - due)

    def snapshot(self) -> dict[str, Any]:
        """Plain values, in seconds."""
        return {"last": self.last, **{name: quantile(self.histogram, q) for name, q in QUANTILES}}
