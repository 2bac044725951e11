"""Stored turns as their operator sees them: list, show, retry, cancel."""

from collections.abc import Iterable
from typing import Final, final

import attrs
from quart import Response, request

from actors.agent import messages as agent
from actors.endpoints import BadMessage, read
from actors.gateway.http import answer, query_integer, read_fields
from actors.gateway.operator import Operator
from actors.gateway.protocol import wire
from actors.session import messages as session
from actors.wire import Json, timestamp
from bus import Bus, mask_text

MOST_TURNS: Final = 500
TRACED: Final = 20
"""Turns of which the steps are told at once."""
OPEN: Final = ("accepted", "running")
WHICH: Final[dict[str, tuple[tuple[session.TurnState, ...], str | None]]] = {
    "troubled": ((*OPEN, "failed"), None),
    "open": (OPEN, None),
    "failed": (("failed",), None),
    "parked": (("failed",), "parked"),
    "all": ((), None),
}
"""Words for states of turns, with the outcome they ask for."""


@final
class Ledger:
    """Asks the store for turns and writes them as JSON."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def found(self, wish: session.FindTurns) -> list[Json]:
        """Turns, the newest first."""
        return [_turn_json(turn) for turn in await self._bus.ask(wish)]

    async def one(self, id: str) -> session.TurnInfo:
        """The turn whose id begins so. Raises UnknownTurn, also when there are several."""
        found = await self._bus.ask(session.FindTurns(turn=id, limit=2)) if id else ()
        if len(found) != 1:
            raise session.UnknownTurn(turn=id)
        return found[0]

    async def told(self, turn: session.TurnInfo) -> Json:
        """A turn with its steps and what it came to."""
        wish = session.ListFigures(session=turn.session, user=turn.user, first=turn.id, last=turn.id)
        figures = {found.turn: found for found in await self._bus.ask(wish)}
        steps = await self._bus.ask(session.GetSteps(turn=turn.id, user=turn.user))
        return {
            **_turn_json(turn),
            "figures": wire.json(figures[turn.id]),
            "steps": [_step_json(step, turn) for step in steps],
        }

    async def of_trace(self, id: str, turns: Iterable[str]) -> list[Json]:
        """The turns that `id` begins, or those of the session it begins, or else those that a trace names."""
        found = await self._bus.ask(session.FindTurns(turn=id, limit=TRACED))
        found = found or await self._bus.ask(session.FindTurns(session=id, limit=TRACED))
        if not found:
            wishes = [session.FindTurns(turn=turn, limit=1) for turn in list(turns)[:TRACED]]
            found = tuple([turn for wish in wishes for turn in await self._bus.ask(wish)])
        return [await self.told(turn) for turn in reversed(found)]

    async def open_work(self) -> Json:
        """How much is accepted and not done."""
        work = await self._bus.ask(session.CountOpenWork())
        age = None if work.oldest is None else (self._bus.clock.now() - work.oldest).total_seconds()
        return {
            "accepted": work.accepted,
            "running": work.running,
            "oldest": age,
            "outbox": dict(work.outbox),
        }


@final
@attrs.frozen(kw_only=True)
class _Named:
    id: str


@final
class TurnRoutes:
    """``/api/bus/turns`` and what may be done about one."""

    def __init__(self, operator: Operator, bus: Bus, ledger: Ledger) -> None:
        self._bus = bus
        self._ledger = ledger
        operator.look("/api/bus/turns", self.turns)
        operator.look("/api/bus/turn", self.turn)
        operator.change("/api/bus/turn/retry", self.retry)
        operator.change("/api/bus/turn/cancel", self.cancel)

    async def turns(self) -> Response:
        """Turns, the newest first: by default those that are open or have failed."""
        state = request.args.get("state", "troubled")
        if state not in WHICH:
            raise BadMessage(f"expected one of {', '.join(WHICH)}", "state")
        states, outcome = WHICH[state]
        limit = query_integer(request.args, "limit", 50, most=MOST_TURNS)
        wish = session.FindTurns(
            states=states, outcome=outcome, session=request.args.get("session", ""), limit=limit
        )
        return answer(await self._ledger.found(wish))

    async def turn(self) -> Response:
        """One turn with its steps."""
        return answer(await self._ledger.told(await self._ledger.one(request.args.get("id", ""))))

    async def retry(self) -> Response:
        """Deliver an open turn once more; say the message of one that has ended again, as a new turn."""
        turn = await self._asked_for()
        if turn.state in OPEN:
            await self._bus.tell(agent.Deliver(session=turn.session, turn=turn.id, mode=turn.mode))
            return answer({"turn": turn.id, "session": turn.session, "how": "delivered"})
        whole = await self._bus.ask(session.GetTurn(turn=turn.id, user=turn.user))
        accepted = await self._bus.ask(
            agent.Accept(
                incoming=session.Incoming(
                    text=whole.text,
                    user=whole.user,
                    role=whole.role,
                    channel=whole.channel,
                    session=whole.session,
                    attachments=whole.attachments,
                    mode=whole.mode,
                    source="operator",
                    client_message_id=f"retry:{whole.id}",
                    options=whole.options,
                )
            )
        )
        how = "repeated before" if accepted.duplicate else "repeated"
        return answer({"turn": accepted.turn, "session": accepted.session, "how": how})

    async def cancel(self) -> Response:
        """Stop a turn that runs or waits."""
        turn = await self._asked_for()
        cancelled = await self._bus.ask(agent.Cancel(session=turn.session, user=turn.user, turn=turn.id))
        return answer({"cancelled": cancelled.turn, "state": turn.state})

    async def _asked_for(self) -> session.TurnInfo:
        return await self._ledger.one(read(_Named, await read_fields()).id)


def _turn_json(turn: session.TurnInfo) -> Json:
    return {
        "id": turn.id,
        "session": turn.session,
        "user": turn.user,
        "state": turn.state,
        "outcome": turn.outcome,
        "attempt": turn.attempt,
        "source": turn.source,
        "model": turn.model,
        "mode": turn.mode,
        "text": mask_text(turn.text),
        "accepted_at": timestamp(turn.accepted_at),
        "finished_at": None if turn.finished_at is None else timestamp(turn.finished_at),
        "merged_into": turn.merged_into,
    }


def _step_json(step: session.StepInfo, turn: session.TurnInfo) -> Json:
    """A step with its times in seconds since its turn was accepted."""
    ended = None if step.ended_at is None else (step.ended_at - turn.accepted_at).total_seconds()
    shown: Json = {
        "n": step.n,
        "kind": step.kind,
        "tool": step.tool,
        "effect": step.effect,
        "state": step.state,
        "is_error": step.is_error,
        "text": mask_text(step.text),
        "start": (step.started_at - turn.accepted_at).total_seconds(),
        "end": ended,
    }
    if step.usage is not None:
        shown["usage"] = wire.json(step.usage)
    return shown
