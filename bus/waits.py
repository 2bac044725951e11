"""Who waits for whom, so that a cycle of waiting actors is refused before it forms (G7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bus.cell import Cell


class Waits:
    """Edges from each actor whose mailbox is held up to the actors it waits for.

    Only serial handlers make edges: a concurrent one leaves its actor free to answer.
    """

    def __init__(self) -> None:
        self._edges: dict[Cell, dict[Cell, int]] = {}

    def path(self, source: Cell, target: Cell) -> tuple[str, ...] | None:
        """The cycle that `source` waiting for `target` would close, as names, or None."""
        if source is target:
            return (source.name, target.name)
        if target not in self._edges:
            return None
        trail = self._search(target, source, [source], set())
        return tuple(cell.name for cell in trail) if trail else None

    def _search(self, at: Cell, goal: Cell, trail: list[Cell], seen: set[Cell]) -> list[Cell] | None:
        trail = [*trail, at]
        if at is goal:
            return trail
        seen.add(at)
        for nearer in self._edges.get(at, ()):
            if nearer not in seen and (found := self._search(nearer, goal, trail, seen)):
                return found
        return None

    def add(self, source: Cell, target: Cell) -> None:
        edges = self._edges.setdefault(source, {})
        edges[target] = edges.get(target, 0) + 1

    def remove(self, source: Cell, target: Cell) -> None:
        edges = self._edges[source]
        if edges[target] == 1:
            del edges[target]
            if not edges:
                del self._edges[source]
        else:
            edges[target] -= 1
