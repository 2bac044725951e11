"""What an operator may do to the actors of a running tree, and what he may know of each (G9, G10, G17)."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs

from bus import snapshot
from bus.errors import BootError, BusError
from bus.message import Command, Event, Message, Request, wire_name
from bus.pool import Keyed
from bus.supervisor import Group, Node

if TYPE_CHECKING:
    from bus.cell import Cell
    from bus.deadletter import Buried
    from bus.mesh import Mesh


@attrs.define(eq=False, kw_only=True)
class UnknownActor(BusError):
    """Nothing in the tree has that name."""

    name: str
    near: tuple[str, ...] = ()
    """Names that look alike."""

    def __str__(self) -> str:
        hint = f": did you mean {' or '.join(map(repr, self.near))}?" if self.near else ""
        return f"there is no actor {self.name!r}{hint}"


@attrs.define(eq=False, kw_only=True)
class NotPossible(BusError):
    """What was asked for makes no sense for that actor or message; the text says why."""

    reason: str

    def __str__(self) -> str:
        return self.reason


class Control:
    """Acts and views that need the whole tree. Set by the mesh as :attr:`bus.Bus.control`."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh

    # --- acts ---------------------------------------------------------------------------------------------

    def suspend(self, name: str) -> str:
        """Let an actor take no more work until :meth:`resume`; returns its full name. Control messages still come."""
        cell = self._cell(name)
        if not cell.running:
            raise NotPossible(reason=f"{cell.name} is not running: it is {cell.health.state.value}")
        cell.suspend()
        return cell.name

    def resume(self, name: str) -> str:
        """Undo :meth:`suspend`; returns the actor's full name."""
        cell = self._cell(name)
        cell.resume()
        return cell.name

    async def restart(self, name: str) -> str:
        """Stop an actor, pool or supervisor and start it again, spending no restart budget; returns its full name.

        Raises NotPossible when whoever would have to do it is not running.
        """
        for group in self._mesh.groups.values():
            if name in group.slots:
                try:
                    await group.restart_child(name)
                except BootError as error:
                    raise NotPossible(reason=str(error)) from error
                return name
        cell = self._cell(name)
        pool = next(pool for pool in self._mesh.pools() if cell.name.startswith(f"{pool.name}["))
        await pool.restart_member(str(cell.key))
        return cell.name

    async def send(self, message: Message) -> Any:
        """Send a request and return its reply; a command or an event returns None. Raises NotPossible for a stream."""
        bus = self._mesh.bus
        if isinstance(message, Request):
            ask: Any = bus.ask
            return await ask(message)
        if isinstance(message, Command):
            await bus.tell(message)
        elif isinstance(message, Event):
            await bus.publish(message)
        else:
            raise NotPossible(reason=f"{wire_name(type(message))} is a stream, which only actors open")
        return None

    def buried(self, seq: int) -> Buried | None:
        """A dead letter that is still kept."""
        return self._mesh.core.dead.find(seq)

    async def resend(self, entry: Buried) -> Any:
        """Send a lost message once more, in its trace and caused by it. Ends like :meth:`send`."""
        with self._mesh.bus.following(entry.envelope, "operator"):
            return await self.send(entry.envelope.message)

    # --- views --------------------------------------------------------------------------------------------

    def describe(self, name: str) -> dict[str, Any]:
        """All there is to know of one actor, or of a pool as a whole, without secrets."""
        for pool in self._mesh.pools():
            if pool.name == name:
                return self._describe_pool(pool)
        cell = self._cell(name)
        limits = attrs.asdict(cell.limits) | {"overflow": cell.limits.overflow.value}
        return {
            **snapshot.of_cell(cell),
            "limits": limits,
            "handles": sorted(wire_name(kind) for kind in cell.handlers),
            "messages": cell.metrics.snapshot(),
            "own": snapshot.of_actor(cell),
        }

    def _describe_pool(self, pool: Keyed) -> dict[str, Any]:
        return {
            "name": pool.name,
            **snapshot.of_health(pool.node_health().health, self._mesh.core.now()),
            "members": [snapshot.of_cell(cell) for cell in pool.cells()],
            "handles": sorted(wire_name(kind) for kind in pool.handlers),
            "messages": pool.metrics.snapshot(),
        }

    def tree(self) -> dict[str, Any]:
        """The supervision tree with health and restart budgets."""
        return self._branch(self._mesh.root)

    def _branch(self, node: Node) -> dict[str, Any]:
        found = node.node_health()
        shown: dict[str, Any] = {
            "name": node.name,
            "kind": "supervisor"
            if isinstance(node, Group)
            else "pool"
            if isinstance(node, Keyed)
            else "actor",
            **snapshot.of_health(found.health, self._mesh.core.now()),
            "restarts": found.restarts,
        }
        if isinstance(node, Group | Keyed):
            left, intensity = node.budget
            shown["budget"] = {"left": left, "of": intensity.restarts, "per": intensity.per}
        if isinstance(node, Group):
            shown["strategy"] = node.strategy
            shown["children"] = [self._branch(slot.node) for slot in node.slots.values()]
        if isinstance(node, Keyed):
            shown["members"] = len(list(node.cells()))
        return shown

    def unbalanced(self) -> list[str]:
        """Actors whose books do not balance; empty unless the runtime has a bug (G9)."""
        return self._mesh.unbalanced()

    # --- names --------------------------------------------------------------------------------------------

    def _cell(self, name: str) -> Cell:
        """An actor by its name; one of a pool also by the beginning of its key, ``conversation[3f2a``."""
        cells = {cell.name: cell for cell in self._mesh.bus.routes.cells()}
        if name in cells:
            return cells[name]
        start = name.rstrip("]…")
        found = [cell for cell in cells.values() if cell.key is not None and cell.name.startswith(start)]
        if "[" in start and len(found) == 1:
            return found[0]
        if name in set(self._names()):
            raise NotPossible(reason=f"{name} is no actor; name one of those in it")
        near = [cell.name for cell in found[:3]] or difflib.get_close_matches(name, self._names(), n=3)
        raise UnknownActor(name=name, near=tuple(near))

    def _names(self) -> Iterator[str]:
        yield from self._mesh.groups
        for group in self._mesh.groups.values():
            yield from group.slots
