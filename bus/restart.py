"""What a supervisor does when a child ends: a pure function (G10). The supervisor only carries it out.

Vocabulary and rules are OTP's, with Akka's backoff, and one distinction of our own: a bug spends the restart
budget, an outage only waits.
"""

from typing import Literal

import attrs

from bus.exits import NORMAL, Exit, ExitKind
from bus.spec import Backoff, Intensity, Node, Restart, Strategy

Status = Literal["running", "waiting", "down"]


@attrs.frozen(kw_only=True)
class ChildState:
    """What is remembered of one child."""

    name: str
    restart: Restart = Restart.PERMANENT
    backoff: Backoff = attrs.field(factory=Backoff)
    significant: bool = False
    status: Status = "waiting"
    failures: int = 0
    """Ends in a row without enough health between them."""
    ready_at: float | None = None
    """When its present incarnation became ready."""
    outage_since: float | None = None


def newborn(spec: Node) -> ChildState:
    """A child that has not been started yet."""
    return ChildState(
        name=spec.name, restart=spec.restart, backoff=spec.backoff, significant=spec.significant
    )


@attrs.frozen(kw_only=True)
class Group:
    """What is remembered of one supervisor. Children in start order."""

    strategy: Strategy
    children: tuple[ChildState, ...]
    intensity: Intensity = attrs.field(factory=Intensity)
    outages: Literal["endure"] | float = "endure"
    stop_when: Literal["any", "all"] | None = None
    crashes: tuple[float, ...] = ()
    """When budget was spent, oldest first."""

    def child(self, name: str) -> ChildState:
        return next(child for child in self.children if child.name == name)

    def with_child(self, changed: ChildState) -> "Group":
        children = tuple(changed if child.name == changed.name else child for child in self.children)
        return attrs.evolve(self, children=children)


@attrs.frozen
class Stop:
    """Stop these children, one after the other, each fully before the next."""

    names: tuple[str, ...]


@attrs.frozen
class StartAt:
    """Start these children in order, not before `at`."""

    names: tuple[str, ...]
    at: float


@attrs.frozen
class GiveUp:
    """Stop all children in reverse order and end with this exit."""

    exit: Exit


Action = Stop | StartAt | GiveUp


def became_ready(group: Group, name: str, now: float) -> Group:
    """Note that a child is up."""
    return group.with_child(attrs.evolve(group.child(name), status="running", ready_at=now))


def decide(
    group: Group, name: str, exit: Exit, now: float, random: float
) -> tuple[Group, tuple[Action, ...]]:
    """What to do about the end of a child.

    Args:
      group: state before; the result holds the state after.
      name: the child that ended by itself (ends that the supervisor asked for are not reported here).
      exit: why.
      now: seconds, any origin.
      random: in [0, 1), picks the jitter of the backoff.
    """
    child = group.child(name)
    if not _returns(child, exit):
        group = group.with_child(attrs.evolve(child, status="down", ready_at=None))
        return group, _end_of_group(group, child, exit)
    if exit.kind is ExitKind.OUTAGE:
        since = child.outage_since
        if since is None or _was_well(child, now):
            since = now
        child = attrs.evolve(child, outage_since=since)
        if group.outages != "endure" and now - since >= group.outages:
            return group.with_child(child), (GiveUp(Exit(ExitKind.OUTAGE, exit.error, detail=name)),)
    else:
        child = attrs.evolve(child, outage_since=None)
        group = attrs.evolve(group, crashes=spent(group.crashes, exit, now, group.intensity.per))
        if len(group.crashes) > group.intensity.restarts:
            detail = f"{len(group.crashes)} crashes within {group.intensity.per:g} s, last: {name} {exit}"
            return group, (GiveUp(Exit(ExitKind.RESTART_LIMIT, exit.error, detail=detail)),)
    failures = 1 if _was_well(child, now) else child.failures + 1
    group = group.with_child(attrs.evolve(child, failures=failures, ready_at=None, status="waiting"))
    return _restart(group, name, now + child.backoff.delay(failures, random))


def _returns(child: ChildState, exit: Exit) -> bool:
    if exit.kind is ExitKind.STOPPED:
        return False
    if child.restart is Restart.TRANSIENT:
        return exit.kind is not ExitKind.NORMAL
    return child.restart is Restart.PERMANENT


def _end_of_group(group: Group, child: ChildState, exit: Exit) -> tuple[Action, ...]:
    if group.stop_when is None or not child.significant:
        return ()
    others = any(other.significant and other.status != "down" for other in group.children)
    if group.stop_when == "all" and others:
        return ()
    well = exit.kind in {ExitKind.NORMAL, ExitKind.STOPPED}
    return (GiveUp(NORMAL if well else attrs.evolve(exit, detail=child.name)),)


def _was_well(child: ChildState, now: float) -> bool:
    return child.ready_at is not None and now - child.ready_at >= child.backoff.forgiven_after


def spent(crashes: tuple[float, ...], exit: Exit, now: float, per: float) -> tuple[float, ...]:
    """The sliding window of crashes after one more, or after giving back what a quarantined message has spent."""
    recent = [at for at in crashes if now - at < per]
    if not exit.refund:
        return (*recent, now)
    earlier = exit.refund - 1  # this crash is not counted at all
    return tuple(recent[: max(0, len(recent) - earlier)])


def left(crashes: tuple[float, ...], intensity: Intensity, now: float) -> int:
    """How many more crashes a supervisor bears now."""
    return max(0, intensity.restarts - sum(now - at < intensity.per for at in crashes))


def _restart(group: Group, name: str, at: float) -> tuple[Group, tuple[Action, ...]]:
    """Stop whom the strategy takes along, in reverse, and start them again with the failed child."""
    names = [child.name for child in group.children]
    index = names.index(name)
    first = {"one_for_one": index, "rest_for_one": index, "one_for_all": 0}[group.strategy]
    last = index + 1 if group.strategy == "one_for_one" else len(names)
    affected = [child for child in group.children[first:last] if child.status != "down"]
    stopping = tuple(child.name for child in reversed(affected) if child.status == "running")
    starting = tuple(child.name for child in affected if child.restart is not Restart.TEMPORARY)
    for child in affected:
        status: Status = "waiting" if child.name in starting else "down"
        group = group.with_child(attrs.evolve(group.child(child.name), status=status, ready_at=None))
    actions: list[Action] = [Stop(stopping)] if stopping else []
    return group, (*actions, StartAt(starting, at))
