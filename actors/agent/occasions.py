"""Points in the life of a conversation at which others may step in. Who they are says the tree."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Literal, Protocol, final

import attrs

from actors.context import TurnContext
from actors.session import messages as session
from bus import Bus, Data

Source = Literal["startup", "resume"]
"""A conversation is new, or was taken up again."""


@asynccontextmanager
async def _unheard(_bus: Bus, _incoming: session.Incoming) -> AsyncGenerator[tuple[str, ...]]:
    yield ()


async def _unopened(_bus: Bus, _turn: TurnContext, _source: Source, _model: str | None) -> tuple[str, ...]:
    return ()


async def _undelegated(_bus: Bus, _turn: TurnContext) -> tuple[str, ...]:
    return ()


async def _unstopped(
    _bus: Bus,
    _turn: TurnContext,
    _words: str,
    *,
    active: bool,  # noqa: ARG001 - nobody is told
) -> session.Incoming | None:
    return None


async def _unshortened(_bus: Bus, _turn: TurnContext) -> None:
    return None


class Stopped(Protocol):
    def __call__(
        self, bus: Bus, turn: TurnContext, words: str, /, *, active: bool
    ) -> Awaitable[session.Incoming | None]: ...


@final
@attrs.frozen(kw_only=True)
class Occasions(Data):
    """Who is told, and what they have the model told besides."""

    said: Callable[[Bus, session.Incoming], AbstractAsyncContextManager[tuple[str, ...]]] = _unheard
    """A person has written; within it the message is stored, so that messages of one person keep their order.

    Raises PromptRefused for a message that is not to be.
    """
    opened: Callable[[Bus, TurnContext, Source, str | None], Awaitable[tuple[str, ...]]] = _unopened
    """A conversation begins, with a turn that wants this model."""
    delegated: Callable[[Bus, TurnContext], Awaitable[tuple[str, ...]]] = _undelegated
    """A subagent begins."""
    stopped: Stopped = _unstopped
    """A subagent is about to end with these words. Whoever does not want that has a message for it; what such a message
    has begun is told as `active`, and ends all the same."""
    shortened: Callable[[Bus, TurnContext], Awaitable[None]] = _unshortened
    """A summary is about to replace messages."""


NOBODY = Occasions()


@final
@attrs.define
class Opened:
    """What is told of a conversation in all turns from when it was taken up."""

    source: Source
    _context: tuple[str, ...] | None = attrs.field(default=None, init=False)

    async def context(self, ask: Callable[[Source], Awaitable[tuple[str, ...]]]) -> tuple[str, ...]:
        """Whoever is to be told of the beginning is asked once."""
        if self._context is None:
            self._context = await ask(self.source)
        return self._context
