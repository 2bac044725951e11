"""Messages that came to their end, told as a tree by cause. Pure.

An *event* is what ``bus.tapevent.to_json`` writes; fields that would be empty are missing from it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

Json = dict[str, Any]

_KEPT: Final = ("seq", "type", "kind", "from", "to", "wait", "took", "outcome", "detail", "running")


def begin_of(event: Mapping[str, Any]) -> float:
    """When a message was sent, in seconds on the clock of the run."""
    spent: float = event.get("wait", 0.0) + event.get("took", 0.0)
    return float(event.get("at", 0.0)) - spent


def nest(events: Iterable[Mapping[str, Any]], origin: float) -> list[Json]:
    """Messages with what they caused as `children`, in order of their sending.

    Each begins at `start`, in seconds after `origin`. One whose cause is not among them stands at the top.
    """
    spans: dict[int, Json] = {}
    causes: dict[int, int] = {}
    for event in sorted(events, key=begin_of):
        seq: int = event.get("seq", 0)
        if seq in spans:  # an answer for which nobody waited any more is a second end of the same message
            spans[seq]["outcome"] = event.get("outcome", "")
            continue
        kept = {name: event[name] for name in _KEPT if name in event}
        spans[seq] = {**kept, "start": round(begin_of(event) - origin, 6), "children": []}
        causes[seq] = event.get("cause", 0)
    roots: list[Json] = []
    for seq, span in spans.items():
        parent = spans.get(causes[seq])
        (roots if parent is None else parent["children"]).append(span)
    return roots


def home_of(name: str) -> str:
    """An actor, or the pool it is of; ``outside`` for what no actor sent."""
    return name.partition("[")[0] or "outside"
