"""Answers that grow, as server-sent events."""

from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self

import trio
from quart.wrappers.response import ResponseBody

from actors.gateway.presence import Presence
from actors.vocabulary import Principal

PULSE: Final = 15.0
"""Seconds without a word after which a sign of life is sent: proxies and clients close what is silent for long."""
STILL_HERE: Final = b": the agent is at work\n\n"
"""That sign: clients pass over it."""


class EventStream(ResponseBody):
    """The body of an answer that grows. A client that goes away does not stop a turn.

    Args:
      presence: ends it when who it is for may no longer be there.
      who: that is.
      changes: how often access had changed when that was found out.
    """

    def __init__(self, presence: Presence, who: Principal, changes: int) -> None:
        self._presence, self._who, self._changes = presence, who, changes
        self._some = trio.Event()
        """There is something to tell."""
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._open.enter_context(self._presence.entered(self._who, self._changes, self._leave))
        nursery = await self._open.enter_async_context(trio.open_nursery())
        self._open.callback(nursery.cancel_scope.cancel, "the answer is told")
        nursery.start_soon(self._run)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._open.__aexit__(kind, error, traceback)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks()

    async def _is_told(self) -> bool:
        """Wait for something to tell, as long as silence may last; whether there is something."""
        with trio.move_on_after(PULSE):
            await self._some.wait()
        return self._some.is_set()

    @abstractmethod
    def _chunks(self) -> AsyncIterator[bytes]:
        """What is sent."""

    @abstractmethod
    async def _run(self) -> None:
        """Find out what is to be told, until that is all."""

    @abstractmethod
    def _leave(self, _code: int, _reason: str) -> None:
        """Tell why nothing more comes."""
