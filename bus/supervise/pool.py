"""Actors of one class by key: started on the first message, put to rest when idle (G2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

import attrs
import trio

from bus.keep import restart
from bus.keep.exits import STOPPED, Exit, ExitKind
from bus.keep.health import FINE, Health, NodeHealth, State, ended, roll_up, strained
from bus.keep.limits import Backoff
from bus.message.envelope import INFINITY
from bus.run.actor import Actor
from bus.run.address import Books
from bus.run.core import Core
from bus.run.handlers import Handlers
from bus.run.running import RunningActor
from bus.see.metrics import Metrics
from bus.supervise.child import RunningChild
from bus.supervise.spec import Pool

MakeActor = Callable[[str, Callable[[], Actor], str], RunningActor]
"""Called with name, factory and key."""
DONE = {ExitKind.STOPPED, ExitKind.REFUSED}
"""Ends after which a member has nothing left to do."""


class Member:
    """One key of a pool."""

    def __init__(self, key: str, actor: RunningActor, places: Places, backoff: Backoff) -> None:
        self.key = key
        self.actor = actor
        self.places = places
        self.child = RunningChild(actor, backoff)
        self.due: float | None = None
        self.look_at = INFINITY
        """When something is to be done about it."""
        self.queued = False
        """Waits for a place among the living."""
        self.unfinished = False
        """It lived, or was to live again, when the pool ended: the next run of the pool brings it back."""

    @property
    def restful(self) -> bool:
        """Whether it could be put to rest."""
        return self.child.up and not self.child.expected and self.actor.idle

    @property
    def idle_since(self) -> float:
        return max(self.actor.last_active, self.child.past.ready_at or 0.0)


@attrs.define(eq=False)
class Places:
    """Those for members of one rank."""

    living: dict[str, Member] = attrs.field(factory=dict[str, Member])
    """Those first that have been idle longest."""
    leaving: int = 0
    """How many of the living are on their way to rest."""
    lent: int = 0
    """How many of the living do not count, as they wait for what may take as long as it likes."""
    queue: deque[Member] = attrs.field(factory=deque[Member])


class RunningPool:
    """A running pool. The books and metrics of members that have gone are kept with the pool."""

    def __init__(self, core: Core, spec: Pool, handlers: Handlers, make_actor: MakeActor) -> None:
        self.name = spec.name
        self.stop_within = spec.limits.stop_within + spec.limits.cleanup_within + 1.0
        self.cleanup_within = spec.limits.cleanup_within
        self.handlers = handlers
        self.metrics = Metrics()
        self.retired = Books()
        self._core = core
        self._spec = spec
        self._make_actor = make_actor
        self._members: dict[str, Member] = {}
        self._places: dict[int, Places] = {}
        self._sleep = trio.CancelScope()
        self.budget = restart.Budget(spec.intensity)
        self._exit: Exit | None = None
        self._nursery: trio.Nursery | None = None
        self._disposed = False
        self._restarts = 0
        self._health = Health(State.STARTING)

    # --- as an address ------------------------------------------------------------------------------------

    def address_for(self, key: str | None) -> RunningActor | None:
        if key is None or self._disposed:
            return None
        member = self._members.get(key) or self._add(key)
        self._activate(member)
        return member.actor

    def _add(self, key: str) -> Member:
        actor = self._make_actor(f"{self.name}[{key}]", partial(self._spec.factory, key), key)
        actor.metrics = self.metrics
        rank = self._spec.rank(key)
        places = self._places.setdefault(rank, Places())
        member = self._members[key] = Member(key, actor, places, self._spec.backoff)
        actor.on_idle = partial(self._rested, member)
        actor.on_lent = partial(self._lent, places)
        return member

    def addresses(self) -> Iterable[RunningActor]:
        return [member.actor for member in self._members.values()]

    # --- living -------------------------------------------------------------------------------------------

    def _activate(self, member: Member) -> None:
        """Bring a member to life unless it lives, waits for its turn, or the pool is not running."""
        if member.child.running or member.due is not None or member.queued:
            return
        if self._nursery is None or self._exit is not None:
            return
        places = member.places
        if places.queue or not self._has_room(places):
            member.queued = True
            places.queue.append(member)
            self._make_room(places)
        else:
            self._begin(member, self._nursery)

    def _begin(self, member: Member, nursery: trio.Nursery) -> None:
        member.places.living[member.key] = member
        member.unfinished = False
        member.child.begin()
        nursery.start_soon(self._live, member, name=member.actor.name)

    async def _live(self, member: Member) -> None:
        exit = await member.child.live(partial(self._is_up, member))
        del member.places.living[member.key]
        member.places.leaving -= member.child.expected and self._exit is None
        if self._exit is None:
            self._settle(member, exit)
            self._fill(member.places)
        else:
            member.unfinished = member.unfinished or exit.kind not in DONE

    def _is_up(self, member: Member) -> None:
        self._plan(member, self._core.now() + self._spec.idle)

    def _settle(self, member: Member, exit: Exit) -> None:
        """Decide what becomes of a member whose incarnation has ended."""
        if exit.kind is ExitKind.REFUSED:
            self._remove(member, exit.error)
        elif exit.kind not in DONE:
            self._crashed(member, exit)
        elif member.actor.queued:
            self._activate(member)  # a message came while it went to rest
        else:
            self._remove(member)

    def _crashed(self, member: Member, exit: Exit) -> None:
        self.budget, decision = member.child.decide(self.budget, exit, self._core)
        if isinstance(decision, Exit):
            member.unfinished = True
            self._end(decision)
            return
        member.due = decision
        member.actor.restarting(decision, str(exit))
        self._restarts += 1
        self._plan(member, decision)

    def _remove(self, member: Member, error: BaseException | None = None) -> None:
        member.actor.dispose(error)
        books, retired = member.actor.books, self.retired
        retired.sent += books.sent
        retired.handled += books.handled
        retired.dead += books.dead
        del self._members[member.key]

    # --- places -------------------------------------------------------------------------------------------

    def _has_room(self, places: Places) -> bool:
        return len(places.living) - places.lent < self._spec.limit

    def _too_many(self, places: Places) -> int:
        """How many of the living would have to go for all to live who wait for that."""
        waiting = len(places.queue)
        return waiting and waiting + len(places.living) - places.lent - self._spec.limit

    def _lent(self, places: Places, change: int) -> None:
        """More, or fewer, of the living do not count."""
        places.lent += change
        if self._exit is None:
            self._fill(places)

    def _fill(self, places: Places) -> None:
        """Give free places to those who wait for one."""
        while places.queue and self._nursery is not None and self._has_room(places):
            member = places.queue.popleft()
            member.queued = False
            self._begin(member, self._nursery)

    def _rested(self, member: Member) -> None:
        """It has become idle."""
        _put_last(member)
        self._make_room(member.places)

    def _make_room(self, places: Places) -> None:
        """Put to rest as many idle members as wait for a place, those that were idle longest first."""
        while self._too_many(places) > places.leaving and self._exit is None:
            longest = next((member for member in places.living.values() if member.restful), None)
            if longest is None:
                return
            self._rest(longest)

    def _rest(self, member: Member) -> None:
        """From this very step on the member begins no message: one that comes now waits for its next incarnation."""
        if self._nursery is None:  # pragma: no cover - who could rest lives, and so does the nursery
            raise RuntimeError("not running")
        member.places.leaving += 1
        _put_last(member)  # so that nobody comes by it who looks for one to put to rest
        member.child.expected = True
        member.actor.request_stop()
        self._nursery.start_soon(member.child.see_off, member.child.life, name=f"rest of {member.actor.name}")

    async def restart_member(self, key: str) -> None:
        """Stop a member and start it again, as an operator's act: it spends no budget. Returns once it has stopped.

        Raises LookupError when there is none of that key.
        """
        member = self._members[key]
        life = member.child.life
        if member.child.running and not member.child.expected:
            self._rest(member)
        while member.child.running and member.child.life == life:
            await member.child.changed.wait()
        member.due = None
        self.address_for(key)

    # --- agenda -------------------------------------------------------------------------------------------

    def _plan(self, member: Member, at: float) -> None:
        """Look at a member then, and not when it was planned before."""
        member.look_at = at
        self._sleep.deadline = min(self._sleep.deadline, at)

    def _look(self, member: Member, now: float) -> None:
        """Start a member that is due, rest one that has been idle for long enough."""
        if member.due is not None:
            member.due = None
            self._activate(member)
        elif member.child.up and not member.child.expected:
            rest_at = (member.idle_since if member.actor.idle else now) + self._spec.idle
            if rest_at <= now:
                self._rest(member)
            else:
                self._plan(member, rest_at)

    async def _keep_agenda(self) -> Exit:
        while self._exit is None:
            nearest = min((member.look_at for member in self._members.values()), default=INFINITY)
            with trio.CancelScope(deadline=nearest) as self._sleep:
                await trio.sleep_forever()
            now = self._core.now()
            for member in [member for member in self._members.values() if member.look_at <= now]:
                member.look_at = INFINITY
                self._look(member, now)
        return self._exit

    # --- as a node ----------------------------------------------------------------------------------------

    async def run(self, ready: Callable[[], None]) -> Exit:
        """Keep the members until a stop is asked for or the budget is spent."""
        self._exit, self._disposed = None, False
        for places in self._places.values():
            places.leaving = 0
        self.budget = restart.Budget(self._spec.intensity)
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            self._health = Health(State.READY)
            ready()
            self._bring_back()
            try:
                exit = await self._keep_agenda()
            finally:  # also when something that is no Exception comes through a member
                self._nursery = None
                self._health = Health(State.STOPPING)
                with trio.CancelScope(shield=True):
                    await self._stop_members()
        self._health = ended(exit)
        return exit

    def _bring_back(self) -> None:
        """After a restart of the pool: start whom a message or unfinished work waits for, forget the others."""
        for member in list(self._members.values()):
            if member.unfinished or member.actor.queued:
                self._activate(member)
            else:
                self._remove(member)

    async def _stop_members(self) -> None:
        for member in self._members.values():
            resting = member.child.expected or not member.child.running
            member.unfinished = member.unfinished or member.due is not None or not resting
            member.due, member.queued, member.look_at = None, False, INFINITY
        for places in self._places.values():
            places.queue.clear()
        async with trio.open_nursery() as nursery:
            for member in self._living():
                nursery.start_soon(member.child.stop, name=f"stop of {member.actor.name}")

    def _end(self, exit: Exit) -> None:
        self._exit = self._exit or exit
        self._sleep.cancel(reason="the pool has to end")

    def request_stop(self) -> None:
        self._end(STOPPED)

    def cancel(self) -> None:
        for member in self._living():
            member.actor.cancel()

    def force(self) -> None:
        for member in self._living():
            member.child.hurry()

    def _living(self) -> list[Member]:
        return [member for places in self._places.values() for member in places.living.values()]

    def restarting(self, until: float, why: str) -> None:
        self._health = Health(State.BACKOFF, why, until=until)
        for member in self._members.values():
            member.actor.restarting(until, why)

    def dispose(self) -> None:
        self._disposed = True
        for member in list(self._members.values()):
            self._remove(member)

    def node_health(self) -> NodeHealth:
        health = self._health
        if health.state is State.READY:
            members = ((member.actor.name, member.actor.health) for member in self._members.values())
            strain = strained(self.budget, self._core.now())
            health = roll_up(members, strain, fine=FINE | {State.STARTING})
        return NodeHealth(self.name, health, restarts=self._restarts)


def _put_last(member: Member) -> None:
    living = member.places.living
    living[member.key] = living.pop(member.key)
