"""Handling messages inside one incarnation of an actor: call the handler, sort what comes out, keep the books."""

from __future__ import annotations

from contextvars import copy_context
from functools import partial
from typing import Any

import trio

from bus.keep.deadletter import Reason
from bus.keep.exits import Exit, ExitKind, FaultKind, sort_fault
from bus.message.envelope import Envelope
from bus.message.errors import (
    ActorCrashed,
    ActorStopped,
    DeadlineExceeded,
    DeliveryError,
    Quarantined,
    Unavailable,
)
from bus.message.message import wire_name
from bus.run.address import Address
from bus.run.mailbox import Beside
from bus.see.blackbox import stand
from bus.see.metrics import Series, bucket

NOT_ZERO = 1e-9
"""When a message was taken at the zero of a virtual clock: zero means that it was not."""


class Serving:
    """The messages of one actor that are in hand."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._core = address.core
        self._hands = address.hands
        self._context = copy_context()
        address.begin = self.begin

    # --- taking -------------------------------------------------------------------------------------------

    def begin(self, queue: Beside) -> None:
        """Begin what waits in a queue beside the mailbox loop, as much at once as may be, each as a task of its own.

        Apart from the control lane, not before what the loop was sent earlier has come to its end.
        """
        address = self._address
        nursery, name = address.nursery, address.name
        if nursery is None or not (address.running if queue is address.control else address.taking):
            return
        while queue.is_free and self._is_due(queue) and (envelope := queue.take()) is not None:
            queue.running.add(envelope)
            self._hands.scopes[envelope] = scope = trio.CancelScope()
            task = partial(nursery.start_soon, name=f"{name}:{type(envelope.message).__name__}")
            self._context.run(task, self._task, envelope, queue, scope)

    def _is_due(self, queue: Beside) -> bool:
        """Whether the first message of a queue need not wait for one of the mailbox loop."""
        first, older = queue.first, self._hands.serial or self._address.mailbox.first
        if first is None or older is None or first.seq < older.seq or queue is self._address.control:
            return True
        self._hands.held = True
        return False

    async def _task(self, envelope: Envelope, queue: Beside, scope: trio.CancelScope) -> None:
        with scope:
            try:
                await self._handle(envelope)
            finally:
                queue.running.discard(envelope)
        self.begin(queue)
        self._hands.changed.set()
        self._address.rested()

    # --- handling -----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """The mailbox loop: one message after the other, until the actor ends."""
        address = self._address
        self._context = copy_context()
        address.begin_waiting()
        while address.running:
            if address.suspension is not None:
                await address.suspension.wait()
                continue
            with trio.CancelScope() as self._hands.loop:
                self._hands.interrupted = False
                await self._serve()

    async def _serve(self) -> None:
        """Handle messages until there is something else to see to: all in one scope, which is dearer than a message."""
        address, mailbox, hands = self._address, self._address.mailbox, self._hands
        while not hands.interrupted:
            if hands.held:
                hands.held = False
                address.begin_waiting()
            envelope = mailbox.take_at_once()
            if envelope is None:
                if address.on_idle is not None:
                    address.rested()
                envelope = None if hands.interrupted else await mailbox.get()
                if envelope is None:
                    continue
            hands.serial = envelope
            await self._handle(envelope)

    async def _handle(self, envelope: Envelope) -> None:
        """Run the handler of one message to whatever end."""
        if not self._begin(envelope):
            return
        actor, handler = self._address.actor, self._address.handlers[type(envelope.message)]
        try:
            if handler.streams:
                result: Any = await handler.method(actor, envelope.message, envelope.reply)
            else:
                result = await handler.method(actor, envelope.message)
        except BaseException as error:  # noqa: BLE001 - raised again unless it is ours
            self._hands.put_down(envelope)
            self._broke(envelope, error)
        else:
            self._hands.put_down(envelope)
            self._replied(envelope, result)

    def _begin(self, envelope: Envelope) -> bool:
        """Make a message in hand the context of the running code; False when it is not begun but buried."""
        core, reply, now = self._core, envelope.reply, self._core.now()
        envelope.taken_at = now or NOT_ZERO
        if envelope.deadline <= now:
            self._refuse(envelope, "expired", DeadlineExceeded)
        elif reply is not None and reply.done:
            self._refuse(envelope, "abandoned", None)
        elif core.quarantine.refuses(envelope, now):
            self._refuse(envelope, "poison", Quarantined)
        else:
            stand(envelope)
            if core.taps.taken:
                core.taps.message("taken", envelope, envelope.taken_at)
            return True
        return False

    def _refuse(self, envelope: Envelope, reason: Reason, failure: type[DeliveryError] | None) -> None:
        """Bury a message that should not be begun: stale, abandoned or quarantined."""
        self._hands.put_down(envelope)
        self._address.bury(envelope, reason)
        if envelope.reply is not None and failure is not None:
            envelope.reply.fail(self._core.failure(failure, envelope))

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

    # --- ends ---------------------------------------------------------------------------------------------

    def _replied(self, envelope: Envelope, result: Any) -> None:
        core, reply, now = self._core, envelope.reply, self._core.now()
        self._account(envelope, "replied", now).ok += 1
        self._address.condition.missing.pop(type(envelope.message), None)
        if reply is not None and not reply.set(result) and envelope.kind == "ask":
            core.bury(envelope, "late_reply")
        if core.taps.replied:
            core.taps.message("replied", envelope, now, outcome="ok", reply=result)

    def _account(self, envelope: Envelope, point: str, now: float, detail: str = "") -> Series:
        """Enter a message that came to its end into books, metrics and the flight recorder."""
        address, taken_at = self._address, envelope.taken_at
        address.last_active = now
        address.books.handled += 1
        series = address.metrics[type(envelope.message)]
        series.wait[bucket(taken_at - envelope.sent_at)] += 1
        series.took[bucket(now - taken_at)] += 1
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
            core.log("warning", "command failed", {"actor": self._address.name, "error": error})
        if isinstance(error, Unavailable):
            self._address.condition.missing[type(envelope.message)] = detail
        if core.taps.failed:
            core.taps.message("failed", envelope, now, outcome="error", detail=detail)

    def _crashed(self, envelope: Envelope, error: BaseException) -> None:
        core, address, reply = self._core, self._address, envelope.reply
        name = wire_name(type(envelope.message))
        detail = f"{type(error).__name__}: {error}"
        address.metrics[type(envelope.message)].crashed += 1
        now = core.now()
        tracebacks = core.quarantine.crashed(envelope, error, now)
        if tracebacks:
            address.bury(envelope, "poison", "\n".join(tracebacks))
        else:
            address.bury(envelope, "crashed", detail)
        if core.taps.failed:
            core.taps.message("failed", envelope, now, outcome="crashed", detail=detail)
        if reply is not None:
            crash = core.failure(ActorCrashed, envelope)
            crash.__cause__ = error
            reply.fail(crash)
        exit = Exit(ExitKind.CRASHED, error, detail=f"while handling {name}", refund=len(tracebacks))
        if address.handlers[type(envelope.message)].isolated and address.bears(exit):
            core.log("error", "handler crashed", {"actor": address.name, "exit": str(exit), "error": error})
        else:
            address.fail(exit)

    def _cancelled(self, envelope: Envelope) -> None:
        core, address, reply = self._core, self._address, envelope.reply
        address.metrics[type(envelope.message)].cancelled += 1
        address.last_active = core.now()
        reason: Reason = "stopped"
        if envelope.deadline <= address.last_active:
            reason = "expired"
        elif reply is not None and reply.done:
            reason = "abandoned"
        address.bury(envelope, reason)
        if reply is not None:
            reply.fail(self._interrupted(envelope))

    def _interrupted(self, envelope: Envelope) -> ActorStopped | ActorCrashed:
        """What the asker of a message hears that was cut short by the end of the actor."""
        exit = self._address.exit
        if exit is None or exit.kind is not ExitKind.CRASHED:
            return self._core.failure(ActorStopped, envelope, retry_safe=False)
        crash = self._core.failure(ActorCrashed, envelope)
        crash.__cause__ = exit.error
        return crash

    async def settle(self) -> None:
        """Wait for the messages in hand. How long they may take is the nursery's business."""
        while self._hands.scopes:
            self._hands.changed = trio.Event()
            await self._hands.changed.wait()
