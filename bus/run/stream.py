"""A stream between its producer and its consumer: bounded, with backpressure, ending exactly once (G24)."""

from __future__ import annotations

from collections import deque
from typing import Generic, Self

import outcome
import trio
from trio.lowlevel import Abort, Task, current_task, reschedule, wait_task_rescheduled

from bus.message.envelope import Envelope, current
from bus.message.message import Abandon, ItemT, Stream, wire_name
from bus.run.address import Address
from bus.run.sending import Sender
from bus.see.tap import Taps

FAIRNESS = 64
"""Items sent without a checkpoint before the producer yields."""


def _closed() -> trio.ClosedResourceError:
    return trio.ClosedResourceError("the handler of this stream has returned")


class Channel(Generic[ItemT]):
    """Both ends of one stream. The producer sees ``send``; the runtime reports its end by ``set`` or ``fail``.

    Items sent before the end, or before the error, always arrive first. Several tasks of the handler may send: a
    place that becomes free goes to the one that has waited longest. Cancelling ``send`` or ``receive`` leaves
    everything as it was.

    Args:
      capacity: items that may wait for the consumer.
      taps: see each item as it is queued.
      finishes: once nobody reads any more, the producer goes on and its items are discarded. Otherwise ``send``
        waits for the cancellation that is on its way.
    """

    envelope: Envelope | None = None
    """What opened the stream, once it was sent."""

    def __init__(self, capacity: int, taps: Taps, *, finishes: bool) -> None:
        self._items: deque[ItemT] = deque()
        self._capacity = capacity
        self._finishes = finishes
        self._taps = taps
        self._consumer: Task | None = None
        self._producers: deque[tuple[Task, ItemT]] = deque()
        self._returned = False
        self._error: BaseException | None = None
        self._since_yield = 0
        self.done = False
        """The end has been reported, or the consumer has left."""

    # --- producer -----------------------------------------------------------------------------------------

    async def send(self, item: ItemT, /) -> None:
        """Hand one item over, waiting while the consumer lags.

        Raises trio.ClosedResourceError when the handler has returned: its stream has ended.
        """
        if self.done:
            await self._send_to_nobody()
        elif len(self._items) >= self._capacity:
            await self._wait_for_room(item)
        else:
            self._append(item)
            self._since_yield += 1
            if self._since_yield >= FAIRNESS:
                self._since_yield = 0
                await trio.lowlevel.checkpoint()

    async def _send_to_nobody(self) -> None:
        if self._returned:
            raise _closed()
        if not self._finishes:
            await trio.sleep_forever()
        await trio.lowlevel.checkpoint()

    async def _wait_for_room(self, item: ItemT) -> None:
        self._since_yield = 0
        entry = (current_task(), item)
        self._producers.append(entry)

        def abort(_: object) -> Abort:
            self._producers.remove(entry)
            return Abort.SUCCEEDED

        await wait_task_rescheduled(abort)

    def _append(self, item: ItemT) -> None:
        self._items.append(item)
        if self._taps.item and self.envelope is not None:
            self._taps.message("item", self.envelope, trio.current_time(), item=item)
        self._wake_consumer()

    def set(self, value: object) -> bool:
        """The handler has returned."""
        self._returned = True
        while self._producers:  # tasks that the handler has left behind
            reschedule(self._producers.popleft()[0], outcome.Error(_closed()))
        return self._end(None)

    def fail(self, error: BaseException) -> bool:
        """The handler, the actor or the deadline has ended the stream with an error."""
        return self._end(error)

    def _end(self, error: BaseException | None) -> bool:
        if self.done:
            return False
        self.done = True
        self._error = error
        self._wake_consumer()
        return True

    # --- consumer -----------------------------------------------------------------------------------------

    def _wake_consumer(self) -> None:
        if self._consumer is not None:
            task, self._consumer = self._consumer, None
            reschedule(task)

    @property
    def over(self) -> bool:
        """Whether a consumer need not wait: there is an item, or the end."""
        return self.done or bool(self._items)

    async def receive(self) -> ItemT:
        """The next item. Raises StopAsyncIteration at the end, or the error that ended the stream, once."""
        while not self._items:
            if self.done:
                error, self._error = self._error, None
                raise StopAsyncIteration if error is None else error
            self._consumer = current_task()

            def abort(_: object) -> Abort:
                self._consumer = None
                return Abort.SUCCEEDED

            await wait_task_rescheduled(abort)
        item = self._items.popleft()
        self._make_up()
        return item

    def take(self) -> list[ItemT]:
        """All items that are there, perhaps none, without waiting. The end is for :meth:`receive`."""
        items = list(self._items)
        self._items.clear()
        self._make_up()
        return items

    def _make_up(self) -> None:
        """Let producers that have waited fill the places that have become free."""
        while self._producers and len(self._items) < self._capacity:
            producer, waiting = self._producers.popleft()
            self._append(waiting)
            reschedule(producer)

    def leave(self) -> None:
        """The consumer wants no more."""
        self.done = True
        self._items.clear()
        while self._finishes and self._producers:
            reschedule(self._producers.popleft()[0])


class Items(Generic[ItemT]):
    """The consumer's end of a stream: an async context manager and iterator, for one task at a time."""

    def __init__(self, sender: Sender, request: Stream[ItemT]) -> None:
        self._sender = sender
        self._request = request
        self._channel: Channel[ItemT] = Channel(
            request.buffer, sender.core.taps, finishes=request.abandon is Abandon.FINISH
        )
        self._address: Address | None = None
        """Whose work it is, once it was sent."""
        self._reading = False

    async def __aenter__(self) -> Self:
        sender, channel, request = self._sender, self._channel, self._request
        address = sender.route(request, "stream")
        context, core = current.get(), sender.core
        channel.envelope = core.envelope(
            "stream", request, context, address.name, core.now(), context.limit, channel, address
        )
        await sender.open_stream(channel.envelope, address, request.within)
        self._address = address
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ItemT:
        envelope = self._channel.envelope
        if self._address is None or envelope is None:
            raise RuntimeError(f"enter the stream of {wire_name(type(self._request))} before reading it")
        if self._reading:
            raise trio.BusyResourceError("another task is reading this stream")
        if self._channel.over:
            return await self._channel.receive()
        waiter = self._sender.begin_wait(envelope, self._request.within)
        self._reading = True
        try:
            return await self._channel.receive()
        finally:
            self._reading = False
            self._sender.end_wait(envelope, waiter)

    def at_once(self) -> list[ItemT]:
        """The next items as far as they are there already: a consumer that lags can see to all of them together."""
        return self._channel.take()

    async def __aexit__(self, *_: object) -> None:
        envelope = self._channel.envelope
        if self._address is not None and envelope is not None and not self._channel.done:
            self._channel.leave()
            self._address.abandon(envelope)
