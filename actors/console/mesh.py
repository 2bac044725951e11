"""The mesh as the page draws it: actors, what flows between them, the newest messages. No bodies. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from actors.console.messages import Failing, Flow, Health, Json, MeshMessage, MeshNode, PartHealth
from actors.console.traces import home_of, short_type
from bus import NodeHealth, State, mask_text
from bus.console import TapEvent

Dead = Mapping[str, Mapping[str, int]]
"""Dead letters since the start, by recipient and reason."""

HARMLESS: Final = frozenset({"abandoned", "late_reply"})
"""Reasons for which nobody misses anything: whoever asked had left, as when a person stops an answer."""
DOWN: Final = frozenset({State.FAILED, State.STOPPING, State.STOPPED})


def health_of(tree: NodeHealth, *, version: str, boot_id: str) -> Health:
    """The health of the tree and of each actor. Raises Failing."""
    state = tree.health.state
    if state in DOWN:
        raise Failing(state=state.value)
    return Health(
        status="ok" if state is State.READY else "degraded",
        version=version,
        boot_id=boot_id,
        actors={
            leaf.name: PartHealth(state=leaf.health.state.value, restarts=leaf.restarts)
            for leaf in leaves(tree)
        },
    )


def leaves(node: NodeHealth) -> Iterator[NodeHealth]:
    """The actors of a tree, in order of their start."""
    if not node.children:
        yield node
    for child in node.children:
        yield from leaves(child)


def _why(node: NodeHealth) -> str | None:
    return mask_text(node.health.why) if node.health.why else None


def tree_of(node: NodeHealth, actors: Iterable[Json], dead: Dead, *, reasons: bool) -> MeshNode:
    """The supervision tree with the state, load and losses of each node, from the `actors` and `dead` of a snapshot.

    `reasons`: whether it is said why a node is not well.
    """
    homes: dict[str, list[Json]] = {}
    for actor in actors:
        homes.setdefault(home_of(actor["name"]), []).append(actor)
    return _node(node, homes, dead, _why if reasons else lambda _node: None)


def _node(
    node: NodeHealth, homes: Mapping[str, list[Json]], dead: Dead, why: Callable[[NodeHealth], str | None]
) -> MeshNode:
    shown: dict[str, Any] = {
        "name": node.name,
        "state": node.health.state.value,
        "why": why(node),
        "restarts": node.restarts,
    }
    if node.children:
        children = tuple(_node(child, homes, dead, why) for child in node.children)
        return MeshNode(**shown, kind="supervisor", children=children)
    here = homes.get(node.name, [])
    shown |= {
        "depth": sum(actor["depth"] for actor in here),
        "limit": max((actor["capacity"] for actor in here), default=0),
        "in_hand": sum(len(actor["in_hand"]) for actor in here),
        "handled": sum(actor["handled"] for actor in here),
        "lost": sum(count for reason, count in dead.get(node.name, {}).items() if reason not in HARMLESS),
    }
    if any(actor["name"] == node.name for actor in here):
        return MeshNode(**shown, kind="actor")
    shown["restarts"] += sum(max(0, actor["incarnation"] - 1) for actor in here)
    return MeshNode(**shown, kind="pool", members=len(here))


def flows_of(events: Iterable[TapEvent], seconds: float) -> tuple[Flow, ...]:
    """Messages a second from one node to another, and how many of them failed, of all in so many `seconds`."""
    counts: Counter[tuple[str, str]] = Counter()
    errors: Counter[tuple[str, str]] = Counter()
    for event in events:
        edge = home_of(event.sender), home_of(event.to)
        counts[edge] += 1
        errors[edge] += event.is_error
    return tuple(
        Flow(sender=sender, to=to, rate=round(count / seconds, 2), errors=errors[sender, to])
        for (sender, to), count in sorted(counts.items())
    )


def messages_of(events: Iterable[TapEvent], user: str, now: float) -> tuple[MeshMessage, ...]:
    """The messages that are not for another user, the newest first."""
    seen = [event for event in events if event.baggage.get("user", user) == user]
    return tuple(_message(event, now, own="user" in event.baggage) for event in reversed(seen))


def _message(event: TapEvent, now: float, *, own: bool) -> MeshMessage:
    """One message that came to its end: from where to where, how it went, how long it took.

    Of one that nobody in particular is known to have caused, words and turn are left out: they may be of somebody.
    """
    return MeshMessage(
        id=f"{event.seq}:{home_of(event.to)}",
        type=short_type(event),
        kind=event.kind,
        sender=home_of(event.sender),
        to=home_of(event.to),
        outcome=event.outcome,
        age=round(now - event.at, 3),
        at=round(event.at, 6),
        took=None if event.took is None else round(event.took, 6),
        wait=None if event.wait is None else round(event.wait, 6),
        detail=mask_text(event.detail) if own else "",
        turn=event.baggage.get("turn") if own else None,
    )
