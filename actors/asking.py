"""Asking a model for one whole answer, for those whom its words do not concern before they are all there."""

from actors.llm import messages as llm
from bus import Bus


async def answer(bus: Bus, request: llm.Complete) -> llm.Completed:
    """The answer. Raises what llm.Complete raises."""
    async with bus.stream(request) as items:
        async for item in items:
            if isinstance(item, llm.Completed):
                return item
    raise llm.ModelError(
        reason="protocol", provider=request.model or "the model", detail="the answer has no end"
    )
