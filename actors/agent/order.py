"""The order of acceptance: messages of one conversation are delivered as the store has numbered them."""

from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from typing import final

import attrs
import trio

from actors.session.messages import Accepted, Incoming


@final
@attrs.frozen(eq=False)
class _Asking:
    """A message whose acceptance the store has not answered yet."""

    incoming: Incoming
    answered: trio.Event = attrs.field(factory=trio.Event)

    def may_precede(self, other: Incoming, session: str) -> bool:
        """Whether it may prove to come before `other`, which the store has put into this conversation."""
        mine = self.incoming
        if mine.session is not None:
            return mine.session == session
        return mine.user == other.user and (other.session is not None or mine.key in {other.key, None})


@final
@attrs.frozen(eq=False)
class _Stored:
    """A message that is stored and not delivered yet."""

    place: Accepted
    delivered: trio.Event = attrs.field(factory=trio.Event)

    def precedes(self, other: Accepted) -> bool:
        return self.place.session == other.session and self.place.seq < other.seq


@final
class Order:
    """Makes those wait whose answer of the store came before the answer of one that it has stored before them.

    Whatever the store put before a message was asked for before that message was answered: when it is, all of them are
    known, or still being asked for.
    """

    def __init__(self) -> None:
        self._asking: set[_Asking] = set()
        self._stored: set[_Stored] = set()

    @asynccontextmanager
    async def stored(self, incoming: Incoming, acceptance: Awaitable[Accepted]) -> AsyncGenerator[Accepted]:
        """Store a message; the block delivers it, after all that the store put before it."""
        asking = _Asking(incoming)
        self._asking.add(asking)
        try:
            place = await acceptance
        finally:
            self._asking.remove(asking)
            asking.answered.set()
        mine = _Stored(place)  # without a checkpoint since the answer
        self._stored.add(mine)
        try:
            if not place.created:  # else it is the first of its conversation
                await self._all_before(incoming, place)
            yield place
        finally:
            self._stored.remove(mine)
            mine.delivered.set()

    async def _all_before(self, incoming: Incoming, place: Accepted) -> None:
        """Wait until all that the store put before a message are delivered."""
        for other in [each for each in self._asking if each.may_precede(incoming, place.session)]:
            await other.answered.wait()
        for earlier in [each for each in self._stored if each.precedes(place)]:
            await earlier.delivered.wait()
