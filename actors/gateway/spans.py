"""Messages that came to their end, told as a tree by cause or as a graph of who sends to whom. Pure.

An *event* is what ``bus.tapevent.to_json`` writes; fields that would be empty are missing from it.
"""

from collections import Counter
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


def related(events: Iterable[Mapping[str, Any]], id: str) -> list[Mapping[str, Any]]:
    """The messages of the traces that `id` means: the beginning of a trace, a turn or a session."""
    kept = list(events)
    traces = {event.get("trace") for event in kept if _is_meant(event, id)}
    return [event for event in kept if event.get("trace") in traces]


def _is_meant(event: Mapping[str, Any], id: str) -> bool:
    baggage: Mapping[str, str] = event.get("baggage", {})
    names = (event.get("trace", ""), baggage.get("turn", ""), baggage.get("session", ""))
    return any(name.startswith(id) for name in names)


def edges(events: Iterable[Mapping[str, Any]]) -> list[Json]:
    """Who sent how many messages to whom, the busiest first; the actors of a pool are counted as one."""
    types: dict[tuple[str, str], Counter[str]] = {}
    errors: Counter[tuple[str, str]] = Counter()
    for event in events:
        edge = home_of(event.get("from", "")), home_of(event.get("to", ""))
        types.setdefault(edge, Counter())[event.get("type", "").partition("@")[0]] += 1
        errors[edge] += event.get("outcome", "ok") != "ok"
    found = [
        {"from": edge[0], "to": edge[1], "count": count.total(), "errors": errors[edge], "types": dict(count)}
        for edge, count in types.items()
    ]
    return sorted(found, key=lambda edge: (-edge["count"], edge["from"], edge["to"]))


def home_of(name: str) -> str:
    """An actor, or the pool it is of; ``outside`` for what no actor sent."""
    return name.partition("[")[0] or "outside"
