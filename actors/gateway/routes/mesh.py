"""The mesh for the page: read only, without any body, so that it needs no operator's token on loopback."""

from typing import final

from quart import Quart, Response, request

from actors.endpoints import BadMessage
from actors.gateway.http import answer, query_integer, query_user, route
from actors.gateway.mesh import (
    WINDOW,
    flows_json,
    hops_json,
    message_json,
    steps_json,
    traced,
    tree_json,
    turn_json,
)
from actors.gateway.operator import LOOKING
from actors.session import messages as session
from bus import Bus
from bus.console import Console, TapEvent

MOST_MESSAGES = 500
MOST_HOPS = 1000
MOST_COUNTED = 1000
"""Messages that rates are taken from: describing many would hold up the daemon."""
UNSEEN = f"!origin={LOOKING}"
"""Filter that leaves out what looking causes itself."""


@final
class MeshRoutes:
    """``/api/mesh`` and ``/api/mesh/trace``."""

    def __init__(self, app: Quart, bus: Bus, console: Console) -> None:
        self._bus = bus
        self._console = console
        route(app, "GET", "/api/mesh", self.mesh)
        route(app, "GET", "/api/mesh/trace", self.trace)

    async def mesh(self) -> Response:
        """The tree, what flows, and the newest messages."""
        now = self._bus.clock.monotonic()
        limit = query_integer(request.args, "limit", 100, most=MOST_MESSAGES)
        seconds = query_integer(request.args, "seconds", 60, most=3600)
        snapshot = self._console.snapshot()
        newest = self._console.recorded(UNSEEN, since=now - seconds, last=limit)
        counted = self._console.recorded(UNSEEN, since=now - WINDOW, last=MOST_COUNTED)
        return answer(
            {
                "boot_id": self._bus.boot_id,
                "now": round(now, 6),
                "tree": tree_json(self._console.health(), snapshot["actors"], snapshot["dead"]),
                "flows": flows_json(counted, _covered(counted, now)),
                "messages": [message_json(event, now) for event in reversed(newest)],
            }
        )

    async def trace(self) -> Response:
        """A turn in spans: its stored steps, and its messages as far as the flight recorder holds them."""
        wanted = request.args.get("turn")
        if not wanted:
            raise BadMessage("expected the id of a turn", "turn")
        events = [*self._console.recorded(UNSEEN), *self._console.in_hand()]
        with self._bus.baggage(origin=LOOKING):
            user = query_user(request.args)
            figures, conversation = await self._figures(wanted, user)
            steps = await self._bus.ask(session.GetSteps(turn=figures.turn, user=user))
        hops = traced(events, figures.turn)
        age = (self._bus.clock.now() - figures.accepted_at).total_seconds()
        return answer(
            {
                "turn": turn_json(figures, conversation),
                "steps": steps_json(steps, figures),
                "messages": hops_json(hops[-MOST_HOPS:], self._bus.clock.monotonic() - age),
            }
        )

    async def _figures(self, turn: str, user: str) -> tuple[session.TurnFigures, str]:
        """The figures of a turn, or of the one it became part of, and its conversation. Raises UnknownTurn."""
        found = await self._bus.ask(session.GetTurn(turn=turn, user=user))
        id = found.merged_into or found.id
        wish = session.ListFigures(session=found.session, user=user, first=id, last=id)
        (figures,) = await self._bus.ask(wish)
        return figures, found.session


def _covered(counted: list[TapEvent], now: float) -> float:
    """Seconds over which messages were counted: fewer than the window when there were too many to count all."""
    return WINDOW if len(counted) < MOST_COUNTED else max(0.001, now - counted[0].at)
