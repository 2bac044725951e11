"""A stream between its producer and its consumer: bounded, with backpressure, ending exactly once (G24)."""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self

import trio
from trio.lowlevel import Abort, Task, current_task, reschedule, wait_task_rescheduled

from bus.envelope import Envelope
from bus.message import ItemT, Stream, wire_name

if TYPE_CHECKING:
    from bus.bus import Bus

FAIRNESS = 64


class Channel(Generic[ItemT]):
    """Both ends of one stream. The producer sees ``send``; the runtime reports its end by ``set`` or ``fail``.

    Items sent before the end, or before the error, always arrive first. When the consumer has left, ``send``
    waits for the cancellation that is on its way.
    """

    def __init__(self, capacity: int) -> None:
        self._items: deque[ItemT] = deque()
        self._capacity = capacity
        self._consumer: Task | None = None
        self._producer: Task | None = None
        self._ended = False
        self._error: BaseException | None = None
        self._since_yield = 0
        self.done = False
        """The consumer has left or seen the end."""
        self.envelope: Envelope | None = None
        self.watch: Bus | None = None

    # --- producer -----------------------------------------------------------------------------------------

    async def send(self, item: ItemT, /) -> None:
        """Hand one item over, waiting while the consumer lags."""
        if self.done:
            await trio.sleep_forever()
        self._items.append(item)
        if self.watch is not None and self.envelope is not None:
            self.watch.show_item(self.envelope, item)
        self._wake_consumer()
        self._since_yield += 1
        if len(self._items) >= self._capacity:
            await self._wait_for_room()
        elif self._since_yield >= FAIRNESS:
            self._since_yield = 0
            await trio.lowlevel.checkpoint()

    async def _wait_for_room(self) -> None:
        self._producer = current_task()

        def abort(_: object) -> Abort:
            self._producer = None
            return Abort.SUCCEEDED

        await wait_task_rescheduled(abort)

    def set(self, value: object) -> bool:
        """The handler has returned."""
        return self._end(None)

    def fail(self, error: BaseException) -> bool:
        """The handler, the actor or the deadline has ended the stream with an error."""
        return self._end(error)

    def _end(self, error: BaseException | None) -> bool:
        if self._ended or self.done:
            return False
        self._ended = True
        self._error = error
        self._wake_consumer()
        return True

    # --- consumer -----------------------------------------------------------------------------------------

    def _wake_consumer(self) -> None:
        if self._consumer is not None:
            task, self._consumer = self._consumer, None
            reschedule(task)

    async def receive(self) -> ItemT:
        """The next item. Raises StopAsyncIteration at the end, or the error that ended the stream."""
        while not self._items:
            if self._ended:
                self.done = True
                if self._error is None:
                    raise StopAsyncIteration
                error, self._error = self._error, None
                raise error
            self._consumer = current_task()

            def abort(_: object) -> Abort:
                self._consumer = None
                return Abort.SUCCEEDED

            await wait_task_rescheduled(abort)
        return self.take()

    @property
    def ready(self) -> bool:
        """Whether an item waits."""
        return bool(self._items)

    @property
    def over(self) -> bool:
        """Whether a waiting consumer is about to go on."""
        return self.done or self._ended or bool(self._items)

    def take(self) -> ItemT:
        """The item that waits."""
        item = self._items.popleft()
        if self._producer is not None:
            producer, self._producer = self._producer, None
            reschedule(producer)
        return item

    def leave(self) -> None:
        """The consumer wants no more."""
        self.done = True
        self._items.clear()


class Items(Generic[ItemT]):
    """The consumer's end of a stream: an async context manager and iterator."""

    def __init__(self, bus: Bus, request: Stream[ItemT]) -> None:
        self._bus = bus
        self._request = request
        self._channel: Channel[ItemT] = Channel(request.buffer)
        self._envelope: Envelope | None = None

    async def __aenter__(self) -> Self:
        self._envelope = self._channel.envelope = await self._bus.open_stream(self._request, self._channel)
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ItemT:
        if self._envelope is None:
            raise RuntimeError(f"enter the stream of {wire_name(type(self._request))} before reading it")
        if self._channel.done:
            raise StopAsyncIteration
        if self._channel.ready:
            return self._channel.take()
        waiter = self._bus.begin_wait(self._envelope, self._request.within)
        try:
            return await self._channel.receive()
        finally:
            self._bus.end_wait(self._envelope, waiter)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._envelope is not None and not self._channel.done:
            self._channel.leave()
            self._bus.abandon(self._envelope)


AnyChannel = Channel[Any]
