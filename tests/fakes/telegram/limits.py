"""How much a bot may send: token buckets, with the seconds to wait for the next one. Pure."""

import math
from collections.abc import Iterable, Mapping
from typing import Final, final

import attrs

from tests.fakes.telegram.refusals import refusal


@final
@attrs.frozen
class Rate:
    per_second: float
    burst: int


@final
@attrs.frozen(kw_only=True)
class Limits:
    """None is no limit. Messages and edits of one chat are counted apart."""

    chat: Rate | None = None
    group: Rate | None = None
    """Instead of `chat` in groups."""
    overall: Rate | None = None
    edits: Rate | None = None


NONE: Final = Limits()
REAL: Final = Limits(chat=Rate(1, 3), group=Rate(20 / 60, 20), overall=Rate(30, 30), edits=Rate(1, 5))
"""About what Telegram lets pass; it publishes only that a message per second and chat is fine, and 30 overall."""


def limits_from_json(data: Mapping[str, tuple[float, int] | None]) -> Limits:
    """``{"chat": [per_second, burst], …}``; what is missing has no limit."""
    return Limits(**{name: Rate(*rate) for name, rate in data.items() if rate})


@final
class Meter:
    """Counts what passes."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[float, float]] = {}
        """For each bucket how much was in it, and when."""

    def take(self, wanted: Iterable[tuple[str, Rate | None]], now: float) -> None:
        """Take one out of each bucket, or out of none and raise Refusal (429). `now` in seconds."""
        buckets = [(name, rate, self._filled(name, rate, now)) for name, rate in wanted if rate is not None]
        wait = max(((1 - left) / rate.per_second for _, rate, left in buckets), default=0.0)
        if wait > 0:
            seconds = math.ceil(wait)
            raise refusal(429, f"retry after {seconds}", retry_after=seconds)
        for name, _, left in buckets:
            self._left[name] = left - 1, now

    def _filled(self, name: str, rate: Rate, now: float) -> float:
        left, since = self._left.get(name, (float(rate.burst), now))
        return min(rate.burst, left + (now - since) * rate.per_second)
