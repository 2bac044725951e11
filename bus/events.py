"""Events and their subscribers: each has a queue of its own and says what happens when it lags (G24)."""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import Generic, Self, TypeVar

import trio

from bus.message import Event

EventT = TypeVar("EventT", bound=Event)


class Lag(Enum):
    """What a subscription does when its subscriber does not keep up."""

    BLOCK = "block"
    """The publisher waits."""
    DROP_OLDEST = "drop_oldest"
    """The oldest waiting event goes; `missed` counts."""
    END = "end"
    """The subscription ends: the subscriber gets what waits, then SubscriptionLagged."""


class SubscriptionLagged(Exception):
    """The subscriber was too slow and its subscription has ended; events are missing from here on."""


class Subscription(Generic[EventT]):
    """Queue of one subscriber. Iterate over it."""

    def __init__(self, types: tuple[type[EventT], ...], key: object | None, limit: int, lag: Lag) -> None:
        self.types = types
        self.key = key
        self.lag = lag
        self.missed = 0
        """Events dropped so far; a gap in what was seen."""
        self._limit = limit
        self._queue: deque[EventT] = deque()
        self._ready = trio.Event()
        self._room = trio.Event()
        self._lagged = False
        self._closed = False

    def offer(self, event: EventT) -> bool:
        """Queue an event; False when the publisher has to wait (policy BLOCK)."""
        if self._lagged or self._closed:
            return True
        if len(self._queue) >= self._limit:
            if self.lag is Lag.BLOCK:
                return False
            self.missed += 1
            if self.lag is Lag.END:
                self._lagged = True
                self._ready.set()
                return True
            self._queue.popleft()
        self._queue.append(event)
        self._ready.set()
        return True

    async def wait_for_room(self) -> None:
        if self._room.is_set():
            self._room = trio.Event()
        await self._room.wait()

    def close(self) -> None:
        """Nobody reads any more."""
        self._closed = True
        self._queue.clear()
        self._room.set()

    def take_nowait(self) -> EventT | None:
        """The next event if one waits."""
        if not self._queue:
            return None
        event = self._queue.popleft()
        self._room.set()
        return event

    def __len__(self) -> int:
        return len(self._queue)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> EventT:
        while (event := self.take_nowait()) is None:
            if self._lagged:
                raise SubscriptionLagged(f"{self.missed} events missed")
            self._ready = trio.Event()
            await self._ready.wait()
        await trio.lowlevel.checkpoint()
        return event


class Subscriptions:
    """Who gets which event: by type, then by key."""

    def __init__(self) -> None:
        self._all: dict[type[Event], list[Subscription[Event]]] = {}
        self._keyed: dict[tuple[type[Event], object], list[Subscription[Event]]] = {}

    def add(self, subscription: Subscription[Event]) -> None:
        for kind in subscription.types:
            if subscription.key is None:
                self._all.setdefault(kind, []).append(subscription)
            else:
                self._keyed.setdefault((kind, subscription.key), []).append(subscription)

    def remove(self, subscription: Subscription[Event]) -> None:
        subscription.close()
        for kind in subscription.types:
            if subscription.key is None:
                self._all[kind].remove(subscription)
            else:
                entry = (kind, subscription.key)
                self._keyed[entry].remove(subscription)
                if not self._keyed[entry]:
                    del self._keyed[entry]

    def of(self, event: Event) -> list[Subscription[Event]]:
        """Subscriptions that get this event."""
        kind = type(event)
        found = self._all.get(kind, [])
        if kind.key_field is not None and self._keyed:
            found = [*found, *self._keyed.get((kind, getattr(event, kind.key_field)), [])]
        return found
