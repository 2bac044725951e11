"""Leaves out of a conversation what a provider would not have, so that what follows is answered.

A message that a filter or a provider refused stands in the conversation like any other, and each further request would
be refused on its account. So when one is refused, it is made again without what was refused before in the same
conversation. That is still stored and shown; only the model does not get it any more.
"""

from typing import Final, final

from actors.agent.turn import Run
from actors.agent.window.room import Learned
from actors.agent.window.unwanted import Unwanted, calls, is_refusal, spoken, tells_of_refusal, without
from actors.session import messages as session
from bus import Bus

_OUTCOMES: Final = ("refusal", "content_filter")
_MOST: Final = 50
"""The last turns of a conversation that are looked at."""


@final
class Leaving:
    """What one attempt of a turn leaves out."""

    def __init__(self, bus: Bus, learned: Learned) -> None:
        self._bus = bus
        self._learned = learned
        self._tried = False
        self._found: Unwanted | None = None

    def known(self, run: Run) -> None:
        """Leave out what earlier turns of the conversation have found to be refused."""
        run.transcript = without(run.transcript, self._learned.unwanted, run.turn.content)

    async def refused(self, run: Run, error: Exception | None = None) -> bool:
        """A request was refused: whether it is worth to be made again, without what was refused before."""
        if self._tried or not (error is None or is_refusal(error)):
            return False
        self._tried = True
        found = await self._unwanted(run.turn)
        fewer = without(run.transcript, found, run.turn.content)
        if fewer.messages == run.transcript.messages:
            return False
        run.transcript, self._found = fewer, found
        return True

    def helped(self) -> bool:
        """A request was answered: whether that is due to what was left out, which is remembered then."""
        if self._found is None:
            return False
        self._learned.unwanted, self._found = self._found, None
        return True

    async def _unwanted(self, turn: session.Turn) -> Unwanted:
        turns = await self._bus.ask(session.ListTurns(session=turn.session, user=turn.user))
        found = self._learned.unwanted
        for each in [other for other in turns if other.seq < turn.seq][-_MOST:]:
            if each.outcome not in (*_OUTCOMES, "error"):
                continue
            rows = await self._bus.ask(session.Messages(session=turn.session, user=turn.user, turn=each.id))
            if each.outcome in _OUTCOMES or any(map(tells_of_refusal, rows)):
                said = await self._bus.ask(session.GetTurn(turn=each.id, user=turn.user))
                found = found.plus((*said.content, *spoken(rows)), calls(rows))
        return found
