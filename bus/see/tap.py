"""Live observation of the bus (G16). The bus never waits for a tap; without one, the cost is a truth test."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from math import floor
from typing import Any, Self

import trio

from bus.message.envelope import INFINITY, Envelope
from bus.message.message import Message
from bus.see.filter import Filter
from bus.see.tapevent import POINTS, Point, TapEvent, of_envelope

QUEUE = 1024
RATE = 200
"""Events a second that one tap passes on by default; what is beyond is counted as missed."""


class Tap:
    """One observer with its filter and its bounded queue. Iterate over it; `missed` counts what was dropped.

    A gap is visible where it happened: :meth:`take` returns what was missed before the event.
    """

    def __init__(self, filter: Filter | None = None, *, rate: int | None = RATE, queue: int = QUEUE) -> None:
        self._filter = filter
        self.points = POINTS if filter is None else filter.points
        """Where it looks."""
        self._rate = rate
        self._limit = queue
        self._queue: deque[tuple[int, TapEvent]] = deque()
        self._ready = trio.Event()
        self._second_ends = -INFINITY
        self._used = 0
        """How much of this second's share."""
        self.rests_until = -INFINITY
        """Until then it only counts what it misses, whatever that is: its share of the second is used up."""
        self.missed = 0
        self._told = 0
        """How many of those missed the reader will have heard of."""
        self.error: Exception | None = None

    def may_want(self, kind: type[Message]) -> bool:
        """Whether an event about a message of this class is worth describing."""
        return self._filter is None or self._filter.may_match(kind)

    def offer(self, event: TapEvent) -> None:
        """Queue an event that passes the filter, or count it as missed."""
        if self._filter is not None and not self._filter(event):
            return
        if event.at >= self._second_ends:
            self._second_ends, self._used = floor(event.at) + 1.0, 0
        if self._is_used_up or len(self._queue) >= self._limit:
            self.missed += 1
        else:
            self._used += 1
            self._queue.append((self.missed - self._told, event))
            self._told = self.missed
            self._ready.set()
        if self._is_used_up and self._filter is None:
            self.rests_until = self._second_ends

    @property
    def _is_used_up(self) -> bool:
        return self._rate is not None and self._used >= self._rate

    def end(self, error: Exception | None = None) -> None:
        """Detach after a fault of the tap's own filter; the reader sees the error."""
        self.error = error
        self._ready.set()

    async def take(self) -> tuple[int, TapEvent]:
        """The next event and how many were missed before it."""
        await trio.lowlevel.checkpoint()
        while not self._queue:
            if self.error is not None:
                raise self.error
            if self._ready.is_set():
                self._ready = trio.Event()
            await self._ready.wait()
        return self._queue.popleft()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> TapEvent:
        return (await self.take())[1]


class Taps:
    """A table of observers per hook point; an empty entry is one truth test on the hot path."""

    def __init__(self, clock: Callable[[], float], log: Callable[[str, str, dict[str, Any]], None]) -> None:
        self._clock = clock
        self._log = log
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

    def attach(self, tap: Tap) -> None:
        for point in tap.points:
            setattr(self, point, (*getattr(self, point), tap))

    def detach(self, tap: Tap) -> None:
        for point in POINTS:
            setattr(self, point, tuple(other for other in getattr(self, point) if other is not tap))

    def message(self, point: Point, envelope: Envelope, at: float, **facts: Any) -> None:
        """Show a moment of a message to the taps of that point. It is described only if one of them wants it.

        A tap that has had its share costs a comparison and an addition, since there is one on each message while
        somebody watches busy actors.
        """
        wanted: list[Tap] | None = None
        for tap in getattr(self, point):
            if at < tap.rests_until:
                tap.missed += 1
            elif tap.may_want(type(envelope.message)):
                wanted = [*(wanted or ()), tap]
        if wanted is not None:
            self._offer(of_envelope(point, envelope, at, **facts), wanted)

    def actor(self, point: Point, name: str, detail: str = "") -> None:
        """Show a moment of an actor."""
        self._offer(TapEvent(point=point, at=self._clock(), to=name, detail=detail), getattr(self, point))

    def _offer(self, event: TapEvent, taps: Iterable[Tap]) -> None:
        for tap in taps:
            try:
                tap.offer(event)
            except Exception as error:  # noqa: BLE001 - a faulty filter must not reach the bus
                self.detach(tap)
                tap.end(error)
                self._log("error", "tap detached: its filter failed", {"error": error, "type": event.type})
