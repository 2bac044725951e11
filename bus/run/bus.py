"""The bus as actors use it: ask, tell, stream, publish, subscribe."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import trio

from bus.message.envelope import INFINITY, NO_BAGGAGE, Context, Envelope, current, read_traceparent
from bus.message.message import Command, Event, ItemT, ReplyT, Request, Stream
from bus.run.core import Core
from bus.run.events import EventT, Lag, Subscription, Subscriptions
from bus.run.reply import Reply
from bus.run.routing import Routes
from bus.run.sending import Sender
from bus.run.stream import Items
from bus.see.blackbox import stand, stand_again


class Bus:
    """Carries messages between actors. One per process; everything on it is for the trio thread."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.clock = core.clock
        self.ids = core.ids
        self.boot_id = core.boot_id
        """Differs at every start of the process."""
        self.routes = Routes()
        self.sender = Sender(core, self.routes)
        self._direct = self.routes.direct
        self._subscriptions = Subscriptions()
        core.on_dead = self._announce

    # --- the four verbs -----------------------------------------------------------------------------------

    async def ask(self, request: Request[ReplyT]) -> ReplyT:
        """Ask the owner of a request and return its reply.

        Ends in exactly one way: the reply; the owner's ActorError; DeadlineExceeded (MailboxFull when the handler
        never began); NoRoute; ActorStopped; ActorCrashed; Quarantined; AskCycle; or the caller's cancellation,
        which abandons the request.
        """
        core = self.core
        context = current.get()
        address = self._direct.get(type(request)) or self.sender.route(request, "ask")
        reply = Reply()
        now = core.now()
        deadline = min(now + request.within, context.limit)
        envelope = core.envelope("ask", request, context, address.name, now, deadline, reply, address)
        waiter = context.waiter
        if waiter is not None:
            self.sender.note_wait(waiter, envelope)
        core.deadlines.add(envelope, deadline)
        try:
            if not address.offer(envelope):
                await self.sender.wait_for_room(envelope, address)
            if not reply.done:
                await reply.wait()
        except trio.Cancelled:
            reply.done = True
            address.abandon(envelope)
            raise
        finally:
            core.deadlines.remove(envelope)
            if waiter is not None:
                core.waits.remove(waiter, envelope)
        answer: ReplyT = reply.take()
        return answer

    async def tell(self, command: Command) -> None:
        """Give a command to its owner; returns once it is in the mailbox.

        Raises NoRoute, ActorStopped, MailboxFull, AskCycle or SelfSendWouldBlock.
        """
        core = self.core
        context = current.get()
        address = self._direct.get(type(command)) or self.sender.route(command, "tell")
        now = core.now()
        deadline = INFINITY if command.within is None else now + command.within
        envelope = core.envelope("tell", command, context, address.name, now, deadline, None, address)
        if not address.offer(envelope):
            await self.sender.queue_up(envelope, address)

    def stream(self, request: Stream[ItemT]) -> Items[ItemT]:
        """Open a stream; leaving the block cancels the work unless its class says FINISH.

        Errors are those of :meth:`ask`. A message that is not taken is refused on entering the block, everything
        else is raised when reading, after the items that came before.
        """
        return Items(self.sender, request)

    async def publish(self, event: Event) -> None:
        """Give an event to everybody who subscribed to its type. Neither waits nor raises."""
        self._announce(event)

    def _announce(self, event: Event) -> None:
        core = self.core
        if core.taps.published:
            now = core.now()
            core.taps.message("published", core.envelope("event", event, current.get(), "", now), now)
        for subscription in self._subscriptions.of(event):
            subscription.offer(event)

    @asynccontextmanager
    async def subscribe(
        self, *types: type[EventT], key: object | None = None, limit: int = 64, lag: Lag = Lag.END
    ) -> AsyncGenerator[Subscription[EventT]]:
        """Follow events of these types, in order; with `key`, only those whose key field equals it."""
        subscription = Subscription(types, key, limit, lag)
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
        here = current.get()
        baggage = {**here.baggage, **items}
        with self._as(
            Context(here.target, here.name, here.trace, here.seq, here.limit, baggage, here.waiter)
        ):
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
        token = stand(context)
        try:
            yield
        finally:
            stand_again(token)
