"""The actor that starts subagents for the turns that call them, waits for their ends, and stops those nobody waits for.

Nothing is kept here that the store does not know. A call that is made again after a restart, of this actor or of all,
finds the turn that it began and waits on.
"""

import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, final

import trio

from actors.agent import messages as agent
from actors.answering import answer_to
from actors.session import messages as session
from actors.subagents import messages
from actors.subagents.order import order
from actors.subagents.report import DUTIES, report
from actors.subagents.settings import Settings
from actors.subsystem import Given
from bus import Actor, BusError, DeliveryError, concurrent

ALL: Final = 1_000_000
"""Calls at once. No fewer than there can be: those of subagents must not wait for a place that those who wait for them
hold. They are bounded by the turns that run and by what one of them may call."""
AGAIN: Final = 1.0
"""Seconds between attempts to reach the agent, which may be starting anew."""
LAST: Final = 100
"""Rows of a turn among which its last words are looked for."""


@final
class SubagentsActor(Actor):
    """Has calls of turns carried out by turns of their own."""

    def __init__(self, given: Given) -> None:
        self._settings: Callable[[], Settings] = given.settings(Settings)
        self._places: dict[str, trio.CapacityLimiter] = {}
        """By calling turn."""

    async def start(self) -> None:
        self.spawn(self._stop_abandoned)

    def describe(self) -> dict[str, Any]:
        return {
            turn: {"running": places.borrowed_tokens, "waiting": places.statistics().tasks_waiting}
            for turn, places in self._places.items()
        }

    @messages.Duties.handler
    async def duties(self, request: messages.Duties) -> str:
        return DUTIES

    @messages.Delegate.handler
    @concurrent(ALL)
    async def delegate(self, request: messages.Delegate) -> messages.Report:
        made = self.bus.clock.monotonic()
        async with self._place(request.turn):
            caller = await self.bus.ask(session.GetTurn(turn=request.turn, user=request.user))
            waited = self.bus.clock.monotonic() - made
            return await self._result(order(request, caller, self._settings(), waited))

    @asynccontextmanager
    async def _place(self, turn: str) -> AsyncGenerator[None]:
        """One of the places that a turn has for subagents, once it is free."""
        places = self._places.setdefault(turn, trio.CapacityLimiter(self._settings().at_once))
        try:
            async with places:
                yield
        finally:
            if not places.borrowed_tokens and not places.statistics().tasks_waiting:
                self._places.pop(turn, None)

    async def _result(self, incoming: session.Incoming) -> messages.Report:
        """What comes of a subagent. Whoever is asked for it may be restarted meanwhile."""
        while True:
            try:
                accepted = await self.bus.ask(agent.Accept(incoming=incoming))
                answer = await answer_to(self.bus, accepted, incoming.user)
                return report(answer, await self._rows(answer.answered_by))
            except BusError as error:
                if not error.passes:
                    raise
            await trio.sleep(AGAIN)

    async def _rows(self, turn: session.Turn) -> tuple[session.Message, ...]:
        wanted = session.Messages(session=turn.session, user=turn.user, turn=turn.id, limit=LAST)
        return await self.bus.ask(wanted)

    async def _stop_abandoned(self) -> None:
        """Stop turns whose callers have ended."""
        async with self.bus.subscribe(session.TurnAbandoned) as abandoned, trio.open_nursery() as nursery:
            async for event in abandoned:
                nursery.start_soon(self._stop, event)

    async def _stop(self, event: session.TurnAbandoned) -> None:
        # Where it cannot be reached it is not begun again, and what it comes to counts as cancelled.
        with contextlib.suppress(DeliveryError, session.UnknownSession, session.StorageFailed):
            await self.bus.ask(agent.Cancel(session=event.session, user=event.user, turn=event.turn))
