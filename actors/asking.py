"""Asking a model for one whole answer, for those whom its words do not concern before they are all there."""

from collections.abc import Awaitable, Callable
from typing import TypedDict, final

import attrs

from actors.llm import messages as llm
from actors.session import messages as session
from actors.vocabulary import Usage
from bus import Bus, Data


@final
class Tab:
    """What is to be counted of a completion if one leaves it now, by what was heard of it."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        """Of the attempt under way, or of the answer; what attempts that have failed used is told by themselves."""

    def hear(self, item: llm.CompletionEvent) -> Usage | None:
        """Take note of one item, and return :attr:`usage`."""
        match item:
            case llm.Spending() | llm.Completed():
                self.usage = item.usage
            case llm.Wasted():
                self.usage = None
            case _:
                pass
        return self.usage


@final
@attrs.frozen
class Bill(Data):
    """Counts what is asked for in the background."""

    _bus: Bus
    user: str = attrs.field(kw_only=True)
    purpose: session.Purpose = attrs.field(kw_only=True)
    session: str = attrs.field(default="", kw_only=True)
    turn: str = attrs.field(default="", kw_only=True)

    async def used(self, usage: Usage) -> None:
        """Store what a completion or a failed attempt has used. Raises what the store raises."""
        await self._bus.ask(session.RecordUsage(usage=usage, **self._whose))

    async def left(self, usage: Usage) -> None:
        """Have that stored of one that is broken off, without waiting for it."""
        await self._bus.tell(session.NoteUsage(usage=usage, **self._whose))

    @property
    def _whose(self) -> "_Whose":
        return _Whose(user=self.user, purpose=self.purpose, session=self.session, turn=self.turn)


class _Whose(TypedDict):
    user: str
    purpose: session.Purpose
    session: str
    turn: str


async def answer(
    bus: Bus,
    request: llm.Complete,
    wasted: Callable[[Usage], Awaitable[None]],
    left: Callable[[Usage], Awaitable[None]],
) -> llm.Completed:
    """The answer, whose usage is the caller's to count. Raises what llm.Complete raises.

    `wasted` is told what each attempt that failed has used; `left` what was used of one that is broken off, also while
    the task is being cancelled: it must not wait.
    """
    tab = Tab()
    answer: llm.Completed | None = None
    try:
        async with bus.stream(request) as items:
            async for item in items:
                tab.hear(item)
                if isinstance(item, llm.Wasted):
                    await wasted(item.usage)
                if isinstance(item, llm.Completed):
                    answer = item
        if answer is None:
            raise llm.ModelError(
                reason="protocol", provider=request.model or "the model", detail="the answer has no end"
            )
    except BaseException:
        if tab.usage is not None:
            await left(tab.usage)
        raise
    return answer
