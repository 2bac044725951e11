"""Counters per actor and message class, and how late the loop is (G17). They only grow; a reader takes differences.

Times go into buckets by powers of two of a microsecond: bucket *i* counts durations in [2^(i-1), 2^i) µs.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import attrs
import trio

from bus.message.message import Message, wire_name

BUCKETS = 40
LAST = BUCKETS - 1
LONGEST = 2.0**38 / 1e6
"""Seconds from which on durations share the last bucket."""
PERIOD = 5.0
"""Seconds between two measurements. Each wakes a loop that may have nothing else to do."""
QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))


def bucket(seconds: float) -> int:
    """Bucket of a duration."""
    return int(seconds * 1e6).bit_length() if seconds < LONGEST else LAST


def quantile(histogram: list[int], q: float) -> float:
    """Upper bound in seconds of the bucket in which quantile `q` (0 to 1) falls; 0.0 when empty."""
    wanted = q * sum(histogram)
    seen = 0
    for index, count in enumerate(histogram):
        seen += count
        if count and seen >= wanted:
            return float(2**index) / 1e6
    return 0.0


@attrs.define(eq=False)
class Series:
    """What happened to the messages of one class at one actor; `wait` (in the mailbox) and `took` are histograms."""

    ok: int = 0
    errors: int = 0
    """Answered with a domain error."""
    crashed: int = 0
    cancelled: int = 0
    """Stopped because the asker left or the deadline passed."""
    wait: list[int] = attrs.field(factory=lambda: [0] * BUCKETS)
    took: list[int] = attrs.field(factory=lambda: [0] * BUCKETS)

    def counts(self) -> dict[str, int]:
        """How messages ended."""
        return {"ok": self.ok, "errors": self.errors, "crashed": self.crashed, "cancelled": self.cancelled}

    def snapshot(self) -> dict[str, Any]:
        """Plain values, times in seconds."""
        return {
            **self.counts(),
            **{f"wait_{name}": quantile(self.wait, q) for name, q in QUANTILES},
            **{f"took_{name}": quantile(self.took, q) for name, q in QUANTILES},
        }


class Metrics(defaultdict[type[Message], Series]):
    """Series of one actor, by message class."""

    def __init__(self) -> None:
        super().__init__(Series)

    def snapshot(self) -> Mapping[str, dict[str, Any]]:
        """By wire name."""
        return {wire_name(kind): series.snapshot() for kind, series in self.items()}


class LoopLag:
    """Histogram of how much later than due a sleeping task was woken."""

    def __init__(self) -> None:
        self.histogram = [0] * BUCKETS
        self.last = 0.0

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
