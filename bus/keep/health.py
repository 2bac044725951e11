"""How an actor is, from all sources, and how that rolls up along the tree (G14).

Nothing here runs in the background: health is worked out when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

import attrs

from bus.keep.exits import Exit, ExitKind
from bus.keep.restart import Budget
from bus.message.data import Data
from bus.message.message import Message


class State(Enum):
    STARTING = "starting"
    READY = "ready"
    DEGRADED = "degraded"
    BACKOFF = "backoff"
    SUSPENDED = "suspended"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


@attrs.frozen
class Health(Data):
    state: State
    why: str | None = None
    until: float | None = None
    """When a backoff ends, in seconds on the clock of the run."""


@attrs.frozen
class NodeHealth(Data):
    """One node of the supervision tree as the outside sees it."""

    name: str
    health: Health
    restarts: int = 0
    children: tuple[NodeHealth, ...] = ()


READY = Health(State.READY)
FINE = {State.READY, State.STOPPED, State.STOPPING}


def ended(exit: Exit) -> Health:
    """Health of what has ended that way."""
    if exit.kind is ExitKind.STOPPED:
        return Health(State.STOPPED)
    return Health(State.FAILED, str(exit))


def roll_up(
    parts: Iterable[tuple[str, Health]], otherwise: Health = READY, *, fine: set[State] = FINE
) -> Health:
    """Health of a whole: degraded as soon as one part is not well, naming the first of them, else `otherwise`."""
    for name, health in parts:
        if health.state not in fine:
            why = f"{name} is {health.state.value}"
            return Health(State.DEGRADED, f"{why}: {health.why}" if health.why else why)
    return otherwise


def strained(budget: Budget, now: float) -> Health:
    """Degraded while two thirds of a restart budget are spent."""
    recent, intensity = budget.recent(now), budget.intensity
    if not recent or 3 * recent < 2 * intensity.restarts:
        return READY
    return Health(
        State.DEGRADED, f"{recent} of {intensity.restarts} restarts within {intensity.per:g} s are spent"
    )


@attrs.define
class Condition:
    """What the sources have said about the present incarnation of one actor."""

    lifecycle: Health = Health(State.STARTING)
    said: str | None = None
    """Its own words: :meth:`bus.Actor.degraded`."""
    missing: dict[type[Message], str] = attrs.field(factory=dict[type[Message], str])
    """Outages its handlers met, by message class, until one of that class succeeds."""

    def begin(self) -> None:
        """A new incarnation knows nothing of the troubles of the last."""
        self.lifecycle = Health(State.STARTING)
        self.said = None
        self.missing.clear()
