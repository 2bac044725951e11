"""A running tree of actors: build it from its spec, check it, run it, stop it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import trio

from bus.console import Console, Operator
from bus.keep.exits import STOPPED, Exit, ExitKind, leaves
from bus.message.errors import BootError
from bus.run.actor import Actor
from bus.run.bus import Bus
from bus.run.core import Core, Log, silent
from bus.see import blackbox
from bus.supervise.child import RunningChild
from bus.supervise.spec import Supervisor
from bus.supervise.tree import Tree


class Mesh:
    """Everything of one bus: its tree, its actors, its end."""

    def __init__(self, spec: Supervisor, core: Core) -> None:
        self.core = core
        self.bus = Bus(core)
        self.tree = Tree(spec, core, self.bus, self._equip)
        self.root = self.tree.root
        self.console = Console(self.bus, self.tree)
        self.exit: Exit | None = None
        self.interrupt: BaseException | None = None
        """What is no Exception and came through an actor."""
        self._place = RunningChild(self.root, spec.backoff)
        self._place.begin()
        self._ended = trio.Event()

    def _equip(self, actor: Actor) -> None:
        if isinstance(actor, Operator):
            actor.console = self.console

    # --- running ------------------------------------------------------------------------------------------

    async def run(self, scope: trio.CancelScope) -> None:
        """Run the tree to its end, out of reach of cancellation: only :meth:`stop` ends it.

        An interrupt from the keyboard that was raised inside an actor stops the tree too; then `scope` is cancelled.
        """
        try:
            self.exit = await self._place.live()
        except BaseException as error:  # noqa: BLE001 - kept for open_mesh, which raises it without its groups
            found = leaves(error)
            self.interrupt = found[0] if len(found) == 1 else error
            self.exit = Exit(ExitKind.CRASHED, self.interrupt)
            scope.cancel(reason="the tree was interrupted")
        self.root.dispose()
        self._ended.set()

    async def started(self) -> None:
        """Wait until the tree is up. Raises BootError when it ends before that."""
        while self._place.running and not self._place.ready:
            await self._place.changed.wait()
        if not self._place.ready:
            exit = await self.wait()
            raise BootError(str(exit)) from exit.error

    async def wait(self) -> Exit:
        """Wait for the end of the tree and say why it came."""
        await self._ended.wait()
        return self.exit or STOPPED

    async def stop(self) -> Exit:
        """Stop everything in reverse order and say how it ended."""
        self._request_stop()
        return await self.wait()

    def force(self) -> None:
        """Cut the stop short: still in reverse order, but nothing gets time to end or to clean up."""
        self._request_stop()
        self.root.force()

    def _request_stop(self) -> None:
        blackbox.stop()
        self._place.expected = True
        self.root.request_stop()


@asynccontextmanager
async def open_mesh(
    tree: Supervisor,
    *,
    seed: int | None = None,
    log: Log = silent,
    complete: bool = True,
    boot_id: str | None = None,
    made: Callable[[Mesh], None] = lambda _mesh: None,
) -> AsyncGenerator[Mesh]:
    """Run a tree for the duration of a block; it is stopped in order when the block is left.

    Args:
      tree: the root supervisor.
      seed: makes ids and jitter repeat from run to run.
      log: where the runtime reports crashes and the like.
      boot_id: what tells this start from all others; made up if None.
      complete: refuse to start when a message of a served front door has no owner.
      made: called before anything starts, for whoever may have to cut the start and its stop short.

    Raises BootError before the block is entered when the tree is faulty or a child does not start.
    """
    mesh = Mesh(tree, Core(seed=seed, log=log, boot_id=boot_id))
    if complete:
        mesh.bus.routes.check_complete()
    made(mesh)
    failure: BaseException | None = None
    async with trio.open_nursery() as nursery:
        keeper = trio.CancelScope(shield=True)
        nursery.start_soon(_keep_time, mesh.core, keeper)
        nursery.start_soon(mesh.run, nursery.cancel_scope, name=tree.name)
        try:
            await mesh.started()
            yield mesh
        except Exception as error:  # noqa: BLE001 - raised again below, outside of the nursery, which would wrap it
            failure = error
        finally:
            with trio.CancelScope(shield=True):
                await mesh.stop()
            keeper.cancel(reason="the mesh has ended")
    failure = mesh.interrupt or failure
    if failure is not None:
        raise failure


async def _keep_time(core: Core, scope: trio.CancelScope) -> None:
    """Run what watches the clock for all actors, until `scope` is cancelled."""
    with scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(core.deadlines.run, core.now)
            if not core.clock.virtual:
                nursery.start_soon(core.lag.measure)
