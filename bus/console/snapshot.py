"""A running mesh at one instant, as JSON-ready values: what the console, the page and a health check read (G14, G17).

Counters only grow and a reader takes differences; ``boot_id`` tells a restart from a step back, ``seq`` which of two
snapshots is the newer. Times are seconds.
"""

from __future__ import annotations

from collections import Counter
from math import ceil
from typing import Any

from bus.keep.health import Health, State
from bus.message import codec
from bus.message.envelope import INFINITY, Envelope, hex_trace, recorded_name
from bus.message.message import wire_name
from bus.run.address import Address
from bus.run.bus import Bus
from bus.run.core import Core
from bus.see.metrics import QUANTILES


def of_bus(bus: Bus) -> dict[str, Any]:
    """All actors, how their messages ended, the losses, how late the loop is, and the state of the recorder."""
    core = bus.core
    now = core.now()
    return {
        "boot_id": core.boot_id,
        "seq": next(core.snapshots),
        "at": now,
        "time": core.clock.now().isoformat(),
        "uptime": now - core.began,
        "loop_lag": core.lag.snapshot(),
        "actors": [of_address(actor) for actor in bus.routes.addresses()],
        "messages": {
            owner.name: {wire_name(kind): series.counts() for kind, series in owner.metrics.items()}
            for owner in bus.routes.owners()
        },
        "dead": of_dead(core),
        "recorded": len(core.flight),
    }


def of_address(actor: Address) -> dict[str, Any]:
    """One actor."""
    now, oldest, books = actor.core.now(), actor.oldest, actor.books
    return {
        "name": actor.name,
        **of_health(actor.health, now),
        "incarnation": actor.incarnation,
        "depth": sum(map(len, actor.work)),
        "control": len(actor.control),
        "capacity": actor.limits.mailbox,
        "peak": max(queue.peak for queue in actor.work),
        "waiting": sum(queue.waiting_writers for queue in actor.work),
        "waits": sum(queue.waits for queue in actor.work),
        "oldest": None if oldest is None else now - oldest,
        "in_hand": [of_envelope(envelope, now) for envelope in actor.hands.current],
        "sent": books.sent,
        "handled": books.handled,
        "dead": books.dead,
        "balanced": actor.conserved(),
        **({"own": own} if (own := of_actor(actor)) else {}),
    }


def of_actor(actor: Address) -> Any:
    """What the actor says of itself, masked; a mistake in that is shown, not raised."""
    try:
        return codec.mask_value(actor.describe())
    except Exception as error:  # noqa: BLE001 - the code of any actor
        return {"error": codec.mask_text(f"{type(error).__name__}: {error}")}


def of_health(health: Health, now: float) -> dict[str, Any]:
    """State, and why, where there is something to say."""
    shown: dict[str, Any] = {"state": health.state.value}
    if health.why:
        shown["why"] = codec.mask_text(health.why)
    if health.state is State.BACKOFF and health.until is not None:
        shown["again_in"] = max(0.0, health.until - now)
    return shown


def of_envelope(envelope: Envelope, now: float) -> dict[str, Any]:
    """A message in hand: for how long, and how much of its time is left. Below zero, its asker has given up."""
    return {
        "seq": envelope.seq,
        "type": wire_name(type(envelope.message)),
        "kind": envelope.kind,
        "from": envelope.sender,
        "trace": hex_trace(envelope.trace),
        "baggage": dict(envelope.baggage),
        "since": now - envelope.taken_at if envelope.taken_at else 0.0,
        "expected": type(envelope.message).expected,
        "left": None if envelope.deadline == INFINITY else envelope.deadline - now,
    }


def of_dead(core: Core) -> dict[str, dict[str, int]]:
    """Dead letters since the start, by recipient and reason."""
    shown: dict[str, dict[str, int]] = {}
    for (to, reason), count in core.dead.counts.items():
        shown.setdefault(to or "nobody", {})[reason] = count
    return shown


def of_edges(core: Core) -> list[dict[str, Any]]:
    """How long asks took from one actor to another, by class: exact quantiles over what the recorder holds.

    From sending to the reply, so the time in the mailbox is included. The actors of a pool are counted together, and
    so is what no actor sent, as ``""``.
    """
    taken: dict[tuple[str, str, str], list[float]] = {}
    for record in core.flight:
        envelope = record.envelope
        if envelope.kind == "ask" and record.point in {"replied", "failed"}:
            edge = pool_of(envelope.sender), pool_of(envelope.to), recorded_name(envelope.message)
            taken.setdefault(edge, []).append(record.at - envelope.sent_at)
    return [
        {"from": sender, "to": to, "type": kind, "count": len(times), **_quantiles(sorted(times))}
        for (sender, to, kind), times in sorted(taken.items())
    ]


def of_graph(core: Core, *, since: float = -INFINITY, hidden: str = "") -> dict[str, Any]:
    """Who sent how many messages to whom, the busiest first, from what the recorder holds.

    The actors of a pool are counted together, and so is what no actor sent, as ``""``.

    Args:
      core: of the mesh.
      since: only messages that ended after this, on the clock of the run.
      hidden: messages of this origin are left out.
    """
    types: dict[tuple[str, str], Counter[str]] = {}
    errors: Counter[tuple[str, str]] = Counter()
    first = now = core.now()
    for record in core.flight:
        envelope = record.envelope
        if record.at <= since or envelope.baggage.get("origin") == hidden:
            continue
        edge = pool_of(envelope.sender), pool_of(envelope.to)
        types.setdefault(edge, Counter())[recorded_name(envelope.message).partition("@")[0]] += 1
        errors[edge] += record.point not in {"replied", "taken"}
        first = min(first, record.at)
    found = sorted(types.items(), key=lambda item: (-item[1].total(), item[0]))
    edges = [
        {"from": edge[0], "to": edge[1], "count": count.total(), "errors": errors[edge], "types": dict(count)}
        for edge, count in found
    ]
    messages = sum(count.total() for count in types.values())
    return {"seconds": now - first, "messages": messages, "edges": edges}


def _quantiles(times: list[float]) -> dict[str, float]:
    return {**{name: times[ceil(q * len(times)) - 1] for name, q in QUANTILES}, "max": times[-1]}


def pool_of(name: str) -> str:
    """The name of an actor without its key."""
    return name.partition("[")[0]
