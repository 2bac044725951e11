"""Actors of one class by key: started on the first message, put to rest when idle (G2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

import trio

from bus import restart
from bus.actor import Actor, Handlers
from bus.cell import Books, Cell
from bus.core import Core
from bus.exits import STOPPED, Exit, ExitKind
from bus.health import FINE, Health, NodeHealth, State
from bus.metrics import Metrics
from bus.spec import Pool
from bus.supervisor import Slot, shielded

MakeCell = Callable[[str, Callable[[], Actor], str], Cell]
"""Called with name, factory and key."""


class Member:
    """One key of a pool."""

    def __init__(self, cell: Cell, slot: Slot) -> None:
        self.cell = cell
        self.slot = slot
        self.failures = 0
        self.ready_at: float | None = None
        self.due: float | None = None
        """When a crashed one is started again."""
        self.queued = False
        """Waits for a place among the living."""
        self.resting = False
        self.unfinished = False
        """It lived, or was to live again, when the pool ended: the next run of the pool brings it back."""


class Keyed:
    """A running pool. The books and metrics of members that have gone are kept with the pool."""

    def __init__(self, core: Core, spec: Pool, handlers: Handlers, make_cell: MakeCell) -> None:
        self.name = spec.name
        self.stop_within = spec.limits.stop_within + spec.limits.cleanup_within + 1.0
        self.cleanup_within = spec.limits.cleanup_within
        self.handlers = handlers
        self.metrics = Metrics()
        self.retired = Books()
        self._core = core
        self._spec = spec
        self._make_cell = make_cell
        self._members: dict[str, Member] = {}
        self._living = 0
        self._queue: deque[Member] = deque()
        self._crashes: tuple[float, ...] = ()
        self._exit: Exit | None = None
        self._wake = trio.Event()
        self._nursery: trio.Nursery | None = None
        self._disposed = False
        self._restarts = 0
        self._health = Health(State.STARTING)

    # --- as an address ------------------------------------------------------------------------------------

    def cell_for(self, key: str | None, *, create: bool = True) -> Cell | None:
        if key is None:
            return None
        member = self._members.get(key)
        if member is None:
            if not create or self._disposed:
                return None
            member = self._add(key)
        if create:
            self._activate(member)
        return member.cell

    def _add(self, key: str) -> Member:
        cell = self._make_cell(f"{self.name}[{key}]", partial(self._spec.factory, key), key)
        cell.metrics = self.metrics
        member = self._members[key] = Member(cell, Slot(_Place(cell)))
        return member

    def cells(self) -> Iterable[Cell]:
        return [member.cell for member in self._members.values()]

    # --- living -------------------------------------------------------------------------------------------

    def _activate(self, member: Member) -> None:
        """Bring a member to life unless it lives, waits for its turn, or the pool is not running."""
        if member.slot.running or member.due is not None or member.queued or self._nursery is None:
            return
        if self._exit is not None:
            return
        if self._living >= self._spec.limit:
            member.queued = True
            self._queue.append(member)
            self._rest_one()
            return
        self._living += 1
        member.slot.running, member.slot.up, member.resting = True, False, False
        member.slot.expected = False
        self._nursery.start_soon(self._live, member, name=member.cell.name)

    async def _live(self, member: Member) -> None:
        exit = await shielded(member.cell.run, partial(self._is_up, member))
        member.slot.running = member.slot.up = False
        self._living -= 1
        if self._exit is None:
            self._settle(member, exit)
            self._next()
        member.slot.note()
        self._wake.set()

    def _is_up(self, member: Member) -> None:
        member.ready_at = self._core.now()
        member.slot.up = True
        member.slot.note()

    def _settle(self, member: Member, exit: Exit) -> None:
        """Decide what becomes of a member whose incarnation has ended."""
        if exit.kind is ExitKind.REFUSED:
            self._remove(member, exit.error)
        elif exit.kind in {ExitKind.STOPPED, ExitKind.NORMAL}:
            if len(member.cell.mailbox):
                self._activate(member)  # a message came while it went to rest
            else:
                self._remove(member)
        else:
            self._crashed(member, exit)

    def _crashed(self, member: Member, exit: Exit) -> None:
        now = self._core.now()
        backoff = self._spec.backoff
        was_well = member.ready_at is not None and now - member.ready_at >= backoff.forgiven_after
        member.failures = 1 if was_well else member.failures + 1
        member.ready_at = None
        if exit.kind is not ExitKind.OUTAGE:
            intensity = self._spec.intensity
            self._crashes = restart.spent(self._crashes, exit, now, intensity.per)
            if len(self._crashes) > intensity.restarts:
                detail = f"{len(self._crashes)} crashes within {intensity.per:g} s, last: {member.cell.name} {exit}"
                self._exit = Exit(ExitKind.RESTART_LIMIT, exit.error, detail=detail)
                return
        self._restarts += 1
        member.due = now + backoff.delay(member.failures, self._core.ids.random())
        member.cell.restarting(member.due, str(exit))

    def _remove(self, member: Member, error: BaseException | None = None) -> None:
        member.cell.dispose(error)
        books, retired = member.cell.books, self.retired
        retired.sent += books.sent
        retired.handled += books.handled
        retired.dead += books.dead
        del self._members[str(member.cell.key)]

    def _next(self) -> None:
        while self._queue and self._living < self._spec.limit:
            member = self._queue.popleft()
            member.queued = False
            self._activate(member)

    # --- resting ------------------------------------------------------------------------------------------

    def _idle(self) -> list[Member]:
        return [
            member
            for member in self._members.values()
            if member.slot.up and not member.resting and member.cell.idle
        ]

    def _rest(self, member: Member) -> None:
        member.resting = True
        if self._nursery is not None:
            self._nursery.start_soon(member.slot.stop)

    def _rest_one(self) -> None:
        """Make a place by putting the longest idle member to rest, if there is one."""
        idle = self._idle()
        if idle:
            self._rest(min(idle, key=lambda member: member.cell.last_active))

    def _tick(self, now: float) -> float:
        """Start what is due, rest what is idle; when to look again."""
        nearest = float("inf")
        for member in list(self._members.values()):
            if member.due is not None:
                if member.due <= now:
                    member.due = None
                    self._activate(member)
                else:
                    nearest = min(nearest, member.due)
        for member in self._idle():
            until = member.cell.last_active + self._spec.idle
            if until <= now:
                self._rest(member)
            else:
                nearest = min(nearest, until)
        if self._queue:
            self._rest_one()
        return min(nearest, now + self._spec.idle) if self._living else nearest

    # --- as a node ----------------------------------------------------------------------------------------

    async def run(self, ready: Callable[[], None]) -> Exit:
        """Keep the members until a stop is asked for or the budget is spent."""
        self._exit, self._crashes = None, ()
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            self._health = Health(State.READY)
            ready()
            self._bring_back()
            while self._exit is None:
                with trio.CancelScope(deadline=self._tick(self._core.now())):
                    await self._wake.wait()
                self._wake = trio.Event()
            exit = self._exit
            self._nursery = None
            for member in self._members.values():
                member.unfinished = member.due is not None or (member.slot.running and not member.resting)
            async with trio.open_nursery() as stopping:
                for member in self._members.values():
                    stopping.start_soon(member.slot.stop)
            nursery.cancel_scope.cancel(reason=f"{self.name} has ended")
        self._queue.clear()
        self._health = Health(State.STOPPED if exit.kind is ExitKind.STOPPED else State.FAILED, str(exit))
        return exit

    def _bring_back(self) -> None:
        """After a restart of the pool: start whom a message or unfinished work waits for, forget the others."""
        for member in list(self._members.values()):
            member.due, member.queued = None, False
            if member.unfinished or len(member.cell.mailbox):
                self._activate(member)
            else:
                self._remove(member)

    def request_stop(self) -> None:
        self._exit = self._exit or STOPPED
        self._wake.set()

    def cancel(self) -> None:
        for member in self._members.values():
            member.cell.cancel()

    def force(self) -> None:
        for member in self._members.values():
            member.cell.force()

    def restarting(self, until: float, why: str) -> None:
        self._health = Health(State.BACKOFF, why, until=until)

    def dispose(self) -> None:
        self._disposed = True
        for member in list(self._members.values()):
            self._remove(member)

    def node_health(self) -> NodeHealth:
        unwell = [
            member
            for member in self._members.values()
            if member.cell.health.state not in FINE | {State.STARTING}
        ]
        health = self._health
        if health.state is State.READY and unwell:
            first = unwell[0].cell
            health = Health(
                State.DEGRADED, f"{first.name} is {first.health.state.value}: {first.health.why or ''}"
            )
        return NodeHealth(self.name, health, restarts=self._restarts)


class _Place:
    """A pooled cell as the :class:`bus.supervisor.Slot` needs it to drive the stop."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self.name = cell.name
        self.stop_within = cell.limits.stop_within
        self.cleanup_within = cell.limits.cleanup_within
        self.run = cell.run
        self.request_stop = cell.request_stop
        self.cancel = cell.cancel
        self.force = cell.force
        self.restarting = cell.restarting
        self.dispose = cell.dispose

    def node_health(self) -> NodeHealth:
        return NodeHealth(self.name, self._cell.health)
