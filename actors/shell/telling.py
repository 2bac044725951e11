"""Output on its way to whoever looks on: in few pieces, and never more than they can read."""

import codecs
from collections.abc import Awaitable, Callable
from typing import Final, final

import trio

EVERY: Final = 0.1
"""Seconds from one piece to the next."""
MOST: Final = 8 * 1024
"""Bytes of a piece; what is more is skipped."""

Tell = Callable[[str, int], Awaitable[None]]
"""Takes text, and the bytes that were skipped before it."""


@final
class Telling:
    """Tells of output. A line that is not at its end waits a little for the rest of it, so that few are told in two."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._waiting = bytearray()
        self._skipped = 0
        self._held = False
        self._more = trio.Event()
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def add(self, data: bytes) -> None:
        """Take what came."""
        self._waiting += data
        if (over := len(self._waiting) - MOST) > 0:
            del self._waiting[:over]
            self._skipped += over
            self._decoder.reset()
        self._more.set()

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            await self._more.wait()
            end = self._waiting.rfind(b"\n") + 1
            if end < len(self._waiting) and not self._held:
                self._held = True
            else:
                self._held, self._more, end = False, trio.Event(), len(self._waiting)
            await self._tell_up_to(end)
            await trio.sleep(EVERY)

    async def finish(self) -> None:
        """Tell the rest."""
        await self._tell_up_to(len(self._waiting))

    async def _tell_up_to(self, end: int) -> None:
        text, skipped = self._decoder.decode(bytes(self._waiting[:end])), self._skipped
        del self._waiting[:end]
        if text:
            self._skipped = 0
            await self._tell(text, skipped)
