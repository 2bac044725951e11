"""Handling messages inside one incarnation of an actor: call the handler, sort what comes out, keep the books."""

from __future__ import annotations

from contextvars import copy_context
from functools import partial
from math import floor
from typing import Any

import trio

from bus.keep.deadletter import Reason
from bus.keep.exits import Exit, ExitKind, FaultKind, sort_fault
from bus.message.envelope import Envelope, current
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
from bus.see.blackbox import recording
from bus.see.metrics import LAST, LONGEST, Series

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

    async def run(self, actor: Any) -> None:
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
                await self._serve(actor)

    async def _serve(self, actor: Any) -> None:
        """Handle messages until there is something else to see to.

        All of them in one scope, since entering one is dearer than handling a message. Handlers are called right here
        and not by :meth:`_handle`, which would make a tell 11 % dearer and an ask 5 %; and the end of one message is
        the beginning of the next that waits, which saves a look at the clock.
        """
        address, mailbox, handlers, clock = (
            self._address,
            self._address.mailbox,
            self._address.handlers,
            self._core.now,
        )
        hands = self._hands
        now = clock()
        while not hands.interrupted:
            if hands.held:
                hands.held = False
                address.begin_waiting()
            envelope = mailbox.take_at_once()
            if envelope is None:
                if address.on_idle is not None:
                    address.rested()
                envelope = None if hands.interrupted else await mailbox.get()
                now = clock()
                if envelope is None:
                    continue
            handler = handlers[type(envelope.message)]
            hands.serial = envelope
            if not self._begin(envelope, now):
                continue
            try:
                if handler.streams:
                    result: Any = await handler.method(actor, envelope.message, envelope.reply)
                else:
                    result = await handler.method(actor, envelope.message)
            except BaseException as error:  # noqa: BLE001 - raised again unless it is ours
                hands.serial = None
                self._broke(envelope, error)
                now = clock()
            else:
                hands.serial = None
                now = clock()
                self._replied(envelope, result, now)
                del result  # it may be large, and the next message far

    async def _handle(self, envelope: Envelope) -> None:
        """Run the handler of one message beside the mailbox loop, to whatever end."""
        clock, actor = self._core.now, self._address.actor
        handler = self._address.handlers[type(envelope.message)]
        if not self._begin(envelope, clock()):
            return
        try:
            if handler.streams:
                result: Any = await handler.method(actor, envelope.message, envelope.reply)
            else:
                result = await handler.method(actor, envelope.message)
        except BaseException as error:  # noqa: BLE001 - raised again unless it is ours
            del self._hands.scopes[envelope]
            self._broke(envelope, error)
        else:
            del self._hands.scopes[envelope]
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
        if recording:  # stand() by hand, for each message
            recording[0].enter(envelope)
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
        core, address, reply = self._core, self._address, envelope.reply
        self._hands.scopes.pop(envelope, None)
        if envelope is self._hands.serial:
            self._hands.serial = None
        if envelope.deadline <= now:
            address.bury(envelope, "expired")
            if reply is not None:
                reply.fail(core.failure(DeadlineExceeded, envelope))
        elif reply is not None and reply.done:
            address.bury(envelope, "abandoned")
        else:
            address.bury(envelope, "poison")
            if reply is not None:
                reply.fail(core.failure(Quarantined, envelope))

    # --- ends ---------------------------------------------------------------------------------------------

    def _replied(self, envelope: Envelope, result: Any, now: float) -> None:
        core, missing, reply = self._core, self._address.condition.missing, envelope.reply
        self._account(envelope, "replied", now).ok += 1
        if missing:
            missing.pop(type(envelope.message), None)
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
        waited, took = taken_at - envelope.sent_at, now - taken_at
        # bucket() by hand: two calls for each message make tells and asks 5 % dearer
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
