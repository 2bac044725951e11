"""What travels with a message, and the context a handler passes on without writing a line (G8)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from bus.message import Message, is_finished

if TYPE_CHECKING:
    from bus.cell import Cell
    from bus.reply import Outcome

Holder: TypeAlias = "Envelope | Cell"
"""Code that may hold up others: the handler of a message, or the start or clean-up of an actor."""
Kind = Literal["ask", "tell", "stream", "event", "timer"]
INFINITY = float("inf")
NO_BAGGAGE: Mapping[str, str] = {}


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
    target: Cell | None = None
    taken_at: float = 0.0

    @property
    def cell(self) -> Cell | None:
        return self.target

    @property
    def name(self) -> str:
        return self.to

    @property
    def limit(self) -> float:
        """Its deadline, unless its handler changes state: that is finished once begun, and has time of its own."""
        return INFINITY if is_finished(type(self.message)) else self.deadline

    @property
    def holder(self) -> Holder:
        return self


@attrs.define(eq=False, weakref_slot=False)
class Context:
    """Where running code stands that handles no message."""

    cell: Cell | None
    name: str
    """Whose code it is."""
    trace: int
    seq: int
    """The message that has caused it, 0 for none."""
    limit: float
    """When what it asks must have ended."""
    baggage: Mapping[str, str]
    holder: Holder | None
    """What this code belongs to, if others may have to wait until it is done."""


Here: TypeAlias = Context | Envelope
"""Where running code stands: which actor, because of which message."""

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")

OUTSIDE = Context(cell=None, name="", trace=0, seq=0, limit=INFINITY, baggage=NO_BAGGAGE, holder=None)
"""Context of code that no actor runs: the command line, a test."""

current: ContextVar[Here] = ContextVar("bus.context", default=OUTSIDE)


def here() -> Context:
    """The context of the running code, as one that can be changed and set again."""
    found = current.get()
    return Context(found.cell, found.name, found.trace, found.seq, found.limit, found.baggage, found.holder)


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
