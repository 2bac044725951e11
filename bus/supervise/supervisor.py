"""Carries out what ``restart.py`` decides: starts children in order, stops them in reverse (G10, G13)."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial

import trio

from bus.keep import restart
from bus.keep.exits import STOPPED, Exit, ExitKind
from bus.keep.health import Health, NodeHealth, State, ended, roll_up, strained
from bus.keep.restart import Past
from bus.message.envelope import INFINITY
from bus.message.errors import BootError
from bus.run.core import Core
from bus.supervise.child import Node, RunningChild
from bus.supervise.spec import Node as Spec
from bus.supervise.spec import Supervisor

Step = Callable[[], Awaitable[Exit | None]]
"""What a supervisor does between two decisions; an exit ends it."""


class RunningSupervisor:
    """A running supervisor."""

    stop_within = INFINITY
    cleanup_within = INFINITY

    def __init__(self, core: Core, spec: Supervisor, nodes: list[Node]) -> None:
        self.name = spec.name
        self.strategy: restart.Strategy = spec.strategy
        self._core = core
        self._spec = spec
        self.children = {
            node.name: RunningChild(node, child.backoff)
            for node, child in zip(nodes, spec.children, strict=True)
        }
        self.budget = restart.Budget(spec.intensity)
        self._due: dict[str, float] = {}
        self._exits: deque[tuple[RunningChild, Exit]] = deque()
        self._requests: deque[tuple[Step, trio.Event]] = deque()
        self._wake = trio.Event()
        self._stopping = False
        self._nursery: trio.Nursery | None = None
        self._health = Health(State.STARTING)
        self._runs = 0

    # --- as a node ----------------------------------------------------------------------------------------

    def request_stop(self) -> None:
        self._stopping = True
        self._stir()

    def cancel(self) -> None:
        self.force()

    def force(self) -> None:
        """Each child is forced when its turn comes: the order is kept, only the patience ends."""
        for child in self.children.values():
            child.hurry()

    def restarting(self, until: float, why: str) -> None:
        self._health = Health(State.BACKOFF, why, until=until)
        for child in self.children.values():
            child.node.restarting(until, why)

    def dispose(self) -> None:
        for child in self.children.values():
            child.node.dispose()

    def node_health(self) -> NodeHealth:
        children = tuple(child.node.node_health() for child in self.children.values())
        health = self._health
        if health.state is State.READY:
            strain = strained(self.budget, self._core.now())
            health = roll_up(((child.name, child.health) for child in children), strain)
        return NodeHealth(self.name, health, restarts=max(0, self._runs - 1), children=children)

    async def run(self, ready: Callable[[], None]) -> Exit:
        """Start the children in order, keep them running, stop them in reverse."""
        self.budget = restart.Budget(self._spec.intensity)
        self._due, self._stopping = {}, False
        for child in self.children.values():
            child.past = Past()
        self._exits.clear()
        self._runs += 1
        self._health = Health(State.STARTING)
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            try:
                exit = await self._boot()
                if exit is None:
                    self._health = Health(State.READY)
                    ready()
                    exit = await self._keep_running()
            finally:  # also when something that is no Exception comes through a child
                self._nursery = None
                self._health = Health(State.STOPPING)
                with trio.CancelScope(shield=True):
                    await self._stop_all()
        self._health = ended(exit)
        return exit

    # --- starting -----------------------------------------------------------------------------------------

    async def _boot(self) -> Exit | None:
        """Start all children; None when this is done. A failure here is final: there was nothing to keep up.

        A child that an outage keeps from starting is no failure. It waits, and with it whom the strategy takes along.
        """
        for name, child in self.children.items():
            if name in self._due:
                continue
            exit = await self._start(child)
            if self._stopping:
                return STOPPED
            if exit is not None and exit.kind is not ExitKind.OUTAGE:
                where = f"{name}: {exit.detail}" if exit.detail else name
                return Exit(ExitKind.START_FAILED, exit.error, detail=where)
            if exit is not None:
                await self._act(child, exit)
        return None

    async def _start(self, child: RunningChild) -> Exit | None:
        """Start one child and wait until it is up (None), or has ended before that (its exit).

        A stop that is asked for meanwhile stops the child too.
        """
        if self._nursery is None:  # pragma: no cover - only called inside run
            raise RuntimeError("not running")
        self._due.pop(child.node.name, None)
        child.begin()
        self._nursery.start_soon(self._run_child, child, name=f"{self.name}/{child.node.name}")
        while child.running and not child.ready:
            if self._stopping:
                await child.stop()
                return None
            await self._sleep()
        return None if child.ready else self._take_exit(child)

    def _take_exit(self, child: RunningChild) -> Exit:
        entry = next(entry for entry in self._exits if entry[0] is child)
        self._exits.remove(entry)
        return entry[1]

    async def _run_child(self, child: RunningChild) -> None:
        exit = await child.live(self._stir)
        if not child.expected:
            self._exits.append((child, exit))
        self._stir()

    def _stir(self) -> None:
        """Something has happened that this supervisor may have to act on."""
        self._wake.set()

    # --- keeping up ---------------------------------------------------------------------------------------

    async def _keep_running(self) -> Exit:
        while not self._stopping:
            final = await self._step()
            if final is not None:
                return final
        return STOPPED

    async def _step(self) -> Exit | None:
        """Do the next thing that is to be done, or wait until there is one; the exit of this group once it ends."""
        if self._exits:
            return await self._act(*self._exits.popleft())
        if self._requests:
            work, done = self._requests.popleft()
            try:
                return await work()
            finally:
                done.set()
        if (name := self._next_due()) is not None:
            return await self._start_again(self.children[name])
        await self._sleep(min(self._due.values(), default=INFINITY))
        return None

    async def _sleep(self, until: float = INFINITY) -> None:
        """Until something happens, or until then."""
        with trio.CancelScope(deadline=until):
            await self._wake.wait()
        self._wake = trio.Event()

    def _next_due(self) -> str | None:
        now = self._core.now()
        return next((name for name in self.children if self._due.get(name, now + 1) <= now), None)

    async def _start_again(self, child: RunningChild) -> Exit | None:
        exit = await self._start(child)
        return None if exit is None else await self._act(child, exit)

    async def _act(self, child: RunningChild, exit: Exit) -> Exit | None:
        """Decide about a child's end and carry it out; the exit of this group when it gives up."""
        if exit.kind is ExitKind.STOPPED:  # by somebody else
            child.down = True
            self._due.pop(child.node.name, None)
            child.node.dispose()
            return None
        self.budget, decision = child.decide(self.budget, exit, self._core)
        if isinstance(decision, Exit):
            return decision
        await self._bring_back(child.node.name, decision, str(exit))
        return None

    async def _bring_back(self, name: str, at: float, why: str) -> None:
        """Stop whom the strategy takes along with a child, and have them all started again."""
        names = restart.taken_along(self.strategy, tuple(self.children), name)
        affected = [child for other in names if not (child := self.children[other]).down]
        for child in reversed(affected):
            await child.stop()
        for child in affected:
            self._due[child.node.name] = at
            child.node.restarting(at, why)

    # --- on request ---------------------------------------------------------------------------------------

    async def _request(self, work: Step) -> None:
        """Have something done between two decisions, by the supervisor's own task, and wait for its end."""
        if self._nursery is None or self._stopping:
            raise BootError(f"{self.name} is not running")
        done = trio.Event()
        self._requests.append((work, done))
        self._stir()
        await done.wait()

    async def restart_child(self, name: str) -> None:
        """Stop a child and start it again, as an operator's act: it spends no budget. Also revives one that is down.

        Returns after the start, whether it succeeded or not; from then on the usual rules apply. Raises LookupError
        when there is no such child, BootError when this supervisor is not running.
        """
        if name not in self.children:
            raise LookupError(f"{self.name} has no child {name!r}")
        await self._request(partial(self._restart, self.children[name]))

    async def _restart(self, child: RunningChild) -> Exit | None:
        await child.stop()
        child.node.restarting(self._core.now(), "restarted by an operator")
        return await self._start_again(child)

    async def start_child(self, spec: Spec, node: Node) -> Exit | None:
        """Add a child and start it; None once it is up. One that does not come up is not added: its exit is returned.

        Raises BootError when this supervisor is not running.
        """
        outcome: list[Exit | None] = []
        await self._request(partial(self._add, RunningChild(node, spec.backoff), outcome))
        return outcome[0] if outcome else STOPPED

    async def _add(self, child: RunningChild, outcome: list[Exit | None]) -> Exit | None:
        self.children[child.node.name] = child
        exit = await self._start(child)
        if exit is None and child.expected:
            exit = STOPPED
        if exit is not None:
            del self.children[child.node.name]
            child.node.dispose()
        outcome.append(exit)
        return None

    # --- stopping -----------------------------------------------------------------------------------------

    async def _stop_all(self) -> None:
        """In reverse order. Mailboxes stay: this group may be started again."""
        for child in reversed(self.children.values()):
            await child.stop()
        while self._requests:
            self._requests.popleft()[1].set()
