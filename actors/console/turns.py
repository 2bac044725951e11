"""Stored turns as their operator sees them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, final

from actors.console.messages import Json
from actors.console.traces import steps_of, told_of
from actors.session import messages as session
from bus import Bus, mask_text

TRACED: Final = 20
"""Turns of which the steps are told at once."""
OPEN: Final = ("accepted", "running")
WHICH: Final[Mapping[str, tuple[tuple[session.TurnState, ...], str | None]]] = {
    "troubled": ((*OPEN, "failed"), None),
    "open": (OPEN, None),
    "failed": (("failed",), None),
    "parked": (("failed",), "parked"),
    "all": ((), None),
}
"""Words for states of turns, with the outcome they ask for."""


@final
class Turns:
    """Asks the store for turns and says what they came to."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def found(self, request: session.FindTurns) -> list[Json]:
        """Turns, the newest first."""
        return [_turn(turn) for turn in await self._bus.ask(request)]

    async def one(self, id: str) -> session.Turn:
        """The turn whose id begins so. Raises UnknownTurn, also when there are several."""
        found = await self._bus.ask(session.FindTurns(turn=id, limit=2)) if id else ()
        if len(found) != 1:
            raise session.UnknownTurn(turn=id)
        return found[0]

    async def described(self, turn: session.Turn) -> Json:
        """A turn with its steps and what it came to."""
        stored = await self._bus.ask(session.GetSteps(turn=turn.id, user=turn.user))
        told = await self._bus.ask(session.GetTold(turn=turn.id, user=turn.user))
        return {
            **_turn(turn),
            "figures": turn,
            "steps": steps_of(stored, turn.accepted_at, texts=True),
            "told": told_of(told),
        }

    async def of_trace(self, id: str, named: Iterable[str]) -> list[Json]:
        """The turns that `id` begins, or those of the session it begins, or else those that a trace names."""
        found = await self._bus.ask(session.FindTurns(turn=id, limit=TRACED))
        found = found or await self._bus.ask(session.FindTurns(session=id, limit=TRACED))
        if not found:
            requests = [session.FindTurns(turn=turn, limit=1) for turn in list(named)[:TRACED]]
            found = tuple([turn for request in requests for turn in await self._bus.ask(request)])
        return [await self.described(turn) for turn in reversed(found)]

    async def open_work(self, now: datetime) -> Json:
        """How much is accepted and not done."""
        work = await self._bus.ask(session.CountOpenWork())
        return {
            "accepted": work.accepted,
            "running": work.running,
            "oldest": _age(work.oldest, now),
            "outbox": dict(work.outbox),
            "outbox_oldest": _age(work.outbox_oldest, now),
        }


def _age(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else (now - since).total_seconds()


def _turn(turn: session.Turn) -> Json:
    return {
        "id": turn.id,
        "session": turn.session,
        "user": turn.user,
        "state": turn.state,
        "outcome": turn.outcome,
        "attempt": turn.attempt,
        "source": turn.source,
        "model": turn.options.model,
        "mode": turn.mode,
        "text": mask_text(turn.text),
        "accepted_at": turn.accepted_at,
        "finished_at": turn.finished_at,
        "merged_into": turn.merged_into,
    }
