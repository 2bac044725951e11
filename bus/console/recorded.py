"""What the flight recorder holds and what is in hand, as events like those of a tap."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from bus.message.envelope import Envelope, hex_trace
from bus.see.filter import Filter
from bus.see.flight import FlightRecorder, Record
from bus.see.tapevent import Point, TapEvent, of_envelope

_HANDLED: dict[str, tuple[Point, str]] = {
    "replied": ("replied", "ok"),
    "failed": ("failed", "error"),
    "taken": ("taken", ""),
}


def newest(flight: FlightRecorder, test: Filter | None, since: float, last: int | None) -> list[TapEvent]:
    """The `last` events after `since` that pass the filter, oldest first."""
    records = reversed(list(flight))
    events = (_from_record(record) for record in records if record.at > since)
    found = (event for event in events if test is None or test(event))
    return list(islice(found, None if last is None else max(0, last)))[::-1]


def traced(flight: FlightRecorder, current: Iterable[Envelope], id: str, hidden: str) -> list[TapEvent]:
    """What ended of the traces that `id` means, then what is in hand of them.

    Looking is cheap, only what is found is described.
    """
    ended = [record for record in flight if record.envelope.baggage.get("origin") != hidden]
    current = tuple(current)
    envelopes = [*(record.envelope for record in ended), *current]
    traces = {envelope.trace for envelope in envelopes if _is_meant(envelope, id)}
    return [
        *(_from_record(record) for record in ended if record.envelope.trace in traces),
        *(in_hand(envelope) for envelope in current if envelope.trace in traces),
    ]


def in_hand(envelope: Envelope) -> TapEvent:
    """A message that is being handled, as it was when it was taken."""
    return of_envelope("taken", envelope, envelope.taken_at)


def _is_meant(envelope: Envelope, id: str) -> bool:
    baggage = envelope.baggage
    names = (hex_trace(envelope.trace), baggage.get("turn", ""), baggage.get("session", ""))
    return any(name.startswith(id) for name in names)


def _from_record(record: Record) -> TapEvent:
    point, outcome = _HANDLED.get(record.point, ("buried", record.point))
    return of_envelope(point, record.envelope, record.at, outcome=outcome, detail=record.detail)
