"""Live observation of the bus (G16). The bus never waits for a tap; without one, the cost is a truth test."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Self

import trio

from bus.envelope import Envelope
from bus.filter import Filter
from bus.message import Message
from bus.tapevent import POINTS, Point, TapEvent, of_envelope

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
        self._second: int = -1
        self._used = 0
        self._gap = 0
        self.missed = 0
        self.error: Exception | None = None

    def admits(self, kind: type[Message], at: float) -> bool:
        """Whether an event about a message of this class is worth describing now; one that is not is counted."""
        if self._filter is not None:
            return self._filter.may_match(kind)
        if self._exhausted(at):
            self._miss()
            return False
        return True

    def offer(self, event: TapEvent) -> None:
        """Queue an event that passes the filter, or count it as missed."""
        if self._filter is not None and not self._filter(event):
            return
        if self._exhausted(event.at) or len(self._queue) >= self._limit:
            self._miss()
            return
        self._used += 1
        self._queue.append((self._gap, event))
        self._gap = 0
        self._ready.set()

    def _exhausted(self, at: float) -> bool:
        """Whether this second's share has been used up."""
        second = int(at)
        if second != self._second:
            self._second, self._used = second, 0
        return self._rate is not None and self._used >= self._rate

    def _miss(self) -> None:
        self._gap += 1
        self.missed += 1

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

    __slots__ = ("_clock", "_log", *POINTS)

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

    def message(
        self, point: Point, envelope: Envelope, *, outcome: str = "", detail: str = "", item: Any = None
    ) -> None:
        """Show a moment of a message to the taps of that point. It is described only if one of them wants it."""
        at, kind = self._clock(), type(envelope.message)
        taps: tuple[Tap, ...] = getattr(self, point)
        wanted = [tap for tap in taps if tap.admits(kind, at)]
        if wanted:
            self._offer(of_envelope(point, envelope, at, outcome=outcome, detail=detail, item=item), wanted)

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
