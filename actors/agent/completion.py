"""Asks the model to go on with a turn, and tells what it says as it says it."""

from typing import Final, final

import trio

from actors import asking
from actors.agent import failures
from actors.agent.record import Record
from actors.agent.settings import Settings
from actors.agent.turn import Run
from actors.agent.window.room import Learned
from actors.llm import messages as llm
from actors.transcript import texts
from actors.vocabulary import ToolSpec
from bus import ActorCrashed, ActorStopped, Bus, BusError

PAUSES: Final = (0.5, 2.0, 8.0)
"""Seconds before a completion is asked for again that ended because those who ask the models were restarted."""


@final
class Speaker:
    """The model, as one running turn uses it."""

    def __init__(
        self,
        bus: Bus,
        settings: Settings,
        record: Record,
        learned: Learned,
    ) -> None:
        self._bus = bus
        self._learned = learned
        self._settings = settings
        self._record = record
        self.tools: tuple[ToolSpec, ...] = ()
        """What the model is offered."""
        self.lost = 0
        """Attempts at this completion that have failed at a price."""

    async def complete(self, run: Run, *extra: llm.SystemText, attempts: int | None = None) -> llm.Completed:
        """One answer of the model; `extra` ends the system prompt. Raises what llm.Complete raises.

        `attempts` is that of :class:`llm.Complete`.

        A completion changes nothing, so one that another's crash or a restart has cut off is asked for again.
        """
        request = llm.Complete(
            model=run.model,
            fallbacks=run.fallbacks,
            system=(*run.system, *extra),
            messages=run.prompt,
            tools=self.tools,
            max_tokens=run.answer_limit or self._settings.max_tokens,
            effort=run.effort or self._settings.reasoning_effort,
            attempts=attempts,
        )
        self.lost = 0
        if not run.paused or run.partial != texts(run.paused):
            await self._asked(run)
        for pause in PAUSES:
            try:
                return await self._once(run, request)
            except (ActorCrashed, ActorStopped):
                await self._again(run, failures.INTERRUPTED, pause)
                await trio.sleep(pause)
                await self._asked(run)
        return await self._once(run, request)

    async def _once(self, run: Run, request: llm.Complete) -> llm.Completed:
        answer: llm.Completed | None = None
        tab = asking.Tab()
        try:
            async with self._bus.stream(request) as items:
                async for item in items:
                    for each in llm.joined((item, *items.at_once())):
                        self._record.owes(tab.hear(each))
                        answer = await self._hear(run, each)
        except BusError:
            await self._record.broken_off()
            raise
        if answer is None:
            raise llm.ModelError(
                reason="protocol", provider=run.model or "the model", detail="the answer has no end"
            )
        run.heard(answer)
        return run.whole(answer)

    async def _asked(self, run: Run) -> None:
        """The model is asked anew. What it had said when it paused is part of what it says."""
        await self._record.asked(run)
        run.partial.clear()
        for text in texts(run.paused):
            run.partial.append(text)
            await self._record.text(text)

    async def _again(self, run: Run, reason: str, wait: float) -> None:
        """What was said so far is void: it comes once more. `wait` is in seconds."""
        run.partial.clear()
        await self._record.again(reason, wait)

    async def _switched(self, run: Run, item: llm.Switched) -> None:
        """What was said so far is void; the person is told once of each model that steps in."""
        if item.model not in run.stand_ins:
            run.stand_ins.add(item.model)
            text = failures.switched(item.model, item.reason)
            await self._record.notice("switched", text, model=item.model, reason=item.reason)
        await self._asked(run)

    async def _toolless(self, model: str) -> None:
        """The person is told once in a conversation of each model that takes no tools."""
        if model not in self._learned.toolless:
            self._learned.toolless.add(model)
            await self._record.notice("left_out", failures.toolless(model), model=model)

    async def _hear(self, run: Run, item: llm.CompletionEvent) -> llm.Completed | None:
        """Tell one item of the stream; the last one is the answer."""
        match item:
            case llm.TextDelta():
                run.partial.append(item.text)
                await self._record.text(item.text)
            case llm.ThinkingDelta():
                await self._record.thinking(item.text)
            case llm.Retrying():
                await self._again(run, item.reason, item.wait)
                await self._asked(run)
            case llm.Switched():
                await self._switched(run, item)
            case llm.ToolsRefused():
                await self._toolless(item.model)
            case llm.Wasted():
                self.lost += 1
                await self._record.spent(item.usage, "failed")
            case llm.ToolCallStarted() | llm.Spending():
                pass  # a call is told when all of it is known, a bill when it is paid
            case llm.Completed():
                return item
        return None
