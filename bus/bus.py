"""The bus as actors use it: ask, tell, stream, publish, subscribe."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import attrs
import trio

from bus.clock import Clock
from bus.core import Core
from bus.deadletter import DeadLetter
from bus.envelope import (
    INFINITY,
    NO_BAGGAGE,
    Context,
    Envelope,
    Here,
    Holder,
    Kind,
    current,
    here,
    read_traceparent,
)
from bus.errors import ActorStopped, AskCycle, DeliveryError, NoRoute, SelfSendWouldBlock
from bus.events import EventT, Lag, Subscription, Subscriptions
from bus.ids import Ids
from bus.message import Command, Event, ItemT, Message, ReplyT, Request, Stream, wire_name
from bus.reply import Reply
from bus.routing import Routes
from bus.stream import AnyChannel, Channel, Items

if TYPE_CHECKING:
    from bus.cell import Cell


class Bus:
    """Carries messages between actors. One per process; everything on it is for the trio thread."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.routes = Routes()
        self._direct = self.routes.direct
        self._subscriptions = Subscriptions()
        core.on_dead = self._announce

    @property
    def clock(self) -> Clock:
        return self.core.clock

    @property
    def ids(self) -> Ids:
        return self.core.ids

    @property
    def boot_id(self) -> str:
        """Differs at every start of the process."""
        return self.core.boot_id

    # --- the four verbs -----------------------------------------------------------------------------------

    async def ask(self, request: Request[ReplyT]) -> ReplyT:
        """Ask the owner of a request and return its reply.

        Ends in exactly one way: the reply; the owner's ActorError; DeadlineExceeded (MailboxFull when the handler
        never began); NoRoute; ActorStopped; ActorCrashed; Quarantined; AskCycle; or the caller's cancellation,
        which abandons the request.
        """
        core = self.core
        context = current.get()
        cell = self._direct.get(type(request)) or self._route(request, "ask")
        reply = Reply()
        now = core.now()
        own, limit = now + request.within, context.limit
        deadline = own if own < limit else limit  # noqa: FURB136 - min() takes five times as long
        envelope = core.envelope("ask", request, context, cell.name, now, deadline, reply, cell)
        holder = context.holder
        if holder is not None:
            self._begin_wait(holder, envelope)
        core.deadlines.add(envelope, deadline)
        try:
            if not cell.offer(envelope):
                await self._wait_for_room(envelope, cell, context)
            if not reply.done:
                await reply.come()
        except trio.Cancelled:
            reply.done = True
            cell.abandon(envelope)
            raise
        finally:
            core.deadlines.remove(envelope)
            if holder is not None:
                core.waits.remove(holder, envelope)
        answer: ReplyT = reply.take()
        return answer

    async def tell(self, command: Command) -> None:
        """Give a command to its owner; returns once it is in the mailbox.

        Raises NoRoute, ActorStopped, MailboxFull, AskCycle or SelfSendWouldBlock.
        """
        core = self.core
        context = current.get()
        cell = self._direct.get(type(command)) or self._route(command, "tell")
        now = core.now()
        deadline = INFINITY if command.within is None else now + command.within
        envelope = core.envelope("tell", command, context, cell.name, now, deadline, None, cell)
        if not cell.offer(envelope):
            await self._post_slowly(envelope, cell, context)

    def stream(self, request: Stream[ItemT]) -> AbstractAsyncContextManager[AsyncIterator[ItemT]]:
        """Open a stream; leaving the block cancels the work unless its class says FINISH.

        Errors are those of :meth:`ask`. A message that is not taken is refused on entering the block, everything
        else is raised when reading, after the items that came before.
        """
        return Items(self, request)

    async def publish(self, event: Event) -> None:
        """Give an event to everybody who subscribed to its type. Neither waits nor raises."""
        core = self.core
        if core.taps.published:
            now = core.now()
            core.taps.message("published", core.envelope("event", event, current.get(), "", now), now)
        for subscription in self._subscriptions.of(event):
            subscription.offer(event)

    def subscribe(
        self, *types: type[EventT], key: object | None = None, limit: int = 64, lag: Lag = Lag.END
    ) -> AbstractAsyncContextManager[Subscription[EventT]]:
        """Follow events of these types, in order; with `key`, only those whose key field equals it."""
        return self._subscribed(Subscription(types, key, limit, lag))

    @asynccontextmanager
    async def _subscribed(self, subscription: Subscription[EventT]) -> AsyncGenerator[Subscription[EventT]]:
        table: Any = self._subscriptions
        table.add(subscription)
        try:
            yield subscription
        finally:
            table.remove(subscription)

    # --- context ------------------------------------------------------------------------------------------

    @contextmanager
    def baggage(self, **items: str) -> Generator[None]:
        """Attach names (user, session, turn, origin) to everything sent in this block and caused by it."""
        context = here()
        with self._as(attrs.evolve(context, baggage={**context.baggage, **items})):
            yield

    @contextmanager
    def fresh(self, name: str, traceparent: str | None = None) -> Generator[None]:
        """Start a trace of its own, as `name`; or go on with the one of a W3C ``traceparent`` header."""
        trace = 0 if traceparent is None else read_traceparent(traceparent)
        with self._as(Context(None, name, trace, 0, INFINITY, NO_BAGGAGE, None)):
            yield

    @contextmanager
    def following(self, envelope: Envelope, name: str) -> Generator[None]:
        """Send, as `name`, what an earlier message is the cause of: in its trace, with its baggage."""
        with self._as(Context(None, name, envelope.trace, envelope.seq, INFINITY, envelope.baggage, None)):
            yield

    @contextmanager
    def _as(self, context: Context) -> Generator[None]:
        token = current.set(context)
        try:
            yield
        finally:
            current.reset(token)

    # --- plumbing -----------------------------------------------------------------------------------------

    def _route(self, message: Message, kind: Kind) -> Cell:
        key = _key(message)
        cell = self.routes.find(type(message), key)
        if cell is None:
            raise self._unroutable(message, kind, key)
        return cell

    def _unroutable(self, message: Message, kind: Kind, key: str | None) -> DeliveryError:
        """Bury a message that has no actor: nobody owns its class, or the pool that does has ended."""
        core = self.core
        owner = self.routes.owner_name(type(message)) if key is not None else None
        envelope = core.envelope(kind, message, current.get(), owner or "", core.now())
        core.bury(envelope, "no_route" if owner is None else "stopped")
        return core.failure(NoRoute if owner is None else ActorStopped, envelope)

    def _begin_wait(self, holder: Holder, envelope: Envelope) -> None:
        """Note that `holder` waits for `envelope`. Raises AskCycle, and notes nothing, if that closes a cycle."""
        self._refuse_cycle(holder, envelope)
        self.core.waits.add(holder, envelope)

    def _refuse_cycle(self, holder: Holder, envelope: Envelope) -> None:
        path = self.core.waits.path(holder, envelope)
        if path is not None:
            raise self.core.failure(AskCycle, envelope, path=path)

    async def post(self, envelope: Envelope, cell: Cell) -> None:
        """Queue a message, waiting for room."""
        if not cell.offer(envelope):
            await self._post_slowly(envelope, cell, current.get())

    async def _post_slowly(
        self, envelope: Envelope, cell: Cell, context: Here, until: float = INFINITY
    ) -> None:
        holder = context.holder
        if holder is not None:
            try:
                self._begin_wait(holder, envelope)
            except AskCycle as cycle:
                cell.give_up(envelope, "full")
                if len(cycle.path) == 2:
                    raise self.core.failure(SelfSendWouldBlock, envelope) from None
                raise
        try:
            await self._wait_for_room(envelope, cell, context, until)
        finally:
            if holder is not None:
                self.core.waits.remove(holder, envelope)

    async def _wait_for_room(
        self, envelope: Envelope, cell: Cell, context: Here, until: float = INFINITY
    ) -> None:
        """Wait until `envelope` could be queued, at most until the nearest deadline."""
        deadline = min(envelope.deadline, context.limit, until)
        queued: bool | None = None
        try:
            if deadline == INFINITY:  # a scope would be the dearest part
                queued = await cell.mailbox.put_when_room(envelope)
            else:
                with trio.CancelScope(deadline=deadline):
                    queued = await cell.mailbox.put_when_room(envelope)
        except trio.Cancelled:
            cell.give_up(envelope, "abandoned")
            raise
        if queued is None:
            cell.give_up(envelope, "full")
            raise cell.full(envelope)
        if not queued:
            cell.give_up(envelope, "stopped")
            raise self.core.failure(ActorStopped, envelope)

    def _announce(self, letter: DeadLetter) -> None:
        """Publish a dead letter without waiting for anybody: a loss must not hold up what goes well."""
        if letter.kind == _DEAD_LETTER:
            return  # one that got lost itself is in the ring, and needs no letter of its own
        core = self.core
        if core.taps.published:
            now = core.now()
            core.taps.message("published", core.envelope("event", letter, current.get(), "", now), now)
        for subscription in self._subscriptions.of(letter):
            subscription.offer(letter)

    async def open_stream(self, request: Stream[ItemT], channel: Channel[ItemT]) -> Cell:
        """Send the request of a stream; its items come through `channel`."""
        core = self.core
        context = current.get()
        cell = self._route(request, "stream")
        sink: AnyChannel = channel
        envelope = core.envelope("stream", request, context, cell.name, core.now(), context.limit, sink, cell)
        channel.envelope, channel.bus = envelope, self
        if context.holder is not None:
            self._refuse_cycle(context.holder, envelope)
        if not cell.offer(envelope):
            await self._post_slowly(envelope, cell, context, core.now() + request.within)
        return cell

    def begin_wait(self, envelope: Envelope, within: float) -> Holder | None:
        """Bound the wait for the next item of a stream; give the result to :meth:`end_wait`. Raises AskCycle."""
        core, context = self.core, current.get()
        if context.holder is not None:
            self._begin_wait(context.holder, envelope)
        core.deadlines.add(envelope, min(core.now() + within, envelope.deadline))
        return context.holder

    def end_wait(self, envelope: Envelope, holder: Holder | None) -> None:
        self.core.deadlines.remove(envelope)
        if holder is not None:
            self.core.waits.remove(holder, envelope)

    def show_item(self, envelope: Envelope, item: Any) -> None:
        if self.core.taps.item:
            self.core.taps.message("item", envelope, self.core.now(), item=item)


def _key(message: Message) -> str | None:
    field = type(message).key_field
    if field is None:
        return None
    value = getattr(message, field)
    return None if value is None else str(value)


_DEAD_LETTER = wire_name(DeadLetter)
