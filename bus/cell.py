"""The place of one actor: mailbox, books, and the loop that feeds its incarnations (G2, G3, G13).

A cell outlives the crashes of its actor. Whatever happens, for every cell and at every instant
``sent = handled + dead + queued + in hand`` (G9).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

import attrs
import trio

from bus.actor import Actor, Handlers
from bus.core import Core
from bus.deadletter import Reason
from bus.envelope import INFINITY, NO_BAGGAGE, Context, Envelope, Holder, current
from bus.errors import ActorError, ActorStopped, MailboxFull, MessageTooLarge
from bus.exits import STOPPED, Exit, ExitKind, FaultKind, exit_for, sort_fault
from bus.health import READY, Condition, Health, NodeHealth, State, assess, ended
from bus.mailbox import Mailbox
from bus.message import Command, Lane, Overflow, is_finished
from bus.metrics import Metrics
from bus.restart import Budget
from bus.serve import Serving
from bus.size import may_be_large, size_of
from bus.spec import Intensity, Limits
from bus.tapevent import Point
from bus.timers import Timers, is_timer

if TYPE_CHECKING:
    from bus.bus import Bus

CommandT = TypeVar("CommandT", bound=Command)
ArgsT = TypeVarTuple("ArgsT")


@attrs.define
class Books:
    """Counters of one cell; conservation is checked on them."""

    sent: int = 0
    handled: int = 0
    dead: int = 0


class Cell:
    """One actor as the rest of the runtime sees it."""

    def __init__(
        self,
        core: Core,
        bus: Bus,
        name: str,
        factory: Callable[[], Actor],
        handlers: Handlers,
        limits: Limits,
        key: str | None = None,
    ) -> None:
        self.core = core
        self.bus = bus
        self.name = name
        self.key = key
        self.limits = limits
        self.stop_within = limits.stop_within
        self.cleanup_within = limits.cleanup_within
        self.handlers = handlers
        beside = {kind: handler.limit for kind, handler in handlers.items() if handler.limit}
        self.mailbox = Mailbox(limits.mailbox, beside, self._count_sent)
        self._plain = {
            kind
            for kind in handlers
            if kind.lane is Lane.WORK and kind.overflow is Overflow.BLOCK and not may_be_large[kind]
        }
        """Classes that need no look beyond whether there is room. Asked for each message."""
        self.books = Books()
        self.metrics = Metrics()
        self.condition = Condition()
        self.incarnation = 0
        self.disposed = False
        self.on_idle: Callable[[], None] | None = None
        """Called whenever nothing is queued or in hand any more."""
        self.last_active = core.now()
        """When a message was last brought to its end."""
        self.timers = Timers(self)
        self._factory = factory
        self._serving = Serving(self)
        self._actor: Actor | None = None
        self._nursery: trio.Nursery | None = None
        self._open = False
        self._tasks = 0
        """Spawned ones, timers included."""
        self._stop_requested = False
        self._exit: Exit | None = None
        self._borne = Budget(Intensity())
        """Crashes that were their messages' alone."""
        self._suspended: trio.Event | None = None
        self._starting: trio.CancelScope | None = None
        self._cleaning: trio.CancelScope | None = None
        self._forced = False

    # --- as an owner and as a node of the tree --------------------------------------------------------------

    def cell_for(self, key: str | None, *, create: bool = True) -> Cell | None:
        return self

    def cells(self) -> Iterable[Cell]:
        return (self,)

    def node_health(self) -> NodeHealth:
        return NodeHealth(self.name, self.health, restarts=max(0, self.incarnation - 1))

    # --- what senders see ---------------------------------------------------------------------------------

    @property
    def in_hand(self) -> int:
        return self._serving.in_hand

    def conserved(self) -> bool:
        """Whether the books balance."""
        books = self.books
        return books.sent == books.handled + books.dead + len(self.mailbox) + self.in_hand

    def offer(self, envelope: Envelope) -> bool:
        """Queue a message if there is room; False when its sender has to wait.

        Raises ActorStopped, or MailboxFull where the policy is to reject.
        """
        if self.condition.lifecycle is not READY:
            self._check_alive(envelope)
        if type(envelope.message) not in self._plain:
            return self._offer_by_policy(envelope)
        if not self.mailbox.put(envelope):
            return False
        self.books.sent += 1
        if self.core.taps.sent:
            self.core.taps.message("sent", envelope, envelope.sent_at)
        return True

    def _check_alive(self, envelope: Envelope) -> None:
        if self.disposed:
            self._refuse(envelope, "stopped")
            raise self.core.failure(ActorStopped, envelope)

    def _offer_by_policy(self, envelope: Envelope) -> bool:
        kind = type(envelope.message)
        if may_be_large[kind] and size_of(envelope.message, kind.max_bytes) > kind.max_bytes:
            self._refuse(envelope, "too_large")
            raise self.core.failure(MessageTooLarge, envelope, limit=kind.max_bytes)
        if kind.lane is Lane.CONTROL:
            return self._offer_control(envelope)
        if not self.mailbox.put(envelope):
            if kind.overflow is Overflow.BLOCK:
                return False
            self._refuse(envelope, "full")
            raise self.full(envelope)
        self._count_sent(envelope)
        return True

    def _offer_control(self, envelope: Envelope) -> bool:
        if not self.mailbox.put_control(envelope):
            self._refuse(envelope, "full")
            raise self.full(envelope)
        self._count_sent(envelope)
        if self._open:
            self._serving.pump_control()
        return True

    def _count_sent(self, envelope: Envelope) -> None:
        self.books.sent += 1
        if self.core.taps.sent:
            self.core.taps.message("sent", envelope, self.core.now())

    def _refuse(self, envelope: Envelope, reason: Reason) -> None:
        """A message that never got in: sent and dead at once."""
        self.books.sent += 1
        self.lose(envelope, reason)

    def full(self, envelope: Envelope) -> MailboxFull:
        return self.core.failure(MailboxFull, envelope, depth=len(self.mailbox.work))

    def give_up(self, envelope: Envelope, reason: Reason) -> None:
        """The sender waited for room and left or ran out of time."""
        self._refuse(envelope, reason)

    def lose(self, envelope: Envelope, reason: Reason, detail: str = "") -> None:
        """Count a message as dead and bury it. Its asker, if any still waits, must be answered elsewhere."""
        self.books.dead += 1
        self.core.bury(envelope, reason, detail)

    def abandon(self, envelope: Envelope) -> None:
        """Nobody waits for this message any more: give up its place, or stop its handler if its class says so."""
        if not envelope.taken_at:
            if self.mailbox.remove(envelope):
                self.lose(envelope, "expired" if envelope.deadline <= self.core.now() else "abandoned")
        elif not is_finished(type(envelope.message)):
            self._serving.cancel(envelope)

    def blockers(self, envelope: Envelope) -> tuple[Holder, ...]:
        """Of whom one has to come to an end before a message of this actor can; none when nothing holds it up (G7)."""
        if self._starting is not None or self._cleaning is not None:
            return (self,)
        return self._serving.blockers(envelope, control=type(envelope.message).lane is Lane.CONTROL)

    @property
    def current(self) -> list[Envelope]:
        """Messages being handled, oldest first."""
        return self._serving.current

    # --- what the actor sees ------------------------------------------------------------------------------

    def spawn(self, function: Callable[[*ArgsT], Coroutine[Any, Any, None]], *args: *ArgsT) -> None:
        if self._nursery is None:
            raise RuntimeError(f"{self.name} is not running")
        what = getattr(function, "__qualname__", type(function).__name__)  # a partial has no name
        self._tasks += 1
        self._nursery.start_soon(self._guard, partial(function, *args), name=f"{self.name}:{what}")

    async def _guard(self, function: Callable[[], Coroutine[Any, Any, None]]) -> None:
        origin = current.get()  # a task starts with the context of the code that spawned it
        current.set(attrs.evolve(self.context(), trace=origin.trace, seq=origin.seq, baggage=origin.baggage))
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

        taken = self.mailbox.drain(matches)
        for envelope in taken:
            self._serving.joined(envelope)
        return [message for envelope in taken if isinstance(message := envelope.message, kind)]

    def set_degraded(self, why: str | None) -> None:
        self.condition.said = why

    def context(self) -> Context:
        """Context of the actor's own code outside of any message."""
        return Context(
            cell=self, name=self.name, trace=0, seq=0, limit=INFINITY, baggage=NO_BAGGAGE, holder=None
        )

    # --- life ---------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self._open

    @property
    def health(self) -> Health:
        """How it is right now."""
        return assess(self)

    @property
    def taking(self) -> bool:
        """Whether work messages are begun."""
        return self._open and self._suspended is None

    @property
    def idle(self) -> bool:
        """Whether nothing is queued or in hand, no task runs and no timer is set."""
        return not len(self.mailbox) and not self.in_hand and not self._tasks

    def rested(self) -> None:
        """A message has come to its end."""
        if self.on_idle is not None and self.idle:
            self.on_idle()

    def request_stop(self) -> None:
        """No new message; the current one ends, then ``on_stop``."""
        self._stop_requested = True
        if self._starting is not None:
            self._starting.cancel(reason="stopped while starting")
        self.fail(STOPPED)

    def cancel(self) -> None:
        """Cancel what still runs, clean-up excepted."""
        if self._nursery is not None:
            self.fail(Exit(ExitKind.FORCED, detail="it was cancelled"))
            self._nursery.cancel_scope.cancel(reason=f"{self.name} did not stop in time")

    def force(self) -> None:
        """Cancel clean-up too."""
        self.cancel()
        self._forced = True
        if self._cleaning is not None:
            self._cleaning.cancel(reason=f"{self.name} did not clean up in time")

    def suspend(self) -> None:
        """Take no work message until :meth:`resume`; control messages are still handled."""
        if self._suspended is None:
            self._suspended = trio.Event()
            self.mailbox.wake()
            self._serving.wake()

    def resume(self) -> None:
        if self._suspended is not None:
            suspended, self._suspended = self._suspended, None
            suspended.set()

    async def resumed(self) -> None:
        """Wait for the end of a suspension."""
        if self._suspended is not None:
            await self._suspended.wait()

    @property
    def exit(self) -> Exit | None:
        """Why this incarnation is ending, once it is."""
        return self._exit

    @property
    def suspended(self) -> bool:
        return self._suspended is not None

    def bears(self, exit: Exit) -> bool:
        """Count a crash that needs not end this incarnation; False when it was one too many."""
        self._borne = self._borne.after(exit, self.core.now())
        return len(self._borne.crashes) <= self._borne.intensity.restarts

    def fail(self, exit: Exit) -> None:
        """End this incarnation, for the first reason given. After a crash, what is in hand has little time left."""
        if self._exit is None:
            self._exit = exit
            if exit.kind is not ExitKind.STOPPED and self._nursery is not None:
                self._nursery.cancel_scope.deadline = self.core.now() + self.limits.settle_within
        self._open = False
        self.condition.lifecycle = Health(State.STOPPING)
        self.resume()
        self.mailbox.wake()
        self._serving.wake()

    async def run(self, ready: Callable[[], None]) -> Exit:
        """Live one incarnation. Returns why it ended; raises only what is not ours to handle."""
        self.incarnation += 1
        self._exit = None
        self._borne = Budget(Intensity())
        self._stop_requested = self.disposed = self._forced = False
        self.condition.begin()
        current.set(self.context())
        self._forget_timers()
        actor: Actor | None = None
        try:
            actor = self._actor = self._factory()
            actor.bind(self.bus, self)
        except Exception as error:  # noqa: BLE001 - a constructor may raise anything
            exit = Exit(ExitKind.START_FAILED, error)
        else:
            exit = await self._live(actor, ready)
        self._actor = None
        self.condition.lifecycle = ended(exit)
        self._show_exit(exit)
        return exit

    def _forget_timers(self) -> None:
        """Timers end with their incarnation, those included whose message still waits (G24)."""
        self.timers = Timers(self)
        for envelope in self.mailbox.drain_both(is_timer):
            self.lose(envelope, "abandoned", "timer of an earlier incarnation")

    def _show_exit(self, exit: Exit) -> None:
        point: Point = "stopped" if exit.kind is ExitKind.STOPPED else "crashed"
        if getattr(self.core.taps, point):
            self.core.taps.actor(point, self.name, detail=str(exit))
        if point == "crashed":
            fields = {"actor": self.name, "exit": str(exit)}
            if isinstance(exit.error, ActorError):  # foreseen: its text says it all
                self.core.log("warning", "actor ended", fields)
            else:
                self.core.log("error", "actor crashed", {**fields, "error": exit.error})

    async def _live(self, actor: Actor, ready: Callable[[], None]) -> Exit:
        started = False
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                started = await self._start(actor)
                if started:
                    self._open = self._exit is None
                    self.condition.lifecycle = READY
                    if self.core.taps.started:
                        self.core.taps.actor("started", self.name, detail=f"incarnation {self.incarnation}")
                    ready()
                    await self._work(actor)
                nursery.cancel_scope.cancel(reason="the actor has ended")
        except BaseException as error:  # noqa: BLE001 - a nursery may raise anything
            if sort_fault(error)[0] is not FaultKind.CANCELLED:
                self.fail(exit_for(error))
        finally:
            self._open = False
            self._nursery = None
        if started:
            await self._clean_up(actor)
        return self._exit or Exit(ExitKind.FORCED)

    async def _start(self, actor: Actor) -> bool:
        current.set(attrs.evolve(self.context(), holder=self))
        scope = self._starting = trio.move_on_after(self.limits.start_within)
        try:
            with scope:
                await actor.start()
        except BaseException as error:
            if sort_fault(error)[0] is FaultKind.CANCELLED:
                raise
            self.fail(self._start_failure(error))
        finally:
            self._starting = None
        if scope.cancelled_caught and not self._stop_requested:
            self.fail(Exit(ExitKind.START_TIMEOUT, detail=f"not ready within {self.limits.start_within:g} s"))
        return self._exit is None

    def _start_failure(self, error: BaseException) -> Exit:
        exit = exit_for(error)
        if exit.kind is ExitKind.OUTAGE:
            return exit
        refused = self.key is not None and isinstance(exit.error, ActorError)
        return Exit(ExitKind.REFUSED if refused else ExitKind.START_FAILED, exit.error)

    async def _work(self, actor: Actor) -> None:
        """Handle messages until the end, then let those in hand come to theirs."""
        await self._serving.run(actor)
        await self._serving.settle()

    async def _clean_up(self, actor: Actor) -> None:
        current.set(attrs.evolve(self.context(), holder=self))
        with trio.CancelScope(
            shield=True, deadline=trio.current_time() + self.limits.cleanup_within
        ) as scope:
            self._cleaning = scope
            if self._forced:
                scope.cancel(reason=f"{self.name} has no time to clean up")
            try:
                await actor.on_stop()
            except BaseException as error:
                if sort_fault(error)[0] is FaultKind.CANCELLED:
                    raise
                self.core.log("error", "clean-up failed", {"actor": self.name, "error": error})
        self._cleaning = None
        if scope.cancelled_caught and (self._exit is None or self._exit.kind is ExitKind.STOPPED):
            self._exit = Exit(ExitKind.FORCED, detail="its clean-up was cut short")

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
        for envelope in self.mailbox.clear():
            self._turn_away(envelope, error)

    def _turn_away(self, envelope: Envelope, error: BaseException | None = None) -> None:
        """Bury a message that was queued here, and tell its asker."""
        self.lose(envelope, "stopped")
        if envelope.reply is not None:
            envelope.reply.fail(error or self.core.failure(ActorStopped, envelope))

    @property
    def nursery(self) -> trio.Nursery | None:
        return self._nursery

    @property
    def actor(self) -> Actor | None:
        """The living incarnation, for the runtime only."""
        return self._actor

    def describe(self) -> dict[str, Any]:
        """What the console shows of this actor."""
        return {} if self._actor is None else self._actor.describe()
