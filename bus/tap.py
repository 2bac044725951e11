"""Live observation of the bus (G16). The bus never waits for a tap; without one, the cost is a truth test."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Self

import trio

from bus import filter as filters
from bus.envelope import Envelope
from bus.tapevent import POINTS, Point, TapEvent, of_envelope

QUEUE = 1024
RATE = 200
"""Events a second that one tap passes on by default; what is beyond is counted as missed."""


class Tap:
    """One observer with its filter and its bounded queue. Iterate over it; `missed` counts what was dropped.

    A gap is visible where it happened: :meth:`take` returns what was missed before the event.
    """

    def __init__(
        self, test: Callable[[TapEvent], bool] | None, *, rate: int | None = RATE, queue: int = QUEUE
    ) -> None:
        self._test = test
        self._rate = rate
        self._limit = queue
        self._queue: deque[tuple[int, TapEvent]] = deque()
        self._ready = trio.Event()
        self._second = -1
        self._used = 0
        self._gap = 0
        self.missed = 0
        self.error: Exception | None = None

    def offer(self, event: TapEvent) -> None:
        """Queue an event that passes the filter, or count it as missed."""
        if self._test is not None and not self._test(event):
            return
        if self._over_rate(event.at) or len(self._queue) >= self._limit:
            self._gap += 1
            self.missed += 1
            return
        self._queue.append((self._gap, event))
        self._gap = 0
        self._ready.set()

    def _over_rate(self, at: float) -> bool:
        if self._rate is None:
            return False
        second = int(at)
        if second != self._second:
            self._second, self._used = second, 0
        self._used += 1
        return self._used > self._rate

    def end(self, error: Exception | None = None) -> None:
        """Detach after a fault of the tap's own filter; the reader sees the error."""
        self.error = error
        self._ready.set()

    async def take(self) -> tuple[int, TapEvent]:
        """The next event and how many were missed before it."""
        while not self._queue:
            if self.error is not None:
                raise self.error
            self._ready = trio.Event()
            await self._ready.wait()
        await trio.lowlevel.checkpoint()
        return self._queue.popleft()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> TapEvent:
        return (await self.take())[1]


class Taps:
    """A table of observers per hook point; an empty entry is one truth test on the hot path."""

    __slots__ = ("_clock", *POINTS)

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.sent: tuple[Tap, ...] = ()
        self.taken: tuple[Tap, ...] = ()
        self.replied: tuple[Tap, ...] = ()
        self.failed: tuple[Tap, ...] = ()
        self.buried: tuple[Tap, ...] = ()
        self.started: tuple[Tap, ...] = ()
        self.stopped: tuple[Tap, ...] = ()
        self.crashed: tuple[Tap, ...] = ()
        self.backoff: tuple[Tap, ...] = ()
        self.timer: tuple[Tap, ...] = ()
        self.published: tuple[Tap, ...] = ()
        self.item: tuple[Tap, ...] = ()

    def attach(self, tap: Tap, points: Iterable[Point] = POINTS) -> None:
        for point in points:
            setattr(self, point, (*getattr(self, point), tap))

    def detach(self, tap: Tap) -> None:
        for point in POINTS:
            setattr(self, point, tuple(other for other in getattr(self, point) if other is not tap))

    def message(self, point: Point, envelope: Envelope, *, outcome: str = "", detail: str = "") -> None:
        """Show a moment of a message to the taps of that point."""
        self.show(of_envelope(point, envelope, self._clock(), outcome=outcome, detail=detail))

    def actor(self, point: Point, name: str, detail: str = "", **more: Any) -> None:
        """Show a moment of an actor."""
        self.show(TapEvent(point=point, at=self._clock(), to=name, detail=detail, **more))

    def show(self, event: TapEvent) -> None:
        for tap in getattr(self, event.point):
            try:
                tap.offer(event)
            except Exception as error:  # noqa: BLE001 - a faulty filter must not reach the bus
                self.detach(tap)
                tap.end(error)


def compile_filter(text: str) -> Callable[[TapEvent], bool] | None:
    """Filter of a tap; the empty text passes everything. Raises filter.FilterError."""
    return filters.parse(text) if text.strip() else None
