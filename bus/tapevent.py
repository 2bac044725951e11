"""One thing seen by a tap, ready to be shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

import attrs

from bus import codec
from bus.envelope import NO_BAGGAGE, Envelope, hex_trace
from bus.message import Message, wire_name

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
POINTS: tuple[Point, ...] = (
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
)


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
    """``ok``, ``error``, ``crashed``, or the reason of a dead letter."""
    detail: str = ""
    injected: bool = False
    baggage: Mapping[str, str] = NO_BAGGAGE
    message: Message | None = attrs.field(default=None, repr=False)
    item: Any = attrs.field(default=None, repr=False)

    @property
    def is_error(self) -> bool:
        return self.point in {"failed", "buried", "crashed"} or self.outcome not in {"", "ok"}

    def text(self) -> str:
        """What a text filter searches: the masked body and the detail."""
        body = "" if self.message is None else json.dumps(codec.masked(self.message), ensure_ascii=False)
        return f"{self.type} {self.detail} {body}"


def of_envelope(
    point: Point, envelope: Envelope, at: float, *, outcome: str = "", detail: str = ""
) -> TapEvent:
    """Describe a moment of a message."""
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
        injected=envelope.injected,
        baggage=envelope.baggage,
        message=envelope.message,
    )


def to_json(event: TapEvent, *, body: bool = False) -> dict[str, Any]:
    """The event as JSON-ready values, without empty fields; with `body`, masked and shortened content."""
    shown: dict[str, Any] = {
        name: value
        for name, value in (
            ("point", event.point),
            ("at", round(event.at, 6)),
            ("type", event.type),
            ("kind", event.kind),
            ("from", event.sender),
            ("to", event.to),
            ("seq", event.seq),
            ("cause", event.cause),
            ("trace", event.trace),
            ("wait", None if event.wait is None else round(event.wait, 6)),
            ("took", None if event.took is None else round(event.took, 6)),
            ("outcome", event.outcome),
            ("detail", codec.mask_text(event.detail)),
            ("injected", event.injected),
            ("baggage", dict(event.baggage)),
        )
        if value not in (None, "", 0, False, {})
    }
    if body and event.message is not None:
        shown["body"] = codec.shorten(codec.masked(event.message))
    if body and event.item is not None:
        shown["item"] = codec.shorten(_shown_item(event.item))
    return shown


def _shown_item(item: Any) -> Any:
    if codec.is_attrs(item):
        return codec.mask_attrs(item)
    return codec.mask_text(repr(item))
