"""What an operator sees of a running mesh, and what he may do to it (G9, G10, G14, G16, G17)."""

from __future__ import annotations

import difflib
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import attrs

from bus.console import recorded, snapshot
from bus.console.reference import describe_all
from bus.keep.deadletter import Buried
from bus.keep.health import NodeHealth
from bus.message.envelope import INFINITY, Envelope
from bus.message.errors import BootError, BusError, ErrorKind
from bus.message.message import Command, Event, Message, Request, wire_name
from bus.run.actor import Actor
from bus.run.address import Address
from bus.run.bus import Bus
from bus.see.filter import parse
from bus.see.tap import Tap
from bus.see.tapevent import TapEvent
from bus.supervise.child import Node
from bus.supervise.pool import RunningPool
from bus.supervise.supervisor import RunningSupervisor
from bus.supervise.tree import Tree


@attrs.define(eq=False, kw_only=True)
class UnknownActor(BusError):
    """Nothing in the tree has that name."""

    kind: ClassVar[ErrorKind] = "not_found"

    name: str
    near: tuple[str, ...] = ()

    def __str__(self) -> str:
        hint = f": did you mean {' or '.join(map(repr, self.near))}?" if self.near else ""
        return f"there is no actor {self.name!r}{hint}"


@attrs.define(eq=False, kw_only=True)
class NotPossible(BusError):
    """What was asked for makes no sense for that actor or message; the text says why."""

    kind: ClassVar[ErrorKind] = "conflict"

    reason: str

    def __str__(self) -> str:
        return self.reason


class Operator(Actor):
    """An actor that may look into the whole mesh and act on it: the operator's door."""

    console: Console
    """Set by the runtime before ``start``."""


class Console:
    """All that is to be seen and done from outside of the actors. Everything on it is for the trio thread."""

    def __init__(self, bus: Bus, tree: Tree) -> None:
        self._bus = bus
        self._core = bus.core
        self._routes = bus.routes
        self._tree = tree

    # --- acts ---------------------------------------------------------------------------------------------

    def suspend(self, name: str) -> str:
        """Let an actor take no more work until :meth:`resume`; returns its full name. Control messages still come."""
        actor = self._named(name)
        if not actor.running:
            raise NotPossible(reason=f"{actor.name} is not running: it is {actor.health.state.value}")
        actor.suspend()
        return actor.name

    def resume(self, name: str) -> str:
        """Undo :meth:`suspend`; returns the actor's full name."""
        actor = self._named(name)
        actor.resume()
        return actor.name

    async def restart(self, name: str) -> str:
        """Stop an actor, pool or supervisor and start it again, spending no restart budget; returns its full name.

        Raises NotPossible when whoever would have to do it is not running.
        """
        for group in self._tree.groups.values():
            if name in group.children:
                try:
                    await group.restart_child(name)
                except BootError as error:
                    raise NotPossible(reason=str(error)) from error
                return name
        actor = self._named(name)
        pool = next(pool for pool in self._tree.pools() if actor.name.startswith(f"{pool.name}["))
        await pool.restart_member(str(actor.key))
        return actor.name

    async def send(self, message: Message) -> Any:
        """Send a request and return its reply; a command or an event returns None. Raises NotPossible for a stream."""
        bus = self._bus
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

    async def resend(self, entry: Buried) -> Any:
        """Send a lost message once more, in its trace and caused by it. Ends like :meth:`send`."""
        if entry.message is None:
            raise NotPossible(reason=f"{entry.letter.kind} was too large to be kept")
        with self._bus.following(entry.envelope, "operator"):
            return await self.send(entry.message)

    # --- what happens ---------------------------------------------------------------------------------------

    @asynccontextmanager
    async def tap(self, filter: str = "", *, rate: int | None = 200) -> AsyncGenerator[Tap]:
        """See traffic as it happens. Raises FilterError for a filter that cannot be read."""
        tap = Tap(parse(filter), rate=rate)
        self._core.taps.attach(tap)
        try:
            yield tap
        finally:
            self._core.taps.detach(tap)

    def recorded(
        self, filter: str = "", *, since: float = -INFINITY, last: int | None = None
    ) -> list[TapEvent]:
        """What the flight recorder holds, oldest first. Raises FilterError for a filter that cannot be read.

        Only what came after `since` on the clock of the run, and of that the `last` ones. Describing all takes tens
        of milliseconds.
        """
        return recorded.newest(self._core.flight, parse(filter), since, last)

    def traced(self, id: str, *, hidden: str = "") -> list[TapEvent]:
        """What the recorder holds of the traces that `id` means, then what is in hand of them.

        `id` is the beginning of a trace, or of a turn or session that messages are about; messages of the origin
        `hidden` are left out.
        """
        current = [each for each in self._current() if each.baggage.get("origin") != hidden or not hidden]
        return recorded.traced(self._core.flight, current, id, hidden)

    def in_hand(self) -> list[TapEvent]:
        """The messages that are being handled now, as they were when they were taken, oldest first."""
        return [recorded.in_hand(each) for each in sorted(self._current(), key=lambda each: each.taken_at)]

    def _current(self) -> list[Envelope]:
        """What is being handled, without what was only just picked and has not begun."""
        return [each for actor in self._routes.addresses() for each in actor.hands.current if each.taken_at]

    def dead_letters(self) -> Sequence[Buried]:
        """The last thousand lost messages, oldest first."""
        return tuple(self._core.dead.ring)

    def buried(self, seq: int) -> Buried | None:
        """The dead letter of that number, if it is still kept."""
        return self._core.dead.find(seq)

    # --- how things stand -----------------------------------------------------------------------------------

    def health(self) -> NodeHealth:
        """Health of the whole tree."""
        return self._tree.root.node_health()

    def snapshot(self) -> dict[str, Any]:
        """All actors at this instant, as JSON-ready values."""
        return snapshot.of_bus(self._bus)

    def graph(self, *, since: float = -INFINITY, hidden: str = "") -> dict[str, Any]:
        """Who sent how many messages to whom, as JSON-ready values; those of the origin `hidden` are left out."""
        return snapshot.of_graph(self._core, since=since, hidden=hidden)

    def latency(self) -> dict[str, list[dict[str, Any]]]:
        """Times as JSON-ready values: ``classes`` by actor and class, ``edges`` of recent asks by who asked whom."""
        classes = [
            {"actor": owner.name, "type": kind, **series}
            for owner in self._routes.owners()
            for kind, series in owner.metrics.snapshot().items()
        ]
        return {"classes": classes, "edges": snapshot.of_edges(self._core)}

    def messages(self) -> list[dict[str, Any]]:
        """Every message class of the front doors that are served, as JSON-ready values."""
        return describe_all(self._routes.kinds())

    def kinds(self) -> Mapping[str, type[Message]]:
        """Every owned message class by its wire name."""
        return {wire_name(kind): kind for kind in self._routes.kinds()}

    def books(self) -> Mapping[str, tuple[int, int, int, int, int]]:
        """For every actor: sent, handled, dead, queued, in hand."""
        return {
            actor.name: (*attrs.astuple(actor.books), actor.queued, actor.in_hand)
            for actor in self._routes.addresses()
        }

    def unbalanced(self) -> list[str]:
        """Actors whose books do not balance, with their counters; empty unless the runtime has a bug (G9)."""
        return [
            f"{name}: sent {sent} != handled {handled} + dead {dead} + queued {queued} + in hand {in_hand}"
            for name, (sent, handled, dead, queued, in_hand) in self.books().items()
            if sent != handled + dead + queued + in_hand
        ]

    # --- one actor, and the tree ----------------------------------------------------------------------------

    def describe(self, name: str) -> dict[str, Any]:
        """All there is to know of one actor, or of a pool as a whole, without secrets."""
        for pool in self._tree.pools():
            if pool.name == name:
                return self._describe_pool(pool)
        actor = self._named(name)
        return {
            **snapshot.of_address(actor),
            "limits": attrs.asdict(actor.limits),
            "handles": sorted(wire_name(kind) for kind in actor.handlers),
            "messages": actor.metrics.snapshot(),
            "own": snapshot.of_actor(actor),
        }

    def _describe_pool(self, pool: RunningPool) -> dict[str, Any]:
        return {
            "name": pool.name,
            **snapshot.of_health(pool.node_health().health, self._core.now()),
            "members": [snapshot.of_address(actor) for actor in pool.addresses()],
            "handles": sorted(wire_name(kind) for kind in pool.handlers),
            "messages": pool.metrics.snapshot(),
        }

    def tree(self) -> dict[str, Any]:
        """The supervision tree with health and restart budgets."""
        return self._branch(self._tree.root)

    def _branch(self, node: Node) -> dict[str, Any]:
        found = node.node_health()
        shown: dict[str, Any] = {
            "name": node.name,
            "kind": "supervisor"
            if isinstance(node, RunningSupervisor)
            else "pool"
            if isinstance(node, RunningPool)
            else "actor",
            **snapshot.of_health(found.health, self._core.now()),
            "restarts": found.restarts,
        }
        if isinstance(node, RunningSupervisor | RunningPool):
            budget = node.budget
            left = budget.left(self._core.now())
            shown["budget"] = {"left": left, "of": budget.intensity.restarts, "per": budget.intensity.per}
        if isinstance(node, RunningSupervisor):
            shown["strategy"] = node.strategy
            shown["children"] = [self._branch(child.node) for child in node.children.values()]
        if isinstance(node, RunningPool):
            shown["members"] = len(list(node.addresses()))
        return shown

    # --- names --------------------------------------------------------------------------------------------

    def _named(self, name: str) -> Address:
        """An actor by its name; one of a pool also by the beginning of its key, ``conversation[3f2a``."""
        actors = {actor.name: actor for actor in self._routes.addresses()}
        if name in actors:
            return actors[name]
        start = name.rstrip("]…")
        found = [actor for actor in actors.values() if actor.key is not None and actor.name.startswith(start)]
        if "[" in start and len(found) == 1:
            return found[0]
        if name in set(self._names()):
            raise NotPossible(reason=f"{name} is no actor; name one of those in it")
        near = [actor.name for actor in found[:3]] or difflib.get_close_matches(name, self._names(), n=3)
        raise UnknownActor(name=name, near=tuple(near))

    def _names(self) -> Iterator[str]:
        yield from self._tree.groups
        for group in self._tree.groups.values():
            yield from group.children
