"""Keeps a conversation within the model's window: prunes, and replaces the older part by a summary."""

import sys
from collections.abc import Sequence
from typing import final

import trio

from actors import asking
from actors.agent import compaction
from actors.agent.record import Record
from actors.agent.settings import Compaction
from actors.agent.sources import Dropped, Keepsake
from actors.agent.turn import Run
from actors.context import TurnContext
from actors.llm import messages as llm
from actors.transcript import texts
from actors.vocabulary import ChatMessage, Usage
from bus import Bus, BusError

_NEVER = sys.maxsize


@final
class Compactor:
    """Shortens the conversation of a running turn when it has grown too long for the model."""

    def __init__(
        self, bus: Bus, settings: Compaction, record: Record, turn: TurnContext, keepsake: Keepsake | None
    ) -> None:
        self._bus = bus
        self._settings = settings
        self._record = record
        self._turn = turn
        self._keepsake = keepsake
        self._models: llm.Catalogue | None = None

    async def relieve(self, run: Run) -> None:
        """Before a completion: shorten what has grown too long. A failure leaves the conversation as it is."""
        tokens = max(run.context_tokens, compaction.estimate(run.transcript))
        budget = compaction.budget(self._settings, await self._window(run.model))
        if compaction.should_prune(tokens, budget, self._settings):
            pruned = compaction.prune(run.transcript.messages, self._settings)
            run.transcript = run.transcript.pruned(pruned)
        if tokens > budget:
            await self.compact(run, tokens)

    async def compact(self, run: Run, tokens: int) -> bool:
        """Replace the older messages by a summary; False when that was not possible.

        It is not tried again in this turn after a failure, nor soon after a success: each try costs a completion.
        """
        keep = self._settings.min_keep_messages
        at = compaction.split(run.transcript.messages, keep)
        if not at or len(run.transcript.messages) < run.compact_at:
            return False
        run.compact_at = _NEVER
        messages, until = run.transcript.messages[:at], run.transcript.starts[at]
        async with trio.open_nursery() as nursery:  # both read the same, so nobody waits for them twice
            nursery.start_soon(self._remember, run, messages, until)
            summary = await self._summarise(run, messages)
        if summary is None:
            return False
        if not await self._record.compacted(until, at, tokens, *summary):
            return False
        run.transcript = run.transcript.summarised(at, summary[0])
        run.compact_at = len(run.transcript.messages) + 2 * keep
        return True

    async def _remember(self, run: Run, messages: tuple[ChatMessage, ...], until: int) -> None:
        """Have what is worth it written down before it is gone. That it fails is no reason to keep it all."""
        if self._keepsake is None:
            return
        model = None
        if self._settings.memory_flush:
            known = None if self._models is None else self._models.compaction
            model = self._settings.flush_model or known or run.model
        dropped = Dropped(messages=messages, until=until, model=model)
        try:
            told = await self._bus.ask(self._keepsake(self._turn, dropped))
        except BusError as error:
            told = f"What older messages held could not be noted in the memory: {error}"
        if told:
            await self._record.notice("remembered", told)

    # --- asking -------------------------------------------------------------------------------------------

    async def _summarise(self, run: Run, messages: Sequence[ChatMessage]) -> tuple[str, Usage] | None:
        """A summary by the model for summaries, else by the one that answers; None when neither gives one."""
        first = None if self._models is None else self._models.compaction
        for model in dict.fromkeys((first, run.model)):
            try:
                answer = await self._ask(model, messages)
            except BusError:
                continue
            if text := "\n\n".join(texts(answer.content)).strip():
                return text, answer.usage
        return None

    async def _ask(self, model: str | None, messages: Sequence[ChatMessage]) -> llm.Completed:
        request = llm.Complete(
            model=model,
            system=(llm.SystemText(text=compaction.INSTRUCTION),),
            messages=(compaction.summary_request(messages),),
            max_tokens=self._settings.summary_max_tokens,
        )
        return await asking.answer(self._bus, request)

    async def _window(self, model: str | None) -> int | None:
        """Tokens the model of this turn can hold; None when not known."""
        if self._models is None:
            try:
                self._models = await self._bus.ask(llm.Models())
            except BusError:
                return None
        spec = model or self._models.default
        return next((info.context_window for info in self._models.models if info.spec == spec), None)
