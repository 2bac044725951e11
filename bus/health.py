"""How an actor is, and how that rolls up along the tree (G14)."""

from collections.abc import Iterable
from enum import Enum

import attrs

from bus.exits import Exit, ExitKind


class State(Enum):
    STARTING = "starting"
    READY = "ready"
    DEGRADED = "degraded"
    BACKOFF = "backoff"
    """Waits before its next start."""
    SUSPENDED = "suspended"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


@attrs.frozen
class Health:
    state: State
    why: str | None = None
    until: float | None = None
    """When a backoff ends, in seconds on the clock of the run."""


@attrs.frozen
class NodeHealth:
    """One node of the supervision tree as the outside sees it."""

    name: str
    health: Health
    restarts: int = 0
    children: tuple["NodeHealth", ...] = ()


def ended(exit: Exit) -> Health:
    """Health of what has ended that way."""
    if exit.kind in {ExitKind.STOPPED, ExitKind.NORMAL}:
        return Health(State.STOPPED)
    return Health(State.FAILED, str(exit))


FINE = {State.READY, State.STOPPED, State.STOPPING}


def roll_up(children: Iterable[NodeHealth]) -> Health:
    """Health of a supervisor: degraded as soon as one child is not well, naming the first of them."""
    for child in children:
        if child.health.state not in FINE:
            why = f"{child.name} is {child.health.state.value}"
            return Health(State.DEGRADED, f"{why}: {child.health.why}" if child.health.why else why)
    return Health(State.READY)
