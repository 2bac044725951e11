"""Has a part of a conversation summed up, however long it is, and whatever becomes of the models that are asked."""

from collections.abc import Sequence
from typing import Final, final

import attrs

from actors import asking
from actors.agent import failures
from actors.agent.record import Record
from actors.agent.settings import Compaction
from actors.agent.spending.allowance import Allowance
from actors.agent.window import digest
from actors.agent.window.room import CHARACTERS, Learned, Room, named_window, room
from actors.llm import messages as llm
from actors.transcript import texts
from actors.vocabulary import ChatMessage, Usage
from bus import Bus, BusError, Data, Unavailable

STAND_IN: Final = 8000
"""Characters of a summary that no model has written, at most."""
_CUTS: Final = 3
"""How often smaller pieces are tried with one model."""
_LEAST: Final = 1000
"""Characters of a piece that is not cut again."""


@final
@attrs.frozen(kw_only=True)
class Summary(Data):
    text: str
    later: bool
    """Whether a better one may be had later: no model could be reached, though none refused."""


@final
@attrs.frozen
class Writer(Data):
    """A model that may be asked for a summary."""

    spec: str
    """``provider/model``; empty where that is not known."""
    named: str | None
    """How it is asked for; None: as the default."""
    window: int | None
    """Tokens, where known."""


@final
class Summariser:
    """Asks one model after the other for a summary, and makes one out of first lines when none gives one."""

    def __init__(
        self, bus: Bus, settings: Compaction, learned: Learned, allowance: Allowance, record: Record
    ) -> None:
        self._bus = bus
        self._settings = settings
        self._learned = learned
        self._allowance = allowance
        self._record = record

    async def summarise(
        self, messages: Sequence[ChatMessage], writers: Sequence[Writer], room: Room
    ) -> Summary:
        """A summary in any case. What each call has used is stored before the next.

        Each model is asked at most once for each piece, and anew only with smaller ones when it found one too long.
        `room` is that of the conversation.
        """
        longest = min(self._settings.summary_max_tokens, max(room.budget // 4, 1))
        later = True
        for writer in writers:
            try:
                if text := await self._rolling(messages, writer, longest):
                    return Summary(text=text, later=False)
                later = False
            except _Spent:
                break
            except BusError as error:
                later = later and isinstance(error, Unavailable)
        text = digest.first_lines(messages, min(STAND_IN, room.characters // 4))
        return Summary(text=text, later=later)

    async def _rolling(self, messages: Sequence[ChatMessage], writer: Writer, longest: int) -> str:
        """A summary of all, piece by piece; empty when the model says nothing. Raises what llm.Complete raises.

        It has `longest` tokens at most.
        """
        for cut in range(_CUTS):
            known = self._learned.window(writer.spec, writer.window)
            size, tokens = self._measure(known, cut, longest)
            pieces = digest.pieces(messages, size)
            try:
                return await self._pieces(pieces, writer.named, tokens)
            except BusError as error:
                if not failures.too_long(error) or max(map(len, pieces)) <= _LEAST:
                    raise
                if (named := named_window(str(error))) is not None:
                    self._learned.windows[writer.spec] = named
        return ""

    def _measure(self, window: int | None, cut: int, longest: int) -> tuple[int, int]:
        """Characters of a piece and tokens of a summary that fit into the window together with the one before."""
        place = room(self._settings, window, len(digest.INSTRUCTION))
        tokens = min(longest, max(place.budget // 4, 1))
        size = place.budget * CHARACTERS - tokens * CHARACTERS - len(digest.INSTRUCTION)
        return max(_LEAST, size >> 2 * cut), tokens

    async def _pieces(self, pieces: Sequence[str], model: str | None, tokens: int) -> str:
        summary = ""
        for piece in pieces:
            summary = await self._piece(digest.summary_request(piece, summary), model, tokens)
            if not summary:
                break
        return summary

    async def _piece(self, request: ChatMessage, model: str | None, tokens: int) -> str:
        """What a model answers. Raises _Spent when it may not be asked."""
        size = len(digest.INSTRUCTION) + sum(map(len, texts(request.content)))
        async with self._allowance.beside(size, tokens) as attempts:
            if not attempts:
                raise _Spent
            completion = llm.Complete(
                model=model,
                system=(llm.SystemText(text=digest.INSTRUCTION),),
                messages=(request,),
                max_tokens=tokens,
                attempts=attempts,
            )
            try:
                answer = await asking.answer(self._bus, completion, self._used, self._owed)
            except BusError:
                await self._record.broken_off()
                raise
            await self._used(answer.usage)
        return "\n\n".join(texts(answer.content)).strip()

    async def _used(self, usage: Usage) -> None:
        await self._record.spent(usage, "compaction")

    async def _owed(self, usage: Usage) -> None:
        self._record.owes(usage, "compaction")


@final
class _Spent(Exception):
    """A limit leaves nothing for a summary."""
