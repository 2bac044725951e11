"""What every task of the process is doing, as text (G15): the task tree, with the actor a branch belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import trio

from bus.message.envelope import Envelope, current
from bus.message.message import wire_name
from bus.run.address import Address

_TRIO = str(Path(trio.__file__).parent)


def task_tree() -> str:
    """All tasks of the running loop, children indented below their parents, one a line with where it stands.

    Where a branch of an actor begins, lines marked with ``*`` say how the actor is and what it has in hand.
    """
    root = trio.lowlevel.current_root_task()
    return "" if root is None else "\n".join(_branch(root, None, "")) + "\n"


def _branch(task: trio.lowlevel.Task, above: Address | None, indent: str) -> Iterator[str]:
    context = task.context.get(current)
    target = None if context is None else context.target
    actor = target if isinstance(target, Address) else None
    yield f"{indent}{task.name}  at {_where(task)}"
    if actor is not None and actor is not above:
        yield from (f"{indent}* {line}" for line in _describe(actor))
    for nursery in task.child_nurseries:
        for child in sorted(nursery.child_tasks, key=lambda child: child.name):
            yield from _branch(child, actor, indent + "  ")


def _where(task: trio.lowlevel.Task) -> str:
    """Innermost line of the task that is not trio's own."""
    if task is trio.lowlevel.current_task():
        return "this call"
    place = "a place inside trio"
    for frame, line in task.iter_await_frames():
        if not frame.f_code.co_filename.startswith(_TRIO):
            file = "/".join(Path(frame.f_code.co_filename).parts[-2:])
            place = f"{file}:{line} in {frame.f_code.co_name}"
    return place


def _describe(actor: Address) -> Iterator[str]:
    health, now = actor.health, actor.core.now()
    why = f" ({health.why})" if health.why else ""
    yield f"{actor.name}: {health.state.value}{why}, incarnation {actor.incarnation}, {actor.queued} waiting"
    yield from (_in_hand(envelope, now) for envelope in actor.hands.current)


def _in_hand(envelope: Envelope, now: float) -> str:
    since = f"for {max(0.0, now - envelope.taken_at):.1f} s" if envelope.taken_at else "about to begin"
    return f"  {wire_name(type(envelope.message))} from {envelope.sender or 'outside'} {since}"
