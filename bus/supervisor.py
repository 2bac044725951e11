"""Carries out what ``restart.py`` decides: starts children in order, stops them in reverse (G10, G13).

Since trio cancels all tasks of a nursery at once, in no order, children run shielded from outside and the
supervisor alone drives their stop: ask politely, wait, cancel, wait for clean-up, force.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

import attrs
import trio

from bus import restart
from bus.core import Core
from bus.exits import STOPPED, Exit, ExitKind
from bus.health import Health, NodeHealth, State, roll_up
from bus.spec import Supervisor


class Node(Protocol):
    """Anything a supervisor can run: an actor, a pool, another supervisor."""

    name: str
    stop_within: float
    """Seconds between the polite request and the cancellation."""
    cleanup_within: float

    async def run(self, ready: Callable[[], None]) -> Exit:
        """Live once; call `ready` when up; return why it ended."""
        ...

    def request_stop(self) -> None: ...
    def cancel(self) -> None: ...
    def force(self) -> None: ...

    def restarting(self, until: float, why: str) -> None:
        """It will be started again at that time."""
        ...

    def dispose(self) -> None:
        """It will not be started again."""
        ...

    def node_health(self) -> NodeHealth: ...


class Slot:
    """One child of a supervisor over all its incarnations."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.running = False
        self.expected = False
        """Its end was asked for, so it is no news."""
        self.up = False
        self.changed = trio.Event()

    def note(self) -> None:
        changed, self.changed = self.changed, trio.Event()
        changed.set()

    async def stop(self) -> None:
        """The ladder: ask, cancel, force."""
        if not self.running:
            return
        self.expected = True
        self.node.request_stop()
        for patience, escalate in (
            (self.node.stop_within, self.node.cancel),
            (self.node.cleanup_within, self.node.force),
        ):
            with trio.move_on_after(patience):
                await self._ended()
            if not self.running:
                return
            escalate()
        await self._ended()

    async def _ended(self) -> None:
        while self.running:
            await self.changed.wait()


class Group:
    """A running supervisor."""

    stop_within = float("inf")
    cleanup_within = float("inf")

    def __init__(self, core: Core, spec: Supervisor, nodes: list[Node]) -> None:
        self.name = spec.name
        self._core = core
        self._spec = spec
        self.slots = {node.name: Slot(node) for node in nodes}
        self._state = self._fresh_state()
        self._due: dict[str, float] = {}
        self._exits: deque[tuple[Slot, Exit]] = deque()
        self._wake = trio.Event()
        self._stopping = False
        self._nursery: trio.Nursery | None = None
        self._health = Health(State.STARTING)
        self._forced = False
        self._asked: deque[tuple[str, trio.Event]] = deque()

    def _fresh_state(self) -> restart.Group:
        spec = self._spec
        return restart.Group(
            strategy=spec.strategy,
            intensity=spec.intensity,
            outages=spec.outages,
            stop_when=spec.stop_when,
            children=tuple(
                restart.ChildState(
                    name=child.name,
                    restart=child.restart,
                    backoff=child.backoff,
                    significant=child.significant,
                )
                for child in spec.children
            ),
        )

    # --- as a node ----------------------------------------------------------------------------------------

    def request_stop(self) -> None:
        self._stopping = True
        self._wake.set()

    def cancel(self) -> None:
        for slot in self.slots.values():
            slot.node.cancel()

    def force(self) -> None:
        self._forced = True
        for slot in self.slots.values():
            slot.node.force()

    def restarting(self, until: float, why: str) -> None:
        self._health = Health(State.BACKOFF, why, until=until)

    def dispose(self) -> None:
        for slot in self.slots.values():
            slot.node.dispose()

    def node_health(self) -> NodeHealth:
        children = tuple(slot.node.node_health() for slot in self.slots.values())
        health = roll_up(children) if self._health.state is State.READY else self._health
        return NodeHealth(self.name, health, children=children)

    async def run(self, ready: Callable[[], None]) -> Exit:
        """Start the children in order, keep them running, stop them in reverse."""
        self._state, self._due, self._stopping = self._fresh_state(), {}, False
        self._exits.clear()
        self._health = Health(State.STARTING)
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            try:
                exit = await self._live(ready)
            finally:  # also when something that is no Exception comes through a child
                self._health = Health(State.STOPPING)
                with trio.CancelScope(shield=True):
                    await self._stop_all()
        self._health = Health(State.STOPPED if exit.kind is ExitKind.STOPPED else State.FAILED, str(exit))
        return exit

    async def _live(self, ready: Callable[[], None]) -> Exit:
        exit = await self._boot()
        if exit is None:
            self._health = Health(State.READY)
            ready()
            exit = await self._keep_running()
        return exit

    # --- starting -----------------------------------------------------------------------------------------

    async def _boot(self) -> Exit | None:
        """Start all children; None when every one is up. A failure here is final: there was nothing to keep up."""
        for name, slot in self.slots.items():
            exit = await self._start(slot)
            if self._stopping:
                return STOPPED
            if exit is None or exit.kind is ExitKind.NORMAL:
                continue
            if exit.kind is ExitKind.OUTAGE and self._spec.outages == "endure":
                self._ended_by_itself(slot, exit)
                continue
            return Exit(ExitKind.START_FAILED, exit.error, detail=f"{name}: {exit}")
        return None

    async def _start(self, slot: Slot) -> Exit | None:
        """Start one child and wait until it is up (None), has ended (its exit), or a stop was asked for."""
        if self._nursery is None:  # pragma: no cover - only called inside run
            raise RuntimeError("not running")
        slot.running, slot.up, slot.expected = True, False, False
        self._nursery.start_soon(self._run_child, slot, name=f"{self.name}/{slot.node.name}")
        while slot.running and not slot.up:
            if self._stopping:
                await slot.stop()
                return STOPPED
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_first, slot.changed, nursery.cancel_scope)
                nursery.start_soon(_first, self._wake, nursery.cancel_scope)
            if self._wake.is_set():
                self._wake = trio.Event()
        if slot.up:
            self._state = restart.became_ready(self._state, slot.node.name, self._core.now())
        return None if slot.running else self._take_exit(slot)

    def _take_exit(self, slot: Slot) -> Exit:
        for entry in self._exits:
            if entry[0] is slot:
                self._exits.remove(entry)
                return entry[1]
        return STOPPED

    async def _run_child(self, slot: Slot) -> None:
        exit = await shielded(slot.node.run, partial(self._is_up, slot))
        slot.running = slot.up = False
        if not slot.expected:
            self._exits.append((slot, exit))
        slot.note()
        self._wake.set()

    def _is_up(self, slot: Slot) -> None:
        slot.up = True
        slot.note()

    # --- keeping up ---------------------------------------------------------------------------------------

    async def _keep_running(self) -> Exit:
        while not self._stopping:
            if self._exits:
                slot, exit = self._exits.popleft()
                final = await self._act(slot, exit)
                if final is not None:
                    return final
            elif self._asked:
                await self._restart_on_request(*self._asked.popleft())
            elif (name := self._next_due()) is not None:
                final = await self._start_again(self.slots[name])
                if final is not None:
                    return final
            else:
                await self._sleep()
        return STOPPED

    async def _sleep(self) -> None:
        """Until something happens or the next child is due."""
        with trio.CancelScope(deadline=min(self._due.values(), default=float("inf"))):
            await self._wake.wait()
        self._wake = trio.Event()

    def _next_due(self) -> str | None:
        now = self._core.now()
        return next((name for name in self.slots if self._due.get(name, now + 1) <= now), None)

    async def _start_again(self, slot: Slot) -> Exit | None:
        del self._due[slot.node.name]
        exit = await self._start(slot)
        return None if exit is None or self._stopping else await self._act(slot, exit)

    async def _act(self, slot: Slot, exit: Exit) -> Exit | None:
        """Carry out the decision about a child's end; the exit of this group when it gives up."""
        for action in self._ended_by_itself(slot, exit):
            match action:
                case restart.Stop(names):
                    for name in names:
                        await self.slots[name].stop()
                case restart.GiveUp(final):
                    return final
                case restart.StartAt():
                    pass
        return None

    def _ended_by_itself(self, slot: Slot, exit: Exit) -> tuple[restart.Action, ...]:
        now = self._core.now()
        self._state, actions = restart.decide(self._state, slot.node.name, exit, now, self._core.ids.random())
        for action in actions:
            if isinstance(action, restart.StartAt):
                for name in action.names:
                    self._due[name] = action.at
                    self.slots[name].node.restarting(action.at, str(exit))
        if self._state.child(slot.node.name).status == "down":
            slot.node.dispose()
        return actions

    async def _restart_on_request(self, name: str, done: trio.Event) -> None:
        slot = self.slots[name]
        await slot.stop()
        self._due[name] = self._core.now()
        done.set()

    async def restart_child(self, name: str) -> None:
        """Stop a child and start it again, as an operator's act: it spends no budget."""
        done = trio.Event()
        self._asked.append((name, done))
        self._wake.set()
        await done.wait()

    # --- growing ------------------------------------------------------------------------------------------

    def add(self, child: restart.ChildState, node: Node) -> None:
        """Add a child to a running group; it is started next."""
        self.slots[node.name] = Slot(node)
        self._state = attrs.evolve(self._state, children=(*self._state.children, child))
        self._due[node.name] = self._core.now()
        self._wake.set()

    async def _stop_all(self) -> None:
        """In reverse order. Mailboxes stay: this group may be started again."""
        for slot in reversed(self.slots.values()):
            await slot.stop()


async def shielded(run: Callable[[Callable[[], None]], Awaitable[Exit]], ready: Callable[[], None]) -> Exit:
    """Run a child out of reach of outer cancellation: its stop is its supervisor's business."""
    with trio.CancelScope(shield=True):
        return await run(ready)
    return Exit(ExitKind.FORCED)  # the scope has no end of its own; for the type checker


async def _first(event: trio.Event, scope: trio.CancelScope) -> None:
    await event.wait()
    scope.cancel()
