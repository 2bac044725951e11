"""How a message gets from running code to the actor that owns it, and what waiting for that may do (G5, G7)."""

from __future__ import annotations

import trio

from bus.message.envelope import INFINITY, Envelope, Kind, Waiter, current
from bus.message.errors import ActorStopped, AskCycle, DeliveryError, NoRoute, SelfSendWouldBlock
from bus.message.message import Message
from bus.run.address import Address
from bus.run.core import Core
from bus.run.routing import Routes


class Sender:
    """Routes, queues and waits for all actors of one bus."""

    def __init__(self, core: Core, routes: Routes) -> None:
        self.core = core
        self.routes = routes

    def route(self, message: Message, kind: Kind) -> Address:
        key = _key(message)
        address = self.routes.find(type(message), key)
        if address is None:
            raise self._unroutable(message, kind, key)
        return address

    def _unroutable(self, message: Message, kind: Kind, key: str | None) -> DeliveryError:
        """Bury a message that has no actor: nobody owns its class, or the pool that does has ended."""
        core = self.core
        owner = self.routes.owner_name(type(message)) if key is not None else None
        envelope = core.envelope(kind, message, current.get(), owner or "", core.now())
        core.bury(envelope, "no_route" if owner is None else "stopped")
        return core.failure(NoRoute if owner is None else ActorStopped, envelope)

    def note_wait(self, waiter: Waiter, envelope: Envelope) -> None:
        """Note that `waiter` waits for `envelope`. Raises AskCycle, and notes nothing, if that closes a cycle."""
        self._refuse_cycle(waiter, envelope)
        self.core.waits.add(waiter, envelope)

    def _refuse_cycle(self, waiter: Waiter, envelope: Envelope) -> None:
        path = self.core.waits.path(waiter, envelope)
        if path is not None:
            raise self.core.failure(AskCycle, envelope, path=path)

    async def queue_up(self, envelope: Envelope, address: Address, until: float = INFINITY) -> None:
        """Queue a message that was offered in vain, as soon as there is room. Raises AskCycle or SelfSendWouldBlock."""
        waiter = current.get().waiter
        if waiter is not None:
            try:
                self.note_wait(waiter, envelope)
            except AskCycle as cycle:
                address.refuse(envelope, "full")
                if len(cycle.path) == 2:
                    raise self.core.failure(SelfSendWouldBlock, envelope) from None
                raise
        try:
            await self.wait_for_room(envelope, address, until)
        finally:
            if waiter is not None:
                self.core.waits.remove(waiter, envelope)

    async def wait_for_room(self, envelope: Envelope, address: Address, until: float = INFINITY) -> None:
        """Wait until `envelope` could be queued, at most until the nearest deadline."""
        deadline = min(envelope.deadline, current.get().limit, until)
        queue = address.queue_of(type(envelope.message))
        queued: bool | None = None
        try:
            if deadline == INFINITY:  # a scope would be the dearest part
                queued = await queue.put_when_room(envelope)
            else:
                with trio.CancelScope(deadline=deadline):
                    queued = await queue.put_when_room(envelope)
        except trio.Cancelled:
            address.refuse(envelope, "abandoned")
            raise
        if queued is None:
            address.refuse(envelope, "full")
            raise address.full(envelope)
        if not queued:
            address.refuse(envelope, "stopped")
            raise self.core.failure(ActorStopped, envelope)

    async def open_stream(self, envelope: Envelope, address: Address, within: float) -> None:
        """Send the request of a stream, waiting for room for at most `within` seconds."""
        waiter = current.get().waiter
        if waiter is not None:
            self._refuse_cycle(waiter, envelope)
        if not address.offer(envelope):
            await self.queue_up(envelope, address, self.core.now() + within)

    def begin_wait(self, envelope: Envelope, within: float) -> Waiter | None:
        """Bound the wait for the next item of a stream; give the result to :meth:`end_wait`. Raises AskCycle."""
        waiter = current.get().waiter
        if waiter is not None:
            self.note_wait(waiter, envelope)
        self.core.deadlines.add(envelope, min(self.core.now() + within, envelope.deadline))
        return waiter

    def end_wait(self, envelope: Envelope, waiter: Waiter | None) -> None:
        self.core.deadlines.remove(envelope)
        if waiter is not None:
            self.core.waits.remove(waiter, envelope)


def _key(message: Message) -> str | None:
    field = type(message).key_field
    if field is None:
        return None
    value = getattr(message, field)
    return None if value is None else str(value)
