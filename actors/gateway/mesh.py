"""The mesh as the page draws it: actors, what flows between them, the messages of one turn. No bodies. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from actors.gateway.protocol import wire
from actors.gateway.spans import home_of
from actors.session import messages as session
from actors.wire import Json
from bus import NodeHealth, mask_text
from bus.console import TapEvent

WINDOW = 5.0
"""Seconds over which messages are counted for a rate."""


Dead = Mapping[str, Mapping[str, int]]
"""Dead letters since the start, by recipient and reason."""

HARMLESS = frozenset({"abandoned", "late_reply"})
"""Reasons for which nobody misses anything: whoever asked had left, as when a person stops an answer."""


def tree_json(node: NodeHealth, actors: Iterable[Json], dead: Dead) -> Json:
    """The supervision tree with the state, load and losses of each node, from the `actors` and `dead` of a snapshot."""
    homes: dict[str, list[Json]] = {}
    for actor in actors:
        homes.setdefault(home_of(actor["name"]), []).append(actor)
    return _node_json(node, homes, dead)


def _node_json(node: NodeHealth, homes: Mapping[str, list[Json]], dead: Dead) -> Json:
    shown: Json = {"name": node.name, "state": node.health.state.value, "restarts": node.restarts}
    if node.health.why:
        shown["why"] = mask_text(node.health.why)
    if node.children:
        children = [_node_json(child, homes, dead) for child in node.children]
        return {**shown, "kind": "supervisor", "children": children}
    here = homes.get(node.name, [])
    single = any(actor["name"] == node.name for actor in here)
    shown |= {
        "kind": "actor" if single else "pool",
        "depth": sum(actor["depth"] for actor in here),
        "limit": max((actor["capacity"] for actor in here), default=0),
        "in_hand": sum(len(actor["in_hand"]) for actor in here),
        "handled": sum(actor["handled"] for actor in here),
        "lost": sum(count for reason, count in dead.get(node.name, {}).items() if reason not in HARMLESS),
    }
    if not single:
        shown["members"] = len(here)
        shown["restarts"] += sum(max(0, actor["incarnation"] - 1) for actor in here)
    return shown


def flows_json(events: Iterable[TapEvent], seconds: float) -> list[Json]:
    """Messages a second from one node to another, and how many of them failed, of all in so many `seconds`."""
    counts: Counter[tuple[str, str]] = Counter()
    errors: Counter[tuple[str, str]] = Counter()
    for event in events:
        edge = home_of(event.sender), home_of(event.to)
        counts[edge] += 1
        errors[edge] += event.is_error
    return [
        {"from": sender, "to": to, "rate": round(count / seconds, 2), "errors": errors[sender, to]}
        for (sender, to), count in sorted(counts.items())
    ]


def message_json(event: TapEvent, now: float) -> Json:
    """One message that came to its end: from where to where, how it went, how long it took."""
    shown: Json = {
        "id": f"{event.seq}:{event.to}",
        "type": event.type.partition("@")[0],
        "kind": event.kind,
        "from": home_of(event.sender),
        "to": home_of(event.to),
        "outcome": event.outcome,
        "age": round(now - event.at, 3),
        "at": round(event.at, 6),
    }
    if event.took is not None:
        shown["took"] = round(event.took, 6)
    if event.wait is not None:
        shown["wait"] = round(event.wait, 6)
    if event.detail:
        shown["detail"] = mask_text(event.detail)
    if "turn" in event.baggage:
        shown["turn"] = event.baggage["turn"]
    return shown


# --- the trace of one turn ----------------------------------------------------------------------------------


def turn_json(figures: session.TurnFigures, conversation: str) -> Json:
    """A turn with its times and sums."""
    return {"session_id": conversation, **wire.json(figures)}


def steps_json(steps: Iterable[session.StepInfo], figures: session.TurnFigures) -> list[Json]:
    """The stored steps as spans, in seconds since the turn was accepted.

    An answer of the model is stored when it is whole, so it is taken to begin when what came before it ended.
    """
    origin = figures.accepted_at
    spans: list[Json] = []
    free = 0.0
    for step in steps:
        at = (step.started_at - origin).total_seconds()
        end = None if step.ended_at is None else (step.ended_at - origin).total_seconds()
        start = at if step.kind == "tool" else min(free, at)
        free = max(free, at if end is None else end)
        spans.append(_span_json(step, start, end))
    return spans


def _span_json(step: session.StepInfo, start: float, end: float | None) -> Json:
    span: Json = {
        "n": step.n,
        "kind": step.kind,
        "name": step.tool,
        "effect": step.effect,
        "state": step.state,
        "is_error": step.is_error,
        "start": round(start, 6),
        "end": None if end is None else round(end, 6),
    }
    if step.usage is not None:
        span["usage"] = wire.json(step.usage)
    return span


def traced(events: Iterable[TapEvent], turn: str) -> list[TapEvent]:
    """Messages sent for a turn, and those that the same request of a client caused before it had a turn."""
    kept = list(events)
    seeds = {event.trace for event in kept if event.baggage.get("turn") == turn}
    own = {"", turn}
    return [event for event in kept if event.trace in seeds and event.baggage.get("turn", "") in own]


def hops_json(events: Iterable[TapEvent], origin: float) -> list[Json]:
    """Messages as spans, in seconds since `origin` on the clock of the run, by the time they were sent."""
    hops = [_hop_json(event, origin) for event in events]
    return sorted(hops, key=lambda hop: (hop["start"], hop["seq"]))


def _hop_json(event: TapEvent, origin: float) -> dict[str, Any]:
    wait = event.wait or 0.0
    running = event.point == "taken" and event.detail != "joined"
    begun = event.at if running else event.at - (event.took or 0.0)
    return {
        "seq": event.seq,
        "cause": event.cause,
        "type": event.type.partition("@")[0],
        "kind": event.kind,
        "from": home_of(event.sender),
        "to": home_of(event.to),
        "outcome": event.outcome,
        "start": round(begun - wait - origin, 6),
        "wait": round(wait, 6),
        "took": None if running else round(event.took or 0.0, 6),
    }
