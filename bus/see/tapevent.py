"""One thing seen by a tap, ready to be shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, get_args

import attrs

from bus.message import codec
from bus.message.data import Data
from bus.message.envelope import NO_BAGGAGE, Dropped, Envelope, hex_trace, recorded_name
from bus.message.message import Message

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


@attrs.frozen(kw_only=True)
class TapEvent(Data):
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
    outcome: str = ""
    """``ok`` of a reply, ``error`` or ``crashed`` of a failure, the reason of a dead letter."""
    detail: str = ""
    baggage: Mapping[str, str] = NO_BAGGAGE
    message: Message | None = attrs.field(default=None, repr=False)
    item: Any = attrs.field(default=None, repr=False)
    reply: Any = attrs.field(default=None, repr=False)

    @property
    def is_error(self) -> bool:
        return self.point in ERRORS

    def text(self) -> str:
        """What a text filter searches: type, detail, body and answers, all but the first masked."""
        said = (each for each in (self.message, self.item, self.reply) if each is not None)
        shown = (json.dumps(codec.mask_value(each), ensure_ascii=False) for each in said)
        return " ".join((self.type, codec.mask_text(self.detail), *shown))


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
    message, taken = envelope.message, envelope.taken_at
    ended = point in {"replied", "failed"}
    return TapEvent(
        point=point,
        at=at,
        to=envelope.to,
        sender=envelope.sender,
        type=recorded_name(message),
        kind=envelope.kind,
        seq=envelope.seq,
        cause=envelope.cause,
        trace=hex_trace(envelope.trace),
        wait=taken - envelope.sent_at if taken else at - envelope.sent_at if point == "buried" else None,
        took=at - taken if ended and taken else None,
        outcome=outcome,
        detail=detail,
        baggage=envelope.baggage,
        message=None if isinstance(message, Dropped) else message,
        item=item,
        reply=reply,
    )


def to_json(event: TapEvent, *, body: bool = False) -> dict[str, Any]:
    """The event as JSON-ready values, without empty fields; with `body`, masked and shortened content."""
    shown: dict[str, Any] = {
        "point": event.point,
        "at": round(event.at, 6),
        "type": event.type or None,
        "kind": event.kind or None,
        "from": event.sender or None,
        "to": event.to or None,
        "seq": event.seq or None,
        "cause": event.cause or None,
        "trace": event.trace or None,
        "wait": None if event.wait is None else round(event.wait, 6),
        "took": None if event.took is None else round(event.took, 6),
        "outcome": event.outcome or None,
        "detail": codec.mask_text(event.detail) or None,
        "baggage": {name: codec.mask_text(value) for name, value in event.baggage.items()} or None,
    }
    if body:
        said = {"body": event.message, "item": event.item, "reply": event.reply}
        shown |= {name: codec.shorten(codec.mask_value(value)) for name, value in said.items()}
    return {name: value for name, value in shown.items() if value is not None}
