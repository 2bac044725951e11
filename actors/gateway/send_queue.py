"""What waits to be sent to one client."""

from collections.abc import Callable
from typing import final

import trio

from actors.gateway.coalesce import Coalescer, QueueFull
from actors.gateway.limits import Limits
from actors.wire import Json


@final
class SendQueue:
    """A bounded queue between whoever has news and the one task that writes to the socket.

    An idle queue has no timer running.
    """

    def __init__(self, limits: Limits, overflow: Callable[[], None]) -> None:
        """`overflow` is called when the client turns out to be too slow; a frame was lost then."""
        self._overflow = overflow
        self._frames = Coalescer(
            capacity=limits.send_queue, window=limits.delta_window, size=limits.delta_bytes
        )
        self._replay_level = limits.send_queue // 2
        self._news = trio.Event()
        self._room: trio.Event | None = None
        """Set when somebody waits for room."""

    @property
    def is_behind(self) -> bool:
        """Whether so much waits that what can be left out should be."""
        return len(self._frames) >= self._replay_level

    def push(self, frame: Json) -> None:
        """Add a frame without waiting."""
        try:
            self._frames.push(frame, trio.current_time())
        except QueueFull:
            self._overflow()
        else:
            self._news.set()

    async def put(self, frame: Json) -> None:
        """Add a frame, waiting while the client has much to read: for replays, whose pace is the client's.

        A replay fills half of the queue at most, so that what happens meanwhile finds room.
        """
        while len(self._frames) >= self._replay_level:
            if self._room is None:
                self._room = trio.Event()
            await self._room.wait()
        self.push(frame)

    def forget(self, conversation: str) -> None:
        """Stop joining text of a conversation."""
        self._frames.forget(conversation)
        self._news.set()

    async def next(self) -> Json:
        """Wait for the next frame. Cancelling loses none."""
        while True:
            await trio.lowlevel.checkpoint_if_cancelled()
            frame = self._frames.pop(trio.current_time())
            if frame is not None:
                if self._room is not None:
                    self._room.set()
                    self._room = None
                return frame
            self._news = trio.Event()
            due = self._frames.due()
            if due is None:
                await self._news.wait()
            else:
                await self._wait_until(due)

    async def _wait_until(self, due: float) -> None:
        with trio.move_on_at(due):
            await self._news.wait()
