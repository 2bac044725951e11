"""Handling messages inside one incarnation of an actor: call the handler, sort what comes out, keep the books."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING, Any

import trio

from bus.actor import Actor, Handler
from bus.deadletter import Reason
from bus.envelope import Envelope, current
from bus.errors import ActorCrashed, ActorStopped, DeadlineExceeded, DeliveryError, Quarantined, Unavailable
from bus.exits import Exit, ExitKind, FaultKind, sort_fault
from bus.message import wire_name
from bus.metrics import LAST, LONGEST, Series

if TYPE_CHECKING:
    from bus.cell import Cell


NOT_ZERO = 1e-9
"""When a message was taken at the zero of a virtual clock: zero means that it was not."""


class Serving:
    """The messages of one actor that are in hand."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._core = cell.core
        self._scopes: dict[Envelope, trio.CancelScope] = {}
        """Of the messages in hand, without that of the mailbox loop."""
        self._changed = trio.Event()
        self._pumping = False
        self.serial: Envelope | None = None
        """The message that the mailbox loop is handling."""
        self.controlling: Envelope | None = None
        """The message of the control lane that is being handled, or was last."""
        self._loop = trio.CancelScope()
        """Around the handlers of the mailbox loop."""
        self._look_up = False
        """The mailbox loop has to see to something else than its next message."""

    @property
    def in_hand(self) -> int:
        return len(self._scopes) + (self.serial is not None)

    @property
    def current(self) -> list[Envelope]:
        """Messages being handled, oldest first."""
        found = list(self._scopes)
        if self.serial is not None:
            found.append(self.serial)
            found.sort(key=lambda envelope: envelope.seq)
        return found

    def blockers(self, envelope: Envelope, *, control: bool) -> tuple[Envelope, ...]:
        """Messages of which one has to end before `envelope` can; none when nothing is in its way.

        Itself when it is in hand, else what its lane is busy with: of a class that runs as often as it may, all those.
        """
        if envelope is self.serial or envelope in self._scopes:
            return (envelope,)
        if control:
            found = self.controlling
            return (found,) if found is not None and found in self._scopes else ()
        lane = self._cell.mailbox.beside.get(type(envelope.message))
        if lane is not None and not lane.is_free:
            return tuple(lane.running)
        return () if self.serial is None else (self.serial,)

    def cancel(self, envelope: Envelope) -> None:
        """Stop the handler of a message, if it has begun."""
        scope = self._scopes.get(envelope)
        if envelope is self.serial:
            scope = self._loop
            self._look_up = True  # the loop needs another scope
        if scope is not None:
            scope.cancel(reason="the asker has left or its deadline has passed")

    # --- taking -------------------------------------------------------------------------------------------

    def _start(self, envelope: Envelope, handler: Handler) -> None:
        """Handle a message as a task of its own."""
        nursery = self._cell.nursery
        if nursery is None:  # pragma: no cover - the loop runs inside the nursery
            raise RuntimeError("no nursery")
        self._cell.mailbox.beside[handler.kind].running.add(envelope)
        own = trio.CancelScope()
        self._scopes[envelope] = own
        nursery.start_soon(
            self._task, envelope, handler, own, name=f"{self._cell.name}:{handler.kind.__name__}"
        )

    def wake(self) -> None:
        """Let whoever waits here, and the mailbox loop, look at the actor's state again."""
        self._look_up = True
        self._changed.set()

    async def _task(self, envelope: Envelope, handler: Handler, scope: trio.CancelScope) -> None:
        try:
            with scope:
                await self._handle(envelope, handler, scope)
        finally:
            lane = self._cell.mailbox.beside[handler.kind]
            lane.running.discard(envelope)
            if lane.waiting and self._cell.taking:
                self._cell.mailbox.wake()  # the loop takes the next one of this class
            self._changed.set()
            self._cell.rested()

    def pump_control(self) -> None:
        """Handle what waits in the control lane in a task of its own, if there is anything."""
        nursery = self._cell.nursery
        if self._pumping or nursery is None or not self._cell.mailbox.control:
            return
        self._pumping = True
        nursery.start_soon(self._pump, name=f"{self._cell.name}:control")

    async def _pump(self) -> None:
        lane = self._cell.mailbox.control
        try:
            while lane and self._cell.running:
                envelope = self.controlling = lane.popleft()
                with trio.CancelScope() as scope:
                    await self._handle(envelope, self._cell.handlers[type(envelope.message)], scope)
        finally:
            self._pumping = False
            self._changed.set()
            self._cell.rested()

    def joined(self, envelope: Envelope) -> None:
        """A handler took this message out of turn: it is handled as part of the current one."""
        envelope.taken_at = self._core.now()
        self._cell.books.handled += 1
        self._cell.metrics.series[type(envelope.message)].ok += 1
        self._core.flight.record("taken", envelope, envelope.taken_at, "joined")
        if self._core.taps.taken:
            self._core.taps.message(
                "taken", envelope, envelope.taken_at, detail=f"joined {current.get().seq}"
            )

    # --- handling -----------------------------------------------------------------------------------------

    async def run(self, actor: Actor) -> None:
        """The mailbox loop: one message after the other, until the actor ends."""
        cell = self._cell
        self.pump_control()
        while cell.running:
            if cell.suspended:
                await cell.resumed()
                continue
            with trio.CancelScope() as self._loop:
                self._look_up = False
                await self._serve(actor)

    async def _serve(self, actor: Actor) -> None:
        """Handle messages until there is something else to see to.

        All of them in one scope, since entering one is dearer than handling a message. For the same reason handlers
        are called right here, and the end of one message is the beginning of the next that waits: a coroutine or a
        look at the clock more would show in what a message costs.
        """
        cell, mailbox, handlers, clock = self._cell, self._cell.mailbox, self._cell.handlers, self._core.now
        now = clock()
        while not self._look_up:
            envelope = mailbox.take_at_once()
            if envelope is None:
                if cell.on_idle is not None:
                    cell.rested()
                envelope = None if self._look_up else await mailbox.get()
                now = clock()
                if envelope is None:
                    continue
            handler = handlers[type(envelope.message)]
            if handler.limit:
                self._start(envelope, handler)
                now = clock()
                continue
            self.serial = envelope
            if not self._begin(envelope, now):
                continue
            try:
                if handler.streams:
                    result: Any = await handler.method(actor, envelope.message, envelope.reply)
                else:
                    result = await handler.method(actor, envelope.message)
            except BaseException as error:  # noqa: BLE001 - raised again unless it is ours
                self.serial = None
                self._broke(envelope, error)
                now = clock()
            else:
                self.serial = None
                now = clock()
                self._replied(envelope, result, now)
                del result  # it may be large, and the next message far

    async def _handle(self, envelope: Envelope, handler: Handler, scope: trio.CancelScope) -> None:
        """Run the handler of one message beside the mailbox loop, to whatever end."""
        clock, actor = self._core.now, self._cell.actor
        self._scopes[envelope] = scope
        if not self._begin(envelope, clock()):
            return
        try:
            if handler.streams:
                result: Any = await handler.method(actor, envelope.message, envelope.reply)
            else:
                result = await handler.method(actor, envelope.message)
        except BaseException as error:  # noqa: BLE001 - raised again unless it is ours
            del self._scopes[envelope]
            self._broke(envelope, error)
        else:
            del self._scopes[envelope]
            self._replied(envelope, result, clock())

    def _begin(self, envelope: Envelope, now: float) -> bool:
        """Make a message the context of the running code; False when it should not be begun, and is buried.

        Args:
          envelope: the message, in hand already.
          now: when the handler became free for it, which may be shortly before it was sent.
        """
        core, reply, sent_at = self._core, envelope.reply, envelope.sent_at
        envelope.taken_at = (now if now > sent_at else sent_at) or NOT_ZERO  # noqa: FURB136 - max() takes longer
        if (
            envelope.deadline <= now
            or (reply is not None and reply.done)
            or (core.quarantine.kinds and core.quarantine.refuses(envelope, now))
        ):
            self._refuse(envelope, now)
            return False
        current.set(envelope)
        if core.taps.taken:
            core.taps.message("taken", envelope, envelope.taken_at)
        return True

    def _broke(self, envelope: Envelope, error: BaseException) -> None:
        """Sort out what a handler has raised. A cancellation, or what is no Exception, goes on its way."""
        try:
            kind, reported = sort_fault(error)
        except BaseException:  # an interrupt from the keyboard
            self._cancelled(envelope)
            raise
        if kind is FaultKind.CANCELLED:
            self._cancelled(envelope)
            raise error
        if kind is FaultKind.DOMAIN:
            self._failed(envelope, reported)
        else:
            self._crashed(envelope, reported)

    def _refuse(self, envelope: Envelope, now: float) -> None:
        """Bury a message that should not be begun: stale, abandoned or quarantined."""
        core, cell, reply = self._core, self._cell, envelope.reply
        self._scopes.pop(envelope, None)
        if envelope is self.serial:
            self.serial = None
        if envelope.deadline <= now:
            cell.lose(envelope, "expired")
            if reply is not None:
                reply.fail(core.failure(DeadlineExceeded, envelope))
        elif reply is not None and reply.done:
            cell.lose(envelope, "abandoned")
        else:
            cell.lose(envelope, "poison")
            if reply is not None:
                reply.fail(core.failure(Quarantined, envelope))

    # --- ends ---------------------------------------------------------------------------------------------

    def _replied(self, envelope: Envelope, result: Any, now: float) -> None:
        core, missing, reply = self._core, self._cell.condition.missing, envelope.reply
        self._account(envelope, "replied", now).ok += 1
        if missing:
            missing.pop(type(envelope.message), None)
        if reply is not None and not reply.set(result) and envelope.kind == "ask":
            core.bury(envelope, "late_reply")
        if core.taps.replied:
            core.taps.message("replied", envelope, now, outcome="ok", reply=result)

    def _account(self, envelope: Envelope, point: str, now: float, detail: str = "") -> Series:
        """Enter a message that came to its end into books, metrics and the flight recorder."""
        cell, taken_at = self._cell, envelope.taken_at
        cell.last_active = now
        cell.books.handled += 1
        series = cell.metrics.series[type(envelope.message)]
        waited, took = taken_at - envelope.sent_at, now - taken_at
        # bucket() by hand, twice a message
        series.wait[floor(waited * 1e6).bit_length() if waited < LONGEST else LAST] += 1
        series.took[floor(took * 1e6).bit_length() if took < LONGEST else LAST] += 1
        self._core.flight.record(point, envelope, now, detail)
        return series

    def _failed(self, envelope: Envelope, error: BaseException) -> None:
        core, reply = self._core, envelope.reply
        detail = f"{type(error).__name__}: {error}"
        now = core.now()
        self._account(envelope, "failed", now, detail).errors += 1
        if isinstance(error, DeliveryError):
            error.retry_safe = False  # whoever failed this handler, the handler itself has begun
        if reply is not None:
            if not reply.fail(error) and envelope.kind == "ask":
                core.bury(envelope, "late_reply", detail)
        else:
            core.log("warning", "command failed", {"actor": self._cell.name, "error": error})
        if isinstance(error, Unavailable):
            self._cell.condition.missing[type(envelope.message)] = detail
        if core.taps.failed:
            core.taps.message("failed", envelope, now, outcome="error", detail=detail)

    def _crashed(self, envelope: Envelope, error: BaseException) -> None:
        core, cell, reply = self._core, self._cell, envelope.reply
        name = wire_name(type(envelope.message))
        detail = f"{type(error).__name__}: {error}"
        cell.metrics.series[type(envelope.message)].crashed += 1
        now = core.now()
        tracebacks = core.quarantine.crashed(envelope, error, now)
        if tracebacks:
            cell.lose(envelope, "poison", "\n".join(tracebacks))
        else:
            cell.lose(envelope, "crashed", detail)
        if core.taps.failed:
            core.taps.message("failed", envelope, now, outcome="crashed", detail=detail)
        if reply is not None:
            crash = core.failure(ActorCrashed, envelope)
            crash.__cause__ = error
            reply.fail(crash)
        exit = Exit(ExitKind.CRASHED, error, detail=f"while handling {name}", refund=len(tracebacks))
        if cell.handlers[type(envelope.message)].isolated and cell.bears(exit):
            core.log("error", "handler crashed", {"actor": cell.name, "exit": str(exit), "error": error})
        else:
            cell.fail(exit)

    def _cancelled(self, envelope: Envelope) -> None:
        core, cell, reply = self._core, self._cell, envelope.reply
        cell.metrics.series[type(envelope.message)].cancelled += 1
        cell.last_active = core.now()
        reason: Reason = "stopped"
        if envelope.deadline <= cell.last_active:
            reason = "expired"
        elif reply is not None and reply.done:
            reason = "abandoned"
        cell.lose(envelope, reason)
        if reply is not None:
            reply.fail(self._interrupted(envelope))

    def _interrupted(self, envelope: Envelope) -> ActorStopped | ActorCrashed:
        """What the asker of a message hears that was cut short by the end of the actor."""
        exit = self._cell.exit
        if exit is None or exit.kind is not ExitKind.CRASHED:
            return self._core.failure(ActorStopped, envelope, retry_safe=False)
        crash = self._core.failure(ActorCrashed, envelope)
        crash.__cause__ = exit.error
        return crash

    async def settle(self) -> None:
        """Wait for the messages in hand. How long they may take is the nursery's business."""
        while self._scopes or self._pumping:
            self._changed = trio.Event()
            await self._changed.wait()
