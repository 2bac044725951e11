"""What travels with a message, and the context a handler passes on without writing a line (G8)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Literal, Protocol, TypeAlias

import attrs

from bus.message.message import Message, is_finished, wire_name

Kind = Literal["ask", "tell", "stream", "event", "timer"]
INFINITY = float("inf")
NO_BAGGAGE: Mapping[str, str] = {}


class Outcome(Protocol):
    """Where the end of a request or a stream is reported."""

    done: bool
    """Nobody waits any more, or the end has been reported."""

    @property
    def over(self) -> bool:
        """Whether whoever waited is about to go on."""
        ...

    def set(self, value: Any) -> bool:
        """Report success; False when nobody waits any more."""
        ...

    def fail(self, error: BaseException) -> bool:
        """Report failure; False when nobody waits any more."""
        ...


class Receiver(Protocol):
    """What a message is sent to: an actor, as far as those need to know who send, wait or look."""

    @property
    def name(self) -> str: ...

    def abandon(self, envelope: Envelope) -> None:
        """Nobody waits for this message any more."""
        ...

    def blockers(self, envelope: Envelope) -> tuple[tuple[Waiter, ...], ...]:
        """Of whom, in each of these groups, one has to come to an end before that message can (G7)."""
        ...

    def has_waiting(self, envelope: Envelope) -> bool:
        """Whether the sender of that message waits for room."""
        ...


@attrs.define(eq=False, weakref_slot=False)
class Envelope:
    """One message on its way. Not frozen, since creating it is on the hot path; treat it as immutable.

    Times are seconds on the clock of the run; `trace` is a 128-bit number; `cause` is the `seq` of the message
    whose handling sent this one, 0 for a root.

    To the code that handles the message it is its :class:`Context` too: one object less for each message.
    """

    seq: int
    kind: Kind
    message: Message
    trace: int
    cause: int
    sender: str
    to: str
    sent_at: float
    deadline: float
    baggage: Mapping[str, str]
    reply: Outcome | None = None
    target: Receiver | None = None
    taken_at: float = 0.0
    size: int | None = None
    """Bytes of the message, about, once they were counted, which is when it is offered and may be large."""

    @property
    def name(self) -> str:
        return self.to

    @property
    def limit(self) -> float:
        """Its deadline, unless its handler changes state: that is finished once begun, and has time of its own."""
        return INFINITY if is_finished(type(self.message)) else self.deadline

    @property
    def waiter(self) -> Waiter:
        return self


@attrs.define(eq=False, weakref_slot=False)
class Context:
    """Where running code stands that handles no message."""

    target: Receiver | None
    name: str
    trace: int
    seq: int
    """The message that has caused it, 0 for none."""
    limit: float
    """When what it asks must have ended."""
    baggage: Mapping[str, str]
    waiter: Waiter | None
    """As whom this code waits, if others may have to wait until it is done."""


Here: TypeAlias = Context | Envelope
"""Where running code stands: which actor, because of which message."""
Waiter: TypeAlias = Envelope | Receiver
"""Code that waits and may be waited for: the handler of a message, or the start or clean-up of an actor."""

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")

OUTSIDE = Context(target=None, name="", trace=0, seq=0, limit=INFINITY, baggage=NO_BAGGAGE, waiter=None)
"""Context of code that no actor runs: the command line, a test."""

current: ContextVar[Here] = ContextVar("bus.context", default=OUTSIDE)


@attrs.frozen
class Dropped(Message):
    """Stands for a message that was too large to keep."""

    kind: type[Message]


def recorded_name(message: Message) -> str:
    """Wire name of a message as it is recorded."""
    return wire_name(message.kind if isinstance(message, Dropped) else type(message))


def without_message(envelope: Envelope) -> Envelope:
    """What the envelope of a large message says."""
    return attrs.evolve(envelope, message=Dropped(type(envelope.message)), reply=None, target=None)


def hex_trace(trace: int) -> str:
    """Trace id as W3C trace context writes it: 32 hex digits."""
    return f"{trace:032x}"


def read_traceparent(header: str) -> int:
    """Trace id of a W3C ``traceparent`` header; 0, which means none, when the header says nothing."""
    found = _TRACEPARENT.fullmatch(header.strip())
    return int(found[1], 16) if found else 0


def log_context() -> dict[str, Any]:
    """Fields a log line should carry: actor, trace and baggage of the running code."""
    here = current.get()
    fields: dict[str, Any] = dict(here.baggage)
    if here.name:
        fields["actor"] = here.name
    if here.trace:
        fields["trace"] = hex_trace(here.trace)
    return fields
