"""The nodes of a supervision tree, built from its spec and registered as owners of what they handle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from bus.keep.limits import Limits
from bus.message.errors import BootError
from bus.run.actor import Actor
from bus.run.bus import Bus
from bus.run.core import Core
from bus.run.handlers import Handlers, handlers_of
from bus.run.running import RunningActor
from bus.supervise.child import Node as RunningNode
from bus.supervise.pool import MakeActor, RunningPool
from bus.supervise.spec import Child, Node, Pool, Supervisor, actor_class
from bus.supervise.supervisor import RunningSupervisor


class Tree:
    """All supervisors, pools and actors of one bus.

    Args:
      spec: of the root.
      core: what its actors share.
      bus: by which its actors speak.
      equip: called with every new actor before its start.
    """

    def __init__(self, spec: Supervisor, core: Core, bus: Bus, equip: Callable[[Actor], None]) -> None:
        self._core = core
        self._bus = bus
        self._equip = equip
        self._names: set[str] = set()
        self.groups: dict[str, RunningSupervisor] = {}
        self.root = self._group(spec)

    def _group(self, spec: Supervisor) -> RunningSupervisor:
        self._claim(spec.name)
        group = self.groups[spec.name] = RunningSupervisor(
            self._core, spec, [self._node(child) for child in spec.children]
        )
        return group

    def _claim(self, name: str) -> None:
        if not name:
            raise BootError("a node of the tree has no name")
        if name in self._names:
            raise BootError(f"two nodes of the tree are called {name!r}")
        self._names.add(name)

    def _node(self, spec: Node) -> RunningNode:
        return self._group(spec) if isinstance(spec, Supervisor) else self.leaf(spec)

    def leaf(self, spec: Child | Pool) -> RunningActor | RunningPool:
        """Build an actor or a pool and make it the owner of what it handles. Raises BootError."""
        handlers = handlers_of(actor_class(spec))
        make = partial(self._actor, handlers=handlers, limits=spec.limits)
        if isinstance(spec, Child):
            leaf: RunningActor | RunningPool = make(spec.name, spec.factory, None)
        else:
            leaf = self._pool(spec, handlers, make)
        self._claim(spec.name)
        try:
            self._bus.routes.add(leaf, handlers)
        except BootError:
            self.forget(leaf)
            raise
        return leaf

    def forget(self, leaf: RunningActor | RunningPool) -> None:
        """Undo :meth:`leaf`."""
        self._names.remove(leaf.name)
        self._bus.routes.remove(leaf)

    def _pool(self, spec: Pool, handlers: Handlers, make_actor: MakeActor) -> RunningPool:
        for kind in handlers:
            if kind.key_field is None:
                raise BootError(f"pool {spec.name!r} handles {kind.__name__}, which names no key field")
        return RunningPool(self._core, spec, handlers, make_actor)

    def _actor(
        self, name: str, factory: Callable[[], Actor], key: str | None, *, handlers: Handlers, limits: Limits
    ) -> RunningActor:
        def make() -> Actor:
            actor = factory()
            self._equip(actor)
            return actor

        return RunningActor(self._core, self._bus, name, make, handlers, limits, key)

    def pools(self) -> Iterator[RunningPool]:
        for group in self.groups.values():
            for child in group.children.values():
                if isinstance(child.node, RunningPool):
                    yield child.node
