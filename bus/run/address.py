"""An actor as everybody else sees it: where messages are sent, what is queued and in hand, how it is (G2, G3, G9).

An address outlives the crashes of its actor. Whatever happens, for every one and at every instant
``sent = handled + dead + queued + in hand`` (G9).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar, TypeVarTuple

import attrs
import trio

from bus.keep.deadletter import Reason
from bus.keep.exits import Exit, ExitKind, FaultKind, exit_for, sort_fault
from bus.keep.health import Condition, Health, State
from bus.keep.limits import Intensity, Limits
from bus.keep.restart import Budget
from bus.message.envelope import INFINITY, NO_BAGGAGE, Context, Envelope, Waiter, current
from bus.message.errors import ActorStopped, MailboxFull, MessageTooLarge
from bus.message.message import Command, Lane, Message, Overflow, is_finished, wire_name
from bus.message.size import shapes, size_of
from bus.run.core import Core
from bus.run.handlers import Handlers
from bus.run.hands import Hands
from bus.run.mailbox import CONTROL_CAPACITY, Beside, Mailbox
from bus.see.blackbox import stand
from bus.see.metrics import Metrics

CommandT = TypeVar("CommandT", bound=Command)
ArgsT = TypeVarTuple("ArgsT")


@attrs.define
class Books:
    """Counters of one actor; conservation is checked on them."""

    sent: int = 0
    handled: int = 0
    dead: int = 0


class Address:
    """One actor over all its incarnations, without how it lives."""

    def __init__(self, core: Core, name: str, handlers: Handlers, limits: Limits, key: str | None) -> None:
        self.core = core
        self.name = name
        self.key = key
        self.limits = limits
        self.handlers = handlers
        self.mailbox = Mailbox(limits.mailbox, self._count_sent)
        self.control = Beside(CONTROL_CAPACITY, 1)
        self.beside = {
            kind: self.control
            if kind.lane is Lane.CONTROL
            else Beside(limits.mailbox, handler.limit, self._count_sent)
            for kind, handler in handlers.items()
            if handler.limit
        }
        """By class, where those wait whose handlers run beside the mailbox loop."""
        self.work = (self.mailbox, *(queue for queue in self.beside.values() if queue is not self.control))
        """All queues but the control lane."""
        self.hands = Hands()
        self.books = Books()
        self.metrics = Metrics()
        self.condition = Condition()
        self.incarnation: int = 0
        self.disposed = False
        self.begin: Callable[[Beside], None] = lambda _: None
        """Called when something that waits in a queue may perhaps be begun."""
        self.on_idle: Callable[[], None] | None = None
        """Called whenever the actor has become idle."""
        self.on_lent: Callable[[int], None] = lambda _: None
        """Called with 1 when its place is lent to others, with -1 when it is no longer."""
        self._lent = 0
        """How many reasons there are to lend it."""
        self.last_active = core.now()
        """When a message was last brought to its end."""
        self.actor: Any = None
        """The living incarnation, for the runtime only."""
        self.nursery: trio.Nursery | None = None
        self.running = False
        self.exit: Exit | None = None
        self.ending = trio.Event()
        self._tasks = 0
        """Spawned ones, timers included."""
        self._borne = Budget(Intensity())
        """Crashes that were their messages' alone."""
        self.suspension: trio.Event | None = None
        """While it is suspended: what happens at the end of that."""

    # --- what senders see ---------------------------------------------------------------------------------

    @property
    def in_hand(self) -> int:
        return len(self.hands)

    @property
    def queues(self) -> tuple[Mailbox, ...]:
        return (self.control, *self.work)

    @property
    def queued(self) -> int:
        """How many messages wait."""
        return sum(map(len, self.queues))

    def conserved(self) -> bool:
        """Whether the books balance."""
        books = self.books
        return books.sent == books.handled + books.dead + self.queued + self.in_hand

    def offer(self, envelope: Envelope) -> bool:
        """Queue a message if there is room; False when its sender has to wait.

        Raises ActorStopped, MessageTooLarge, or MailboxFull where the policy is to reject.
        """
        if self.disposed:
            self.refuse(envelope, "stopped")
            raise self.core.failure(ActorStopped, envelope)
        kind = type(envelope.message)
        if kind.measured and shapes[kind].large:
            envelope.size = size_of(envelope.message, kind.max_bytes)
            if envelope.size > kind.max_bytes:
                self.refuse(envelope, "too_large")
                raise self.core.failure(MessageTooLarge, envelope, limit=kind.max_bytes)
        queue = self.queue_of(kind)
        if not queue.put(envelope):
            if kind.overflow is Overflow.BLOCK and queue is not self.control:
                return False
            self.refuse(envelope, "full")
            raise self.full(envelope)
        self._count_sent(envelope)
        if isinstance(queue, Beside):
            self.begin(queue)
        return True

    def queue_of(self, kind: type[Message]) -> Mailbox:
        """Where messages of a class wait."""
        return self.beside.get(kind, self.mailbox)

    def _count_sent(self, envelope: Envelope) -> None:
        self.books.sent += 1
        if self.core.taps.sent:
            self.core.taps.message("sent", envelope, envelope.sent_at)

    def refuse(self, envelope: Envelope, reason: Reason) -> None:
        """A message that never got in: sent and dead at once."""
        self.books.sent += 1
        self.bury(envelope, reason)

    def full(self, envelope: Envelope) -> MailboxFull:
        return self.core.failure(MailboxFull, envelope, depth=len(self.queue_of(type(envelope.message))))

    def bury(self, envelope: Envelope, reason: Reason, detail: str = "") -> None:
        """Count a message as dead and bury it. Its asker, if any still waits, must be answered elsewhere."""
        self.books.dead += 1
        self.core.bury(envelope, reason, detail)

    def abandon(self, envelope: Envelope) -> None:
        """Nobody waits for this message any more: give up its place, or stop its handler if its class says so."""
        if not envelope.taken_at:
            if self.queue_of(type(envelope.message)).remove(envelope):
                self.bury(envelope, "expired" if envelope.deadline <= self.core.now() else "abandoned")
        elif not is_finished(type(envelope.message)):
            self.hands.cancel(envelope)

    def blockers(self, envelope: Envelope) -> tuple[tuple[Waiter, ...], ...]:
        """Of whom, in each of these groups, one has to come to an end before a message of this actor can (G7).

        Of itself when it is in hand. Else of those of its class, if that runs as often as it may, and of the message of
        the mailbox loop, unless that came later and so does not hold it up.
        """
        if envelope in self.hands:
            return ((envelope,),)
        beside, serial = self.beside.get(type(envelope.message)), self.hands.serial
        if beside is self.control:
            return (tuple(self.control.running),)
        groups: list[tuple[Waiter, ...]] = []
        if beside is not None and not beside.is_free:
            groups.append(tuple(beside.running))
        if serial is not None and (beside is None or serial.seq < envelope.seq):
            groups.append((serial,))
        return tuple(groups)

    def has_waiting(self, envelope: Envelope) -> bool:
        """Whether the sender of that message waits for room here."""
        return self.queue_of(type(envelope.message)).has_waiting(envelope)

    # --- what the actor sees ------------------------------------------------------------------------------

    def spawn(self, function: Callable[[*ArgsT], Coroutine[Any, Any, None]], *args: *ArgsT) -> None:
        if self.nursery is None:
            raise RuntimeError(f"{self.name} is not running")
        what = getattr(function, "__qualname__", type(function).__name__)  # a partial has no name
        self.nursery.start_soon(self._guard, partial(function, *args), name=f"{self.name}:{what}")
        self._tasks += 1

    async def _guard(self, function: Callable[[], Coroutine[Any, Any, None]]) -> None:
        origin = current.get()  # a task starts with the context of the code that spawned it
        stand(attrs.evolve(self.context(), trace=origin.trace, seq=origin.seq, baggage=origin.baggage))
        try:
            await function()
        except BaseException as error:
            if sort_fault(error)[0] is FaultKind.CANCELLED:
                raise
            self.fail(exit_for(error))
        finally:
            self._tasks -= 1
            self.rested()

    def drain(self, kind: type[CommandT], where: Callable[[CommandT], bool] | None) -> list[CommandT]:
        def matches(envelope: Envelope) -> bool:
            message = envelope.message
            return isinstance(message, kind) and (where is None or where(message))

        taken = self.queue_of(kind).drain(matches)
        for envelope in taken:
            self._joined(envelope)
        return [message for envelope in taken if isinstance(message := envelope.message, kind)]

    def _joined(self, envelope: Envelope) -> None:
        """A handler took this message out of turn: it is handled as part of the current one."""
        envelope.taken_at = self.core.now()
        self.books.handled += 1
        self.metrics[type(envelope.message)].ok += 1
        self.core.flight.record("taken", envelope, envelope.taken_at, "joined")
        if self.core.taps.taken:
            self.core.taps.message("taken", envelope, envelope.taken_at, detail=f"joined {current.get().seq}")

    @contextmanager
    def lending_place(self) -> Generator[None]:
        self._lent += 1
        if self._lent == 1:
            self.on_lent(1)
        try:
            yield
        finally:
            self._lent -= 1
            if not self._lent:
                self.on_lent(-1)

    def context(self) -> Context:
        """Context of the actor's own code outside of any message."""
        return Context(
            target=self, name=self.name, trace=0, seq=0, limit=INFINITY, baggage=NO_BAGGAGE, waiter=None
        )

    # --- how it is ----------------------------------------------------------------------------------------

    @property
    def health(self) -> Health:
        """How it is right now: what its life says, and if that is fine, the first complaint of any source."""
        condition = self.condition
        if condition.lifecycle.state is not State.READY:
            return condition.lifecycle
        if self.suspended:
            return Health(State.SUSPENDED)
        outage = next(iter(condition.missing.values()), None)
        why = condition.said or outage or self._overdue()
        return Health(State.DEGRADED, why) if why else condition.lifecycle

    def _overdue(self) -> str | None:
        """Which message takes too long, or has waited for too long."""
        now = self.core.now()
        for envelope in self.hands.current:
            kind = type(envelope.message)
            took = now - envelope.taken_at
            if envelope.taken_at and took > kind.expected:
                return f"{wire_name(kind)} has been in hand for {took:.0f} s, expected are {kind.expected:g}"
        oldest = self.oldest
        if oldest is not None and now - oldest > self.limits.patience:
            return f"the oldest message has waited for {now - oldest:.0f} s"
        return None

    @property
    def oldest(self) -> float | None:
        """When the oldest waiting message was sent, or None."""
        return min((queue.first.sent_at for queue in self.queues if queue.first), default=None)

    @property
    def taking(self) -> bool:
        """Whether work messages are begun."""
        return self.running and self.suspension is None

    @property
    def idle(self) -> bool:
        """Whether nothing is queued or in hand, no task runs and no timer is set."""
        return not self.queued and not self.in_hand and not self._tasks

    def rested(self) -> None:
        """A message has come to its end."""
        if self.on_idle is not None and self.idle:
            self.on_idle()

    @property
    def suspended(self) -> bool:
        return self.suspension is not None

    def suspend(self) -> None:
        """Take no work message until :meth:`resume`; control messages are still handled."""
        if self.suspension is None:
            self.suspension = trio.Event()
            self.mailbox.wake()
            self.hands.interrupt()

    def resume(self) -> None:
        if self.suspension is not None:
            suspended, self.suspension = self.suspension, None
            suspended.set()
            self.begin_waiting()

    def begin_waiting(self) -> None:
        """Begin what runs beside the mailbox loop and may."""
        for queue in dict.fromkeys(self.beside.values()):
            self.begin(queue)

    # --- ends ---------------------------------------------------------------------------------------------

    def bears(self, exit: Exit) -> bool:
        """Count a crash that needs not end this incarnation; False when it was one too many."""
        self._borne = self._borne.after(exit, self.core.now())
        return len(self._borne.crashes) <= self._borne.intensity.restarts

    def fail(self, exit: Exit) -> None:
        """End this incarnation, for the first reason given. After a crash, what is in hand has little time left."""
        if self.exit is None:
            self.exit = exit
            self.ending.set()
            if exit.kind is not ExitKind.STOPPED and self.nursery is not None:
                self.nursery.cancel_scope.deadline = self.core.now() + self.limits.settle_within
        self.running = False
        self.condition.lifecycle = Health(State.STOPPING)
        self.resume()
        self.mailbox.wake()
        self.hands.interrupt()

    def restarting(self, until: float, why: str) -> None:
        """The supervisor will start the next incarnation at that time."""
        self.condition.lifecycle = Health(State.BACKOFF, why, until=until)
        if self.core.taps.backoff:
            self.core.taps.actor("backoff", self.name, detail=why)

    def dispose(self, error: BaseException | None = None) -> None:
        """Stopped for good: bury what is queued, answer who still waits with `error` or ActorStopped."""
        self.disposed = True
        if self.condition.lifecycle.state is not State.FAILED:
            self.condition.lifecycle = Health(State.STOPPED)
        for queue in self.queues:
            for envelope in queue.clear():
                self.bury(envelope, "stopped")
                if envelope.reply is not None:
                    envelope.reply.fail(error or self.core.failure(ActorStopped, envelope))

    def describe(self) -> dict[str, Any]:
        """What the actor says of itself."""
        return {} if self.actor is None else self.actor.describe()
