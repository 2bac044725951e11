"""Keeps a conversation within the model's window, whatever it holds and whatever the models say.

Before each completion old results are shortened, the older part is replaced by a summary, and what is still too much is
made to fit by rule. A provider that refuses a prompt even so is asked again with less, until only the newest words are
left: so every turn ends, and the next one begins with what is stored.
"""

import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import final

import attrs
import trio

from actors.agent import failures
from actors.agent.record import Record
from actors.agent.settings import Settings
from actors.agent.sources import Dropped, Keepsake
from actors.agent.spending.allowance import Allowance
from actors.agent.spending.offer import Offer
from actors.agent.turn import Run
from actors.agent.window import compaction, fitting
from actors.agent.window.room import CHARACTERS, SMALL, Learned, Room, named_window, rate, room, smaller
from actors.agent.window.summaries import Summariser, Writer
from actors.context import TurnContext
from actors.llm import messages as llm
from actors.outside import CHANNELS, marked, without
from actors.transcript import characters, documents
from bus import Bus, BusError, Request

FLUSHED = 60_000
"""Tokens of the question what is worth remembering, at most."""
FLUSHED_ANSWER = 4096
"""Tokens of its answer, at most."""
_NEVER = sys.maxsize


async def _untold() -> None:
    return None


@final
class Compactor:
    """Shortens the conversation of a running turn when it has grown too long for the model."""

    def __init__(
        self,
        bus: Bus,
        settings: Settings,
        record: Record,
        turn: TurnContext,
        keepsake: Keepsake | None,
        learned: Learned,
        offer: Offer,
        allowance: Allowance,
    ) -> None:
        self._bus = bus
        self._answer_tokens = settings.max_tokens
        self._settings = settings.compaction
        self._record = record
        self._turn = turn
        self._keepsake = keepsake
        self._learned = learned
        self._allowance = allowance
        self._summariser = Summariser(bus, settings.compaction, learned, allowance, record)
        self._offer = offer
        self._fixed = 0
        self._told = False
        self.outside: frozenset[str] = frozenset()
        """Tools that bring words from outside, of which nobody takes notes unattended."""
        self.about_to: Callable[[], Awaitable[None]] = _untold
        """Tells that messages are about to be replaced."""

    def surrounded(self, size: int) -> None:
        """Learn how many characters stand around the conversation in each prompt of the turn."""
        self._fixed = size

    async def relieve(self, run: Run) -> None:
        """Before a completion: make the conversation fit what is known of the model's window."""
        await self._weigh(run)
        room = await self._room(run)
        tokens = _tokens(run, room)
        if compaction.should_prune(tokens, room.budget, self._settings):
            pruned = compaction.prune(run.transcript.messages, self._settings)
            run.transcript = run.transcript.pruned(pruned)
        if tokens > room.budget:
            if len(run.transcript.messages) >= run.compact_at:
                await self._compact(run, room, tokens)
            await self._fit(run, room.characters)
        run.answer_limit = room.answer(self._answer_tokens, run.size)

    async def refused(self, run: Run, error: Exception) -> bool:
        """A provider has found the prompt too long: make it smaller. False when there is nothing left to take away.

        At the first refusal the conversation is compacted, or the answer that is asked for limited; at each further
        one the conversation gets strictly smaller. So it comes to an end.
        """
        run.refusals += 1
        size, answer = run.size, run.answer_limit or self._answer_tokens
        model, named = await self._spec(run), named_window(str(error))
        aim = smaller(size, run.refusals)
        likely = max(aim, size // 2, SMALL if run.refusals == 1 else 0)
        self._learned.refused(model, await self._room(run), likely, named)
        room = await self._room(run)
        eased = False
        if run.refusals == 1:
            eased = room.answer(self._answer_tokens, size) < answer
            eased = await self._compact(run, room, _tokens(run, room)) or eased
        await self._fit(run, min(max(aim, SMALL if eased else 0), room.characters))
        run.answer_limit = room.answer(self._answer_tokens, run.size)
        if eased or run.size < size:
            return True
        self._learned.gave_up(model, named)
        return False

    async def hopeless(self, run: Run, error: llm.ModelError | llm.ModelUnavailable) -> llm.ModelError:
        """The refusal, with what can be done about it, when nothing more can be taken away."""
        room = await self._room(run)
        why = failures.cramped(room.window, room.fixed // CHARACTERS)
        return llm.ModelError(
            reason=error.reason, provider=error.provider, detail=f"{error.detail}; {why}", status=error.status
        )

    # --- by a summary -------------------------------------------------------------------------------------

    async def _compact(self, run: Run, room: Room, tokens: int) -> bool:
        """Replace the older messages by a summary, stored unless a better one can be had later; False if it cannot be.

        It is not done again soon: each try costs a completion.
        """
        keep = self._settings.min_keep_messages
        at = compaction.split(run.transcript.messages, keep)
        if not compaction.is_worth_it(run.transcript.messages[:at]):
            return False
        messages, until = run.transcript.messages[:at], run.transcript.starts[at]
        await self.about_to()
        writers = await self._writers(run)
        async with trio.open_nursery() as nursery:  # both read the same, so nobody waits for them twice
            nursery.start_soon(self._remember, run, at)
            summary = await self._summariser.summarise(messages, writers, room)
        run.compact_at = _NEVER
        text = marked(summary.text, run.outside)
        if not summary.later and await self._record.compacted(until, at, tokens, text):
            run.compact_at = keep + 1 + 2 * keep
            run.context_tokens = run.prompt_characters = 0
        run.transcript = run.transcript.summarised(at, text)
        return True

    async def _remember(self, run: Run, at: int) -> None:
        """Have what is worth it written down before it is gone. That it fails is no reason to keep it all."""
        begun, until = self._learned.noted, run.transcript.starts[at]
        told = zip(run.transcript.messages[:at], run.transcript.starts[:at], strict=True)
        messages = without((message for message, start in told if start >= begun), self.outside)
        if self._keepsake is None or not messages or run.outside & CHANNELS:
            return
        self._learned.noted = until
        model = None
        if self._settings.memory_flush:
            known = None if self._offer.known is None else self._offer.known.compaction
            model = self._settings.flush_model or known or run.model
        dropped = Dropped(messages=messages, until=until, model=model)
        async with self._allowance.beside(FLUSHED, FLUSHED_ANSWER) as attempts:
            if not attempts:
                dropped = attrs.evolve(dropped, model=None)
            said = await self._handed_over(self._keepsake(self._turn, dropped))
        if said:
            await self._record.notice("remembered", said)

    async def _handed_over(self, keeping: Request[str]) -> str:
        try:
            return await self._bus.ask(keeping)
        except BusError as error:
            return f"What older messages held could not be noted in the memory: {error}"

    async def _writers(self, run: Run) -> list[Writer]:
        """Who may write a summary: the model that is configured for it, then the one that answers."""
        models = await self._offer.models()
        if models is None:
            return [Writer(run.model or "", run.model, None)]
        chosen = dict.fromkeys((models.compaction, run.model or models.default))
        return [
            Writer(spec, None if spec == models.default else spec, _window(models, spec)) for spec in chosen
        ]

    # --- by rule ------------------------------------------------------------------------------------------

    async def _fit(self, run: Run, limit: int) -> None:
        """Take away as much as does not fit, for this prompt only, and say so once if words are among it."""
        fitted = fitting.fit(run.transcript, limit, run.weights)
        run.transcript = fitted.transcript
        if fitted.words_lost and not self._told:
            self._told = True
            await self._record.notice("compacted", failures.SHORTENED)

    # --- what is known of the model -----------------------------------------------------------------------

    async def _room(self, run: Run) -> Room:
        models, spec = await self._offer.models(), await self._spec(run)
        known = None if models is None else _window(models, spec)
        whole = self._fixed + run.prompt_characters
        measured = rate(run.context_tokens, whole if run.prompt_characters else 0)
        return room(self._settings, self._learned.window(spec, known), self._fixed, measured)

    async def _weigh(self, run: Run) -> None:
        """Ask what the documents weigh for the model; what nobody says weighs nothing, until it has been sent."""
        if not run.transcript.documents:
            return
        spec = await self._spec(run)
        known = self._learned.weights.setdefault(spec, {})
        new = {each.path: each for each in run.transcript.documents if each.path not in known}
        if new:
            with suppress(BusError):
                found = await self._bus.ask(llm.Weigh(model=run.model, documents=tuple(new.values())))
                known |= zip(new, (tokens * CHARACTERS for tokens in found), strict=True)
        run.weights = known

    async def _spec(self, run: Run) -> str:
        """``provider/model`` that is asked, by which windows are remembered; empty where that is not known."""
        models = await self._offer.models()
        return run.model or ("" if models is None else models.default)


def _window(models: llm.Catalogue, spec: str) -> int | None:
    """Tokens that a model can hold; None when not known."""
    known = (*models.models, *models.others)
    return next((info.context_window for info in known if info.spec == spec), None)


def _tokens(run: Run, room: Room) -> int:
    """Size of the next prompt: what the last one had and what has come since, or an estimate."""
    if not run.context_tokens:
        return room.tokens(run.size)
    content = run.transcript.messages[-1].content
    newest = sum(map(characters, content)) + sum(run.weights.get(each.path, 0) for each in documents(content))
    since = run.size - run.prompt_characters if run.prompt_characters else newest
    return max(run.context_tokens + int(max(0, since) * room.rate), room.tokens(run.size))
