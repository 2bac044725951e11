"""Which messages of a chat belong to a turn: in memory, and where they outlive the process."""

from collections import OrderedDict
from contextlib import suppress
from typing import Final, final

import attrs
import trio

from actors.telegram import messages
from actors.telegram.messages import Asked, Kept, Kind
from bus import Bus, BusError

MOST: Final = 1024
"""Turns that are kept in memory."""


@final
@attrs.define(eq=False)
class Messages:
    """Of one turn."""

    turn: str
    asked: Asked | None = None
    """The one that began it, once that is known."""
    kept: dict[tuple[Kind, int], int] = attrs.field(factory=dict[tuple[Kind, int], int])
    """Ids of those of ours that are changed while it runs."""
    inherited: set[int] = attrs.field(factory=set[int])
    """Those of them that an earlier life of whoever sends has left: nobody remembers what it has sent after them."""
    closed: set[int] = attrs.field(factory=set[int])
    """Completions whose draft is none any more: the answer has taken its place, or goes another way."""
    free: trio.Lock = attrs.field(factory=trio.Lock)
    """Held while one of ours is sent or changed."""
    known: bool = False
    """Whether it is known what an earlier process has kept."""


@final
class Placed:
    """The messages of the turns that have to do with the chats now."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._turns: OrderedDict[str, Messages] = OrderedDict()

    async def of(self, turn: str, client_message_id: str | None = None) -> Messages:
        """The messages of a turn; what cannot be found out is left out."""
        found = self._turns.setdefault(turn, Messages(turn))
        self._turns.move_to_end(turn)
        if len(self._turns) > MOST:
            self._turns.popitem(last=False)
        if not found.known:
            with suppress(BusError):
                asked = messages.FindMessages(turn=turn, client_message_id=client_message_id)
                placed = await self._bus.ask(asked)
                found.asked = placed.asked
                for each in placed.kept:
                    if (each.kind, each.n) not in found.kept:
                        found.kept[each.kind, each.n] = each.message_id
                        found.inherited.add(each.message_id)
                found.known = True
        return found

    async def keep(self, of: Messages, kind: Kind, n: int, chat: int, message_id: int) -> None:
        """Remember a message of ours, so that it goes on after a restart."""
        of.kept[kind, n] = message_id
        with suppress(BusError):
            kept = Kept(kind=kind, n=n, chat=chat, message_id=message_id)
            await self._bus.ask(messages.KeepMessage(turn=of.turn, message=kept))
