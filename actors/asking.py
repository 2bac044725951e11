"""Asking a model for one whole answer, for those whom its words do not concern before they are all there."""

from collections.abc import Awaitable, Callable

from actors.llm import messages as llm
from actors.vocabulary import Usage
from bus import Bus


async def answer(
    bus: Bus, request: llm.Complete, wasted: Callable[[Usage], Awaitable[None]]
) -> llm.Completed:
    """The answer; `wasted` is told what each attempt that failed has used. Raises what llm.Complete raises."""
    async with bus.stream(request) as items:
        async for item in items:
            if isinstance(item, llm.Wasted):
                await wasted(item.usage)
            if isinstance(item, llm.Completed):
                return item
    raise llm.ModelError(
        reason="protocol", provider=request.model or "the model", detail="the answer has no end"
    )
