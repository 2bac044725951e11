"""One thing seen by a tap, ready to be shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, get_args

import attrs

from bus.message import codec
from bus.message.envelope import NO_BAGGAGE, Envelope, hex_trace
from bus.message.message import Message, wire_name

Point = Literal[
    "sent",
    "taken",
    "replied",
    "failed",
    "buried",
    "started",
    "stopped",
    "crashed",
    "backoff",
    "timer",
    "published",
    "item",
]
POINTS: tuple[Point, ...] = get_args(Point)
ERRORS: frozenset[Point] = frozenset({"failed", "buried", "crashed"})
"""Points at which something has gone wrong."""


@attrs.frozen(kw_only=True)
class TapEvent:
    """A moment in the life of a message or an actor."""

    point: Point
    at: float
    """Seconds on the clock of the run."""
    to: str
    """The recipient; for points about an actor, that actor."""
    sender: str = ""
    type: str = ""
    """Wire name; empty for points about an actor."""
    kind: str = ""
    seq: int = 0
    cause: int = 0
    trace: str = ""
    wait: float | None = None
    """Seconds in the mailbox, or until it was buried without being taken."""
    took: float | None = None
    """Seconds in the handler."""
    outcome: str = ""
    """``ok`` of a reply, ``error`` or ``crashed`` of a failure, the reason of a dead letter."""
    detail: str = ""
    baggage: Mapping[str, str] = NO_BAGGAGE
    message: Message | None = attrs.field(default=None, repr=False)
    item: Any = attrs.field(default=None, repr=False)
    """What a stream has sent."""
    reply: Any = attrs.field(default=None, repr=False)
    """What a request was answered with."""

    @property
    def is_error(self) -> bool:
        return self.point in ERRORS

    def text(self) -> str:
        """What a text filter searches: type, detail, body and item, the last three masked."""
        parts = [self.type, codec.mask_text(self.detail)]
        if self.message is not None:
            parts.append(json.dumps(codec.masked(self.message), ensure_ascii=False))
        answers = (answer for answer in (self.item, self.reply) if answer is not None)
        parts += [json.dumps(codec.mask_value(answer), ensure_ascii=False) for answer in answers]
        return " ".join(parts)


def of_envelope(
    point: Point,
    envelope: Envelope,
    at: float,
    *,
    outcome: str = "",
    detail: str = "",
    item: Any = None,
    reply: Any = None,
) -> TapEvent:
    """Describe a moment of a message; `item` is what its stream has just sent, `reply` what it was answered with."""
    taken = envelope.taken_at
    ended = point in {"replied", "failed"}
    return TapEvent(
        point=point,
        at=at,
        to=envelope.to,
        sender=envelope.sender,
        type=wire_name(type(envelope.message)),
        kind=envelope.kind,
        seq=envelope.seq,
        cause=envelope.cause,
        trace=hex_trace(envelope.trace),
        wait=taken - envelope.sent_at if taken else at - envelope.sent_at if point == "buried" else None,
        took=at - taken if ended and taken else None,
        outcome=outcome,
        detail=detail,
        baggage=envelope.baggage,
        message=envelope.message,
        item=item,
        reply=reply,
    )


def to_json(event: TapEvent, *, body: bool = False) -> dict[str, Any]:
    """The event as JSON-ready values, without empty fields; with `body`, masked and shortened content."""
    shown: dict[str, Any] = {"point": event.point, "at": round(event.at, 6)}
    described: tuple[tuple[str, Any], ...] = (
        ("type", event.type),
        ("kind", event.kind),
        ("from", event.sender),
        ("to", event.to),
        ("seq", event.seq),
        ("cause", event.cause),
        ("trace", event.trace),
    )
    shown |= {name: value for name, value in described if value}
    shown |= {
        name: round(seconds, 6)
        for name, seconds in (("wait", event.wait), ("took", event.took))
        if seconds is not None
    }
    described = (
        ("outcome", event.outcome),
        ("detail", codec.mask_text(event.detail)),
        ("baggage", {name: codec.mask_text(value) for name, value in event.baggage.items()}),
    )
    shown |= {name: value for name, value in described if value}
    if body and event.message is not None:
        shown["body"] = codec.shorten(codec.masked(event.message))
    if body:
        answers = (("item", event.item), ("reply", event.reply))
        shown |= {
            name: codec.shorten(codec.mask_value(answer)) for name, answer in answers if answer is not None
        }
    return shown
