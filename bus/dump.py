"""What every task of the process is doing, as text (G15): the task tree, with the actor a branch belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import trio

from bus.cell import Cell
from bus.envelope import Envelope, current
from bus.message import wire_name

_TRIO = str(Path(trio.__file__).parent)


def task_tree() -> str:
    """All tasks of the running loop, children indented below their parents, one a line with where it stands.

    Where a branch of an actor begins, lines marked with ``*`` say how the actor is and what it has in hand.
    """
    root = trio.lowlevel.current_root_task()
    return "" if root is None else "\n".join(_branch(root, None, "")) + "\n"


def _branch(task: trio.lowlevel.Task, above: Cell | None, indent: str) -> Iterator[str]:
    context = task.context.get(current)
    cell = context.cell if context is not None else None
    yield f"{indent}{task.name}  at {_where(task)}"
    if cell is not None and cell is not above:
        yield from (f"{indent}* {line}" for line in _describe(cell))
    for nursery in task.child_nurseries:
        for child in sorted(nursery.child_tasks, key=lambda child: child.name):
            yield from _branch(child, cell, indent + "  ")


def _where(task: trio.lowlevel.Task) -> str:
    """Innermost line of the task that is not trio's own."""
    if task is trio.lowlevel.current_task():
        return "this call"
    place = "a place inside trio"
    for frame, line in task.iter_await_frames():
        if not frame.f_code.co_filename.startswith(_TRIO):
            place = f"{_short(frame)}:{line} in {frame.f_code.co_name}"
    return place


def _short(frame: FrameType) -> str:
    return "/".join(Path(frame.f_code.co_filename).parts[-2:])


def _describe(cell: Cell) -> Iterator[str]:
    health, now = cell.health, cell.core.now()
    why = f" ({health.why})" if health.why else ""
    yield f"{cell.name}: {health.state.value}{why}, incarnation {cell.incarnation}, {len(cell.mailbox)} waiting"
    yield from (_in_hand(envelope, now) for envelope in cell.current)


def _in_hand(envelope: Envelope, now: float) -> str:
    since = f"for {max(0.0, now - envelope.taken_at):.1f} s" if envelope.taken_at else "about to begin"
    return f"  {wire_name(type(envelope.message))} from {envelope.sender or 'outside'} {since}"
