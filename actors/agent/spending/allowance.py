"""Sees to it that a model is only asked while nothing is used up: a turn, its conversation, the day of its user."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, tzinfo
from typing import final

from actors.agent.settings import Settings
from actors.agent.spending import limits
from actors.agent.spending.limits import Price, Soon, Stop
from actors.agent.spending.offer import Offer
from actors.agent.spending.underway import UnderWay
from actors.agent.turn import Run
from actors.session import messages as session
from bus import Bus

Zone = Callable[[], tzinfo | None]
"""Where the person lives; None is where the program runs."""


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
        self.attempts = 1
        """How often the model may break off at a price in the next completion, the last attempt included."""
        self._bus = bus
        self._settings = settings
        self._turn = turn
        self._origin = turn.origin or turn.id
        self._under_way = under_way
        self._zone = zone
        self._offer = offer
        self._price: Price | None = None

    async def stop(self, run: Run, told: int) -> Stop | None:
        """What ends the turn before its next completion, which is counted as under way from now on if nothing does.

        Waits while completions of the same user that are under way may use up the day, or those on behalf of the same
        turn what it or the conversation may use. `told` is the size in characters of what the model is told besides the
        conversation. Raises what the store raises.
        """
        self.settled()
        most = limits.at_most(run.next_prompt(told), self._settings.max_tokens, await self._priced())

        def ends(found: session.Consumption, beside: session.Consumed) -> Stop | Soon | None:
            return limits.turn_ends(self._settings, run, found.turn, self._seconds(run), beside)

        stop, found = await self._waited(ends)
        if stop is None or stop.last is not None:
            self.attempts = self._count(self._turn.id, most, found)
        return stop

    @asynccontextmanager
    async def beside(self, prompt: int, answer: int) -> AsyncGenerator[int]:
        """Within this, something else may be asked for on behalf of the turn than how it goes on.

        It is told how often a model may break off at a price meanwhile; 0: nothing may be asked for. `prompt` and
        `answer` are in tokens. The next completion of the turn is not counted as under way any more.
        """
        self.settled()
        most = limits.at_most(prompt, answer, await self._priced())

        def ends(found: session.Consumption, beside: session.Consumed) -> Stop | Soon | None:
            return limits.spent(self._settings.limits, self._turn, found.turn, beside)

        stop, found = await self._waited(ends)
        if stop is not None:
            yield 0
            return
        key = f"{self._turn.id}:{self._bus.ids.token(8)}"
        try:
            yield self._count(key, most, found)
        finally:
            self._under_way.drop(key)

    def settled(self) -> None:
        """What the last completion has used is stored, or it has failed."""
        self._under_way.drop(self._turn.id)

    async def _waited(
        self, turn_ends: Callable[[session.Consumption, session.Consumed], Stop | Soon | None]
    ) -> tuple[Stop | None, session.Consumption]:
        """What stands against asking a model, with what is used; nothing may be awaited before it is asked for."""
        turn = self._turn

        def looked(found: session.Consumption, day_ends: datetime) -> Stop | Soon | None:
            others = limits.others_end(self._settings.limits, found, *self._reserved(), day_ends)
            return others or turn_ends(found, self._under_way.beside(self._origin))

        return await waited(
            self._bus, self._under_way, self._zone, (turn.user, turn.session, turn.id), looked
        )

    def _count(self, key: str, most: session.Consumed, found: session.Consumption) -> int:
        """Count something as under way, and say how many attempts at it there is room for."""
        reserved, beside = self._reserved()
        attempts = limits.attempts(self._settings.limits, self._turn, found, reserved, beside, most)
        self._under_way.add(key, self._turn.user, limits.times(attempts, most), self._origin)
        return attempts

    def _reserved(self) -> tuple[session.Consumed, session.Consumed]:
        """What may be used at most by all of the user, and by what may belong to this conversation."""
        user = self._turn.user
        return self._under_way.of(user), self._under_way.beside(self._origin, user)

    def _seconds(self, run: Run) -> float:
        """Since the turn was begun here."""
        return self._bus.clock.monotonic() - run.started

    async def _priced(self) -> Price:
        """What a completion costs at most."""
        bounds = self._settings.limits
        budget = self._turn.options.budget_usd
        if not any((bounds.usd_per_turn, bounds.usd_per_conversation, bounds.usd_per_day, budget)):
            return limits.FREE
        if self._price is None:
            price = await price_of(self._offer)
            if price == limits.UNKNOWN:
                return price
            self._price = price
        return self._price


async def price_of(offer: Offer) -> Price:
    """What a completion costs at most, whichever model answers."""
    known = await offer.models()
    return limits.UNKNOWN if known is None else limits.dearest((*known.models, *known.others))


async def waited(
    bus: Bus,
    under_way: UnderWay,
    zone: Zone,
    whose: tuple[str, str, str],
    looked: Callable[[session.Consumption, datetime], Stop | Soon | None],
) -> tuple[Stop | None, session.Consumption]:
    """What stands against asking a model, once it is not only what is under way, and what is used.

    Nothing is missing in that which is not counted as under way any more. `whose` is a user, a conversation and a turn;
    `looked` judges what is used until the day ends. Raises what the store raises.
    """
    user, conversation, turn = whose
    while True:
        ended = under_way.ended
        began, ends = limits.day_of(bus.clock.now(), zone())
        found = await bus.ask(session.Measure(user=user, session=conversation, turn=turn, since=began))
        if under_way.ended != ended:
            continue
        stop = looked(found, ends)
        if not isinstance(stop, Soon):
            return stop, found
        await under_way.changed()


@asynccontextmanager
async def apart(
    settings: Callable[[], Settings],
    zone: Zone,
    under_way: UnderWay,
    bus: Bus,
    user: str,
    session_id: str,
    prompt: int,
    answer: int,
) -> AsyncGenerator[str | None]:
    """Within this, a model may be asked once for a user beside all turns, unless it is told why not.

    Waits as :meth:`Allowance.stop` does; `prompt` and `answer` are in tokens. Raises what the store raises.
    """
    most = limits.at_most(prompt, answer, await price_of(Offer(bus)))

    def looked(found: session.Consumption, day_ends: datetime) -> Stop | Soon | None:
        reserved = under_way.of(user)
        return limits.others_end(settings().limits, found, reserved, reserved, day_ends)

    stop, _ = await waited(bus, under_way, zone, (user, session_id, ""), looked)
    if stop is not None:
        yield stop.notice
        return
    key = bus.ids.uuid()
    under_way.add(key, user, most)
    try:
        yield None
    finally:
        under_way.drop(key)
