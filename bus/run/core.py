"""What all actors of one bus share: clock, numbers, books, observers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, TypeVar

import attrs

from bus.keep.deadletter import USUAL, DeadLetter, DeadLetters, Reason
from bus.keep.quarantine import Quarantine
from bus.message.clock import Clock
from bus.message.envelope import INFINITY, Envelope, Here, Kind, Outcome, Receiver, hex_trace
from bus.message.errors import DeadlineExceeded, DeliveryError
from bus.message.ids import Ids
from bus.message.message import Message, wire_name
from bus.run.reply import Deadlines
from bus.run.waits import Waits
from bus.see.flight import FlightRecorder
from bus.see.metrics import LoopLag
from bus.see.tap import Taps

FailureT = TypeVar("FailureT", bound=DeliveryError)
Log = Callable[[str, str, dict[str, Any]], None]
"""Called as ``log(level, event, fields)`` with level ``debug``, ``info``, ``warning`` or ``error``."""


def silent(_level: str, _event: str, _fields: dict[str, Any]) -> None:
    """A log that keeps nothing."""


class Core:
    """Created inside a trio run, once a bus."""

    def __init__(self, *, seed: int | None = None, log: Log = silent, boot_id: str | None = None) -> None:
        self.clock = Clock()
        self.now = self.clock.monotonic
        self.began = self.now()
        self.ids = Ids(seed)
        self.boot_id = boot_id or self.ids.uuid()
        self.log = log
        self.seq = 0
        self.snapshots = itertools.count(1)
        self.waits = Waits()
        self.deadlines = Deadlines(self.expire)
        self.taps = Taps(self.now, log)
        self.flight = FlightRecorder()
        self.lag = LoopLag()
        self.dead = DeadLetters(self.now)
        self.quarantine = Quarantine()
        self.on_dead: Callable[[DeadLetter], None] = lambda _: None

    def envelope(
        self,
        kind: Kind,
        message: Message,
        here: Here,
        to: str,
        now: float,
        deadline: float = INFINITY,
        reply: Outcome | None = None,
        target: Receiver | None = None,
    ) -> Envelope:
        """Wrap a message for its way, linked to what the sender is handling."""
        self.seq += 1
        trace = here.trace or self.ids.trace()
        return Envelope(
            self.seq,
            kind,
            message,
            trace,
            here.seq,
            here.name,
            to,
            now,
            deadline,
            here.baggage,
            reply,
            target,
        )

    def bury(self, envelope: Envelope, reason: Reason, detail: str = "") -> None:
        """Record that a message was lost, where everybody can see it."""
        letter = self.dead.bury(envelope, reason, detail)
        now = self.now()
        self.flight.record(reason, envelope, now, detail)
        if self.taps.buried:
            self.taps.message("buried", envelope, now, outcome=reason, detail=detail)
        if (count := self.dead.to_be_logged(letter, envelope.message)) > 0:
            level = "info" if letter.reason in USUAL else "warning"
            self.log(level, "message lost", {"count": count, **attrs.asdict(letter)})
        self.on_dead(letter)

    def failure(self, kind: type[FailureT], envelope: Envelope, **facts: Any) -> FailureT:
        """An error about a message, with what every such error says."""
        return kind(
            request=wire_name(type(envelope.message)),
            to=envelope.to,
            waited=self.now() - envelope.sent_at,
            trace=hex_trace(envelope.trace),
            **facts,
        )

    def expire(self, envelope: Envelope) -> None:
        """The deadline of an ask has passed: answer the asker, stop the work if its class says so."""
        reply, target = envelope.reply, envelope.target
        if reply is not None and target is not None:  # pragma: no branch - who waits has both
            reply.fail(self.failure(DeadlineExceeded, envelope, retry_safe=not envelope.taken_at))
            target.abandon(envelope)
