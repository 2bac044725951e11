"""One actor as a node of the tree: what a supervisor runs for a :class:`bus.spec.Child`."""

from collections.abc import Callable, Iterable

from bus.cell import Cell
from bus.exits import Exit
from bus.health import NodeHealth
from bus.metrics import Metrics


class Single:
    """An actor that exists once."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.name = cell.name
        self.stop_within = cell.limits.stop_within
        self.cleanup_within = cell.limits.cleanup_within

    def cell_for(self, key: str | None, *, create: bool = True) -> Cell | None:
        return self.cell

    @property
    def metrics(self) -> Metrics:
        return self.cell.metrics

    def cells(self) -> Iterable[Cell]:
        return (self.cell,)

    async def run(self, ready: Callable[[], None]) -> Exit:
        return await self.cell.run(ready)

    def request_stop(self) -> None:
        self.cell.request_stop()

    def cancel(self) -> None:
        self.cell.cancel()

    def force(self) -> None:
        self.cell.force()

    def restarting(self, until: float, why: str) -> None:
        self.cell.restarting(until, why)

    def dispose(self) -> None:
        self.cell.dispose()

    def node_health(self) -> NodeHealth:
        return NodeHealth(self.name, self.cell.health, restarts=max(0, self.cell.incarnation - 1))
