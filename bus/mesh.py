"""A running tree of actors: build it from its spec, check it, run it, stop it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial

import trio

from bus import restart
from bus.actor import Actor, Handlers, handlers_of
from bus.bus import Bus
from bus.cell import Cell
from bus.core import Core, Log, silent
from bus.errors import BootError
from bus.exits import Exit, ExitKind
from bus.health import NodeHealth
from bus.nodes import Single
from bus.pool import Keyed
from bus.spec import Child, Limits, Node, Pool, Supervisor, actor_class
from bus.supervisor import Group, shielded
from bus.supervisor import Node as RunningNode


class Mesh:
    """Everything of one bus: its tree, its actors, its end."""

    def __init__(self, spec: Supervisor, core: Core) -> None:
        self.core = core
        self.bus = Bus(core)
        self.groups: dict[str, Group] = {}
        self._names: set[str] = set()
        self.root = self._group(spec)
        self.bus.health = self.health
        self.exit: Exit | None = None
        self._ready = trio.Event()
        self._ended = trio.Event()

    # --- building -----------------------------------------------------------------------------------------

    def _group(self, spec: Supervisor) -> Group:
        self._claim(spec.name)
        group = self.groups[spec.name] = Group(
            self.core, spec, [self._node(child) for child in spec.children]
        )
        return group

    def _claim(self, name: str) -> None:
        if not name or name in self._names:
            raise BootError(
                f"two nodes of the tree are called {name!r}" if name else "a node of the tree has no name"
            )
        self._names.add(name)

    def _node(self, spec: Node) -> RunningNode:
        if isinstance(spec, Supervisor):
            return self._group(spec)
        self._claim(spec.name)
        handlers = handlers_of(actor_class(spec))
        if isinstance(spec, Child):
            single = Single(self._cell(spec.name, spec.factory, None, handlers=handlers, limits=spec.limits))
            self.bus.routes.add(single, handlers.values())
            return single
        return self._pool(spec, handlers)

    def _pool(self, spec: Pool, handlers: Handlers) -> Keyed:
        for kind in handlers:
            if kind.key_field is None:
                raise BootError(f"pool {spec.name!r} handles {kind.__name__}, which names no key field")
        pool = Keyed(self.core, spec, handlers, partial(self._cell, handlers=handlers, limits=spec.limits))
        self.bus.routes.add(pool, handlers.values())
        return pool

    def _cell(
        self, name: str, factory: Callable[[], Actor], key: str | None, *, handlers: Handlers, limits: Limits
    ) -> Cell:
        cell = Cell(self.core, self.bus, name, factory, handlers, limits, key)
        cell.on_exit = self.bus.went_down
        return cell

    # --- running ------------------------------------------------------------------------------------------

    async def start_child(self, spec: Child | Pool, under: str | None = None) -> None:
        """Add a child to a running supervisor (the root by default) and wait until it is up.

        Raises BootError when it does not come up at the first try.
        """
        group = self.root if under is None else self.groups[under]
        node = self._node(spec)
        state = restart.ChildState(
            name=spec.name,
            restart=spec.restart,
            backoff=spec.backoff,
            significant=spec.significant,
            status="waiting",
        )
        group.add(state, node)
        slot = group.slots[spec.name]
        tried = False
        while not slot.up:
            await slot.changed.wait()
            tried = tried or slot.running
            if not slot.up and not slot.running:
                raise BootError(f"{spec.name} did not start: {slot.node.node_health().health.why}")

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Run the tree to its end, shielded: only :meth:`stop` ends it."""
        exit = await shielded(self.root.run, partial(self._is_ready, task_status))
        self.root.dispose()
        self.exit = exit
        self._ended.set()
        if not self._ready.is_set():
            raise BootError(str(exit)) from exit.error

    def _is_ready(self, task_status: trio.TaskStatus[None]) -> None:
        self._ready.set()
        task_status.started()

    async def wait(self) -> Exit:
        """Wait for the end of the tree and say why it came."""
        await self._ended.wait()
        return self.exit or Exit(ExitKind.STOPPED)

    async def stop(self) -> Exit:
        """Stop everything in reverse order and say how it ended."""
        self.root.request_stop()
        return await self.wait()

    def force(self) -> None:
        """Cut the stop short: cancel everything, clean-up included."""
        self.root.request_stop()
        self.root.force()

    # --- looking ------------------------------------------------------------------------------------------

    def health(self) -> NodeHealth:
        return self.root.node_health()

    def pools(self) -> Iterator[Keyed]:
        for group in self.groups.values():
            for slot in group.slots.values():
                if isinstance(slot.node, Keyed):
                    yield slot.node

    def unbalanced(self) -> list[str]:
        """Cells whose books do not balance, with their counters; empty unless the runtime has a bug (G9)."""
        return [
            f"{cell.name}: sent {cell.books.sent} != handled {cell.books.handled} + dead {cell.books.dead}"
            f" + queued {len(cell.mailbox)} + in hand {cell.in_hand}"
            for cell in self.bus.routes.cells()
            if not cell.conserved()
        ]


@asynccontextmanager
async def open_mesh(
    tree: Supervisor,
    *,
    seed: int | None = None,
    log: Log = silent,
    complete: bool = True,
    boot_id: str | None = None,
) -> AsyncGenerator[Mesh]:
    """Run a tree for the duration of a block; it is stopped in order when the block is left.

    Args:
      tree: the root supervisor.
      seed: makes ids and jitter repeat from run to run.
      log: where the runtime reports crashes and the like.
      boot_id: what tells this start from all others; made up if None.
      complete: refuse to start when a message of a served front door has no owner.

    Raises BootError before the block is entered when the tree is faulty or a child does not start.
    """
    mesh = Mesh(tree, Core(seed=seed, log=log, boot_id=boot_id))
    if complete:
        mesh.bus.routes.check_complete()
    failure: Exception | None = None
    async with trio.open_nursery() as nursery:
        keeper = trio.CancelScope(shield=True)
        nursery.start_soon(_keep_deadlines, mesh.core, keeper)
        try:
            await _start(nursery, mesh)
            yield mesh
        except Exception as error:  # noqa: BLE001 - raised again below, outside of the nursery, which would wrap it
            failure = error
        finally:
            with trio.CancelScope(shield=True):
                if mesh.exit is None:
                    await mesh.stop()
            keeper.cancel(reason="the mesh has ended")
    if failure is not None:
        raise failure


async def _start(nursery: trio.Nursery, mesh: Mesh) -> None:
    """Wait until the tree is up; a cancellation meanwhile stops it in order."""
    try:
        await nursery.start(mesh.run)
    except BaseException:
        mesh.root.request_stop()
        raise


async def _keep_deadlines(core: Core, scope: trio.CancelScope) -> None:
    with scope:
        await core.deadlines.run(core.now)
