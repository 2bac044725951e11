"""Being told when an actor goes down (G12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import trio

from bus.exits import Exit

if TYPE_CHECKING:
    from bus.cell import Cell


@attrs.frozen
class Down:
    """An incarnation has ended. Delivered exactly once to each watcher."""

    actor: str
    incarnation: int
    reason: str


class Watches:
    """Who waits for whose end. A watch ends with its watcher, since it is a wait of one of its tasks."""

    def __init__(self) -> None:
        self._waiting: dict[Cell, list[tuple[trio.Event, list[Down]]]] = {}

    async def wait(self, cell: Cell) -> Down:
        """Park until the current incarnation of `cell` ends."""
        entry: tuple[trio.Event, list[Down]] = (trio.Event(), [])
        self._waiting.setdefault(cell, []).append(entry)
        try:
            await entry[0].wait()
        except trio.Cancelled:
            watchers = self._waiting[cell]
            watchers.remove(entry)
            if not watchers:
                del self._waiting[cell]
            raise
        return entry[1][0]

    def notify(self, cell: Cell, exit: Exit) -> None:
        for event, downs in self._waiting.pop(cell, ()):
            downs.append(Down(cell.name, cell.incarnation, str(exit)))
            event.set()
