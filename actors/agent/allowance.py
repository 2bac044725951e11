"""Sees to it that a completion is only asked for while nothing is used up: its turn, its conversation, the day."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Final, final

from actors.agent import limits
from actors.agent.limits import Price, Soon, Stop
from actors.agent.offer import Offer
from actors.agent.settings import Settings
from actors.agent.turn import Run
from actors.agent.underway import UnderWay
from actors.session import messages as session
from bus import Bus

Zone = Callable[[], tzinfo | None]
"""Where the person lives; None is where the program runs."""
FREE: Final = Price()


async def day_is_over(settings: Callable[[], Settings], zone: Zone, bus: Bus, user: str) -> str | None:
    """Why nothing more may be asked for a user today; None while it may. Raises what the store raises."""
    began, ends = limits.day_of(bus.clock.now(), zone())
    found = await bus.ask(session.Measure(user=user, session="", turn="", since=began))
    stop = limits.others_end(settings().limits, found, session.Consumed(), ends)
    return stop.notice if isinstance(stop, Stop) else None


@final
class Allowance:
    """What one attempt of a turn may still use."""

    def __init__(
        self,
        bus: Bus,
        settings: Settings,
        turn: session.Turn,
        under_way: UnderWay,
        zone: Zone,
        offer: Offer,
    ) -> None:
        self._bus = bus
        self._settings = settings
        self._turn = turn
        self._under_way = under_way
        self._zone = zone
        self._offer = offer
        self._price: Price | None = None

    async def stop(self, run: Run, told: int) -> Stop | None:
        """What ends the turn before its next completion, which is counted as under way from now on if nothing does.

        Waits while completions of the same user that are under way may use up the day, or those on behalf of the same
        turn what it may use. `told` is the size in characters of what the model is told besides the conversation.
        Raises what the store raises.
        """
        self.settled()
        most = limits.at_most(run.next_prompt(told), self._settings.max_tokens, await self._priced())
        turn, origin = self._turn, self._turn.origin or self._turn.id
        while True:
            began, ends = limits.day_of(self._bus.clock.now(), self._zone())
            found = await self._bus.ask(
                session.Measure(user=turn.user, session=turn.session, turn=turn.id, since=began)
            )
            reserved = self._under_way.of(turn.user)
            stop = limits.others_end(self._settings.limits, found, reserved, ends) or limits.turn_ends(
                self._settings, run, found.turn, self._seconds(run), self._under_way.beside(origin)
            )
            if isinstance(stop, Soon):
                await self._under_way.changed()
                continue
            if stop is None or stop.last is not None:
                self._under_way.add(turn.id, turn.user, most, origin)
            return stop

    def settled(self) -> None:
        """What the last completion has used is stored, or it has failed."""
        self._under_way.drop(self._turn.id)

    def _seconds(self, run: Run) -> float:
        """Since the turn was begun here."""
        return self._bus.clock.monotonic() - run.started

    async def _priced(self) -> Price:
        """What a completion costs at most. Where nobody can say, it is not counted while it is under way."""
        bounds, turn = self._settings.limits, self._turn
        shared = turn.depth and (turn.options.budget_usd or bounds.usd_per_turn)
        if self._price is None and (bounds.usd_per_day or shared):
            if (offered := await self._offer.models()) is None:
                return FREE
            self._price = limits.dearest(offered.models)
        return self._price or FREE
