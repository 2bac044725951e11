"""Asks the model to go on with a turn, and tells what it says as it says it."""

from typing import final

from actors.agent import failures
from actors.agent.interrupt import Interrupt
from actors.agent.publisher import Publisher
from actors.agent.settings import Settings
from actors.agent.turn import Run
from actors.llm import messages as llm
from actors.vocabulary import ToolSpec
from bus import Bus


@final
class Speaker:
    """The model, as one running turn uses it."""

    def __init__(
        self,
        bus: Bus,
        settings: Settings,
        tools: tuple[ToolSpec, ...],
        *,
        publisher: Publisher,
        interrupt: Interrupt,
    ) -> None:
        self._bus = bus
        self._settings = settings
        self._tools = tools
        self._publisher = publisher
        self._interrupt = interrupt

    async def complete(self, run: Run, *extra: llm.SystemText) -> llm.Completed:
        """One answer of the model; `extra` ends the system prompt. Raises what llm.Complete raises."""
        request = llm.Complete(
            model=run.model,
            system=(*run.system, *extra),
            messages=run.messages,
            tools=self._tools,
            max_tokens=self._settings.max_tokens,
            effort=self._settings.reasoning_effort,
        )
        with self._interrupt:
            await self._publisher.completion_started(run)
        answer: llm.Completed | None = None
        async with self._bus.stream(request) as items:
            async for item in items:
                with self._interrupt:
                    answer = await self._hear(run, item)
        if answer is None:
            raise llm.ModelError(
                reason="protocol", provider=run.model or "the model", detail="the answer has no end"
            )
        run.heard(answer)
        return answer

    async def _hear(self, run: Run, item: llm.CompletionEvent) -> llm.Completed | None:
        """Tell one item of the stream; the last one is the answer."""
        match item:
            case llm.TextDelta():
                run.partial.append(item.text)
                await self._publisher.text(run.id, item.text)
            case llm.ThinkingDelta():
                await self._publisher.thinking(run.id, item.text)
            case llm.Retrying():
                run.partial.clear()
                await self._publisher.notice(run.id, "retrying", failures.retrying(item.reason, item.wait))
                await self._publisher.completion_started(run)
            case llm.ToolCallStarted():
                pass  # told when the whole call is known
            case llm.Completed():
                return item
        return None
