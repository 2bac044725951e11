"""Events and their subscribers: each has a queue of its own and says what happens when it lags (G24)."""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import Generic, Self, TypeVar

import attrs
import trio

from bus.message.errors import BusError
from bus.message.message import Event

EventT = TypeVar("EventT", bound=Event)


class Lag(Enum):
    """What a subscription does when its subscriber does not keep up."""

    DROP_OLDEST = "drop_oldest"
    """The oldest waiting event goes; `missed` counts."""
    END = "end"
    """The subscription ends: the subscriber gets what waits, then SubscriptionLagged."""


@attrs.define(eq=False, kw_only=True)
class SubscriptionLagged(BusError):
    """The subscriber was too slow and its subscription has ended: subscribe again and catch up by other means."""

    missed: int
    """Events that came too late for it so far."""

    def __str__(self) -> str:
        return f"the subscriber did not keep up and has missed {self.missed} events"


class Subscription(Generic[EventT]):
    """Queue of one subscriber. Iterate over it; the iteration ends with the block that made it."""

    def __init__(self, types: tuple[type[EventT], ...], key: object | None, limit: int, lag: Lag) -> None:
        self.types = tuple(dict.fromkeys(types))
        self.key = key
        self.lag = lag
        self.missed = 0
        """Events dropped so far; a gap in what was seen."""
        self._limit = limit
        self._queue: deque[EventT] = deque()
        self._ready = trio.Event()
        self._lagged = False
        self._closed = False

    # --- publisher ----------------------------------------------------------------------------------------

    def offer(self, event: EventT) -> None:
        """Take an event in, or do what the policy says."""
        if self._lagged:
            self.missed += 1
        elif len(self._queue) < self._limit:
            self._append(event)
        elif self.lag is Lag.DROP_OLDEST:
            self.missed += 1
            self._queue.popleft()
            self._append(event)
        else:
            self.missed += 1
            self._lagged = True  # whoever reads has been woken by what waits

    def _append(self, event: EventT) -> None:
        self._queue.append(event)
        self._ready.set()

    # --- subscriber ---------------------------------------------------------------------------------------

    def take_nowait(self) -> EventT | None:
        """The next event if one waits."""
        return self._queue.popleft() if self._queue else None

    def __len__(self) -> int:
        return len(self._queue)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> EventT:
        await trio.lowlevel.checkpoint()
        while (event := self.take_nowait()) is None:
            if self._closed:
                raise StopAsyncIteration
            if self._lagged:
                raise SubscriptionLagged(missed=self.missed)
            if self._ready.is_set():
                self._ready = trio.Event()
            await self._ready.wait()
        return event

    def close(self) -> None:
        """Nobody reads any more."""
        self._closed = True
        self._queue.clear()
        self._ready.set()


class Subscriptions:
    """Who gets which event: by type and key, None for those who want all of a type."""

    def __init__(self) -> None:
        # Tuples, so that whoever is in the middle of one is not disturbed by those who come and go.
        self._table: dict[tuple[type[Event], object], tuple[Subscription[Event], ...]] = {}

    def add(self, subscription: Subscription[Event]) -> None:
        for kind in subscription.types:
            entry = (kind, subscription.key)
            self._table[entry] = (*self._table.get(entry, ()), subscription)

    def remove(self, subscription: Subscription[Event]) -> None:
        subscription.close()
        for kind in subscription.types:
            entry = (kind, subscription.key)
            left = tuple(each for each in self._table.pop(entry) if each is not subscription)
            if left:
                self._table[entry] = left

    def of(self, event: Event) -> tuple[Subscription[Event], ...]:
        """Subscriptions that get this event."""
        kind = type(event)
        found = self._table.get((kind, None), ())
        key = None if kind.key_field is None else getattr(event, kind.key_field)
        return found if key is None else (*found, *self._table.get((kind, key), ()))
