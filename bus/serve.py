"""Handling messages inside one incarnation of an actor: call the handler, sort what comes out, keep the books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import trio

from bus.actor import Handler
from bus.deadletter import Reason
from bus.envelope import INFINITY, Context, Envelope, current
from bus.errors import ActorCrashed, ActorStopped, DeadlineExceeded, DeliveryError, Quarantined, Unavailable
from bus.exits import Exit, ExitKind, FaultKind, sort_fault
from bus.message import wire_name
from bus.metrics import Series, bucket

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
        self._busy: dict[type, int] = {}
        self._held: Envelope | None = None
        """Taken, but waiting for a place among the concurrent ones."""
        self._changed = trio.Event()
        self._pumping = False
        self.serial: Envelope | None = None
        """The message that the mailbox loop has handled last, or is handling."""
        self.controlling: Envelope | None = None
        """Likewise for the control lane."""
        self.cut = False
        """The scope of the mailbox loop has been cancelled to stop one handler: the loop needs a new one."""

    @property
    def in_hand(self) -> int:
        return len(self._scopes) + (self._held is not None)

    @property
    def current(self) -> list[Envelope]:
        """Messages being handled, oldest first."""
        return list(self._scopes)

    def holder(self, envelope: Envelope, *, control: bool) -> Envelope | None:
        """What ends before `envelope` does: itself when it is in hand, else what its lane is busy with."""
        first = self.controlling if control else self.serial
        return next((each for each in (envelope, first) if each in self._scopes), None)

    def cancel(self, envelope: Envelope) -> None:
        scope = self._scopes.get(envelope)
        if scope is not None:
            self.cut = True
            scope.cancel(reason="the asker has left or its deadline has passed")

    # --- taking -------------------------------------------------------------------------------------------

    async def start(self, envelope: Envelope, handler: Handler) -> None:
        """Handle a message as a task of its own, waiting for a free place."""
        busy = self._busy
        if busy.get(handler.kind, 0) >= handler.limit and not await self._wait_for_place(envelope, handler):
            return
        nursery = self._cell.nursery
        if nursery is None:  # pragma: no cover - the loop runs inside the nursery
            raise RuntimeError("no nursery")
        busy[handler.kind] = busy.get(handler.kind, 0) + 1
        own = trio.CancelScope()
        self._scopes[envelope] = own
        nursery.start_soon(
            self._task, envelope, handler, own, name=f"{self._cell.name}:{handler.kind.__name__}"
        )

    async def _wait_for_place(self, envelope: Envelope, handler: Handler) -> bool:
        """Hold a message until a concurrent place is free.

        False when the actor ends or is suspended first: the message, never begun, is back at the head of the queue.
        """
        cell = self._cell
        self._held = envelope
        free = False
        try:
            while self._busy[handler.kind] >= handler.limit and cell.taking:
                self._changed = trio.Event()
                await self._changed.wait()
            free = cell.taking
        finally:
            self._held = None
            if not free:
                cell.mailbox.put_back(envelope)
        return free

    def wake(self) -> None:
        """Let whoever waits here look at the actor's state again."""
        self._changed.set()

    async def _task(self, envelope: Envelope, handler: Handler, scope: trio.CancelScope) -> None:
        try:
            with scope:
                await self.handle(envelope, handler, scope)
        finally:
            self._busy[handler.kind] -= 1
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
                    await self.handle(envelope, self._cell.handlers[type(envelope.message)], scope)
        finally:
            self._pumping = False
            self._changed.set()
            self._cell.rested()

    def joined(self, envelope: Envelope) -> None:
        """A handler took this message out of turn: it is handled as part of the current one."""
        envelope.taken_at = self._core.now()
        self._cell.books.handled += 1
        self._cell.metrics.series(type(envelope.message)).ok += 1
        self._core.flight.record("taken", envelope, envelope.taken_at, "joined")
        if self._core.taps.taken:
            self._core.taps.message("taken", envelope, detail=f"joined {current.get().cause}")

    # --- handling -----------------------------------------------------------------------------------------

    async def handle(self, envelope: Envelope, handler: Handler, scope: trio.CancelScope) -> None:
        """Run the handler of one message to whatever end."""
        core, cell, reply = self._core, self._cell, envelope.reply
        now = core.now()
        envelope.taken_at = now or NOT_ZERO
        if (
            envelope.deadline <= now
            or (reply is not None and reply.done)
            or (core.quarantine.active and core.quarantine.refuses(envelope, now))
        ):
            self._scopes.pop(envelope, None)
            self._refuse(envelope, now)
            return
        self._scopes[envelope] = scope
        deadline = INFINITY if handler.finishes else envelope.deadline
        trace, seq, baggage = envelope.trace, envelope.seq, envelope.baggage
        current.set(Context(cell, cell.name, trace, seq, deadline, baggage, envelope))
        if core.taps.taken:
            core.taps.message("taken", envelope)
        try:
            if handler.streams:
                result: Any = await handler.method(cell.actor, envelope.message, reply)
            else:
                result = await handler.method(cell.actor, envelope.message)
        except BaseException as error:
            del self._scopes[envelope]
            try:
                kind, reported = sort_fault(error)
            except BaseException:  # an interrupt from the keyboard goes on its way, with the books in order
                self._cancelled(envelope)
                raise
            if kind is FaultKind.CANCELLED:
                self._cancelled(envelope)
                raise
            if kind is FaultKind.DOMAIN:
                self._failed(envelope, reported)
            else:
                self._crashed(envelope, reported)
        else:
            del self._scopes[envelope]
            self._replied(envelope, result)

    def _refuse(self, envelope: Envelope, now: float) -> None:
        """Bury a message that should not be begun: stale, abandoned or quarantined."""
        core, cell, reply = self._core, self._cell, envelope.reply
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

    def _replied(self, envelope: Envelope, result: Any) -> None:
        core, reply = self._core, envelope.reply
        series = self._account(envelope, "replied", "")
        series.ok += 1
        if missing := self._cell.condition.missing:
            missing.pop(type(envelope.message), None)
        if reply is not None and not reply.set(result) and envelope.kind == "ask":
            core.bury(envelope, "late_reply")
        if core.taps.replied:
            core.taps.message("replied", envelope, outcome="ok")

    def _account(self, envelope: Envelope, point: str, detail: str) -> Series:
        """Enter a message that came to its end into books, metrics and the flight recorder."""
        now = self._cell.last_active = self._core.now()
        self._cell.books.handled += 1
        series = self._cell.metrics.series(type(envelope.message))
        taken_at = envelope.taken_at
        series.wait[bucket(taken_at - envelope.sent_at)] += 1
        series.took[bucket(now - taken_at)] += 1
        self._core.flight.record(point, envelope, now, detail)
        return series

    def _failed(self, envelope: Envelope, error: BaseException) -> None:
        core, reply = self._core, envelope.reply
        detail = f"{type(error).__name__}: {error}"
        self._account(envelope, "failed", detail).errors += 1
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
            core.taps.message("failed", envelope, outcome="error", detail=detail)

    def _crashed(self, envelope: Envelope, error: BaseException) -> None:
        core, cell, reply = self._core, self._cell, envelope.reply
        name = wire_name(type(envelope.message))
        detail = f"{type(error).__name__}: {error}"
        cell.metrics.series(type(envelope.message)).crashed += 1
        tracebacks = core.quarantine.crashed(envelope, error, core.now())
        if tracebacks:
            cell.lose(envelope, "poison", "\n".join(tracebacks))
        else:
            cell.lose(envelope, "crashed", detail)
        if core.taps.failed:
            core.taps.message("failed", envelope, outcome="crashed", detail=detail)
        if reply is not None:
            crash = core.failure(ActorCrashed, envelope)
            crash.__cause__ = error
            reply.fail(crash)
        cell.fail(Exit(ExitKind.CRASHED, error, detail=f"while handling {name}", refund=len(tracebacks)))

    def _cancelled(self, envelope: Envelope) -> None:
        core, cell, reply = self._core, self._cell, envelope.reply
        cell.metrics.series(type(envelope.message)).cancelled += 1
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

    async def settle(self, within: float) -> None:
        """Let the messages in hand come to their end before the nursery is cancelled."""
        with trio.move_on_after(within):
            while any(self._busy.values()) or self._pumping:
                self._changed = trio.Event()
                await self._changed.wait()
