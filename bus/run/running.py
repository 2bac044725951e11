"""The life of one actor: start, handle messages, end, and again (G10, G13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs
import trio

from bus.keep.exits import STOPPED, Exit, ExitKind, FaultKind, exit_for, sort_fault
from bus.keep.health import READY, NodeHealth, ended
from bus.keep.limits import Intensity, Limits
from bus.keep.restart import Budget
from bus.message.envelope import Envelope, Waiter
from bus.message.errors import ActorError
from bus.run.actor import Actor
from bus.run.address import Address
from bus.run.bus import Bus
from bus.run.core import Core
from bus.run.handlers import Handlers
from bus.run.serving import Serving
from bus.run.timers import Timers
from bus.see.blackbox import stand
from bus.see.tapevent import Point


class RunningActor(Address):
    """An actor with all its incarnations: what a supervisor runs for a :class:`bus.Child`."""

    def __init__(
        self,
        core: Core,
        bus: Bus,
        name: str,
        factory: Callable[[], Actor],
        handlers: Handlers,
        limits: Limits,
        key: str | None = None,
    ) -> None:
        super().__init__(core, name, handlers, limits, key)
        self.bus = bus
        self.stop_within = limits.stop_within
        self.cleanup_within = limits.cleanup_within
        self.timers = Timers(self, bus.sender)
        self._factory = factory
        self._serving = Serving(self)
        self._stop_requested = False
        self._starting: trio.CancelScope | None = None
        self._cleaning: trio.CancelScope | None = None
        self._forced = False

    # --- as an owner and as a node of the tree ------------------------------------------------------------

    def address_for(self, key: str | None) -> RunningActor | None:
        return self

    def addresses(self) -> Iterable[RunningActor]:
        return (self,)

    def node_health(self) -> NodeHealth:
        return NodeHealth(self.name, self.health, restarts=max(0, self.incarnation - 1))

    def request_stop(self) -> None:
        """No new message; the current one ends, then ``on_stop``."""
        self._stop_requested = True
        if self._starting is not None:
            self._starting.cancel(reason="stopped while starting")
        self.fail(STOPPED)

    def cancel(self) -> None:
        """Cancel what still runs, clean-up excepted."""
        if self.nursery is not None:
            self.fail(Exit(ExitKind.FORCED, detail="it was cancelled"))
            self.nursery.cancel_scope.cancel(reason=f"{self.name} did not stop in time")

    def force(self) -> None:
        """Cancel clean-up too."""
        self.cancel()
        self._forced = True
        if self._cleaning is not None:
            self._cleaning.cancel(reason=f"{self.name} did not clean up in time")

    def blockers(self, envelope: Envelope) -> tuple[tuple[Waiter, ...], ...]:
        if self._starting is not None or self._cleaning is not None:
            return ((self,),)
        return super().blockers(envelope)

    # --- life ---------------------------------------------------------------------------------------------

    async def run(self, ready: Callable[[], None]) -> Exit:
        """Live one incarnation. Returns why it ended; raises only what is not ours to handle."""
        self.incarnation += 1
        self.exit, self.ending = None, trio.Event()
        self._borne = Budget(Intensity())
        self._stop_requested = self.disposed = self._forced = False
        self.condition.begin()
        stand(self.context())
        self._forget_timers()
        actor: Actor | None = None
        try:
            actor = self.actor = self._factory()
            actor.bind(self.bus, self, self.timers)
        except Exception as error:  # noqa: BLE001 - a constructor may raise anything
            exit = Exit(ExitKind.START_FAILED, error)
        else:
            exit = await self._live(actor, ready)
        self.actor = None
        self.condition.lifecycle = ended(exit)
        self._show_exit(exit)
        return exit

    def _forget_timers(self) -> None:
        """Timers end with their incarnation, those included whose message still waits (G24)."""
        self.timers = Timers(self, self.bus.sender)
        for queue in self.queues:
            for envelope in queue.drain(lambda each: each.kind == "timer"):
                self.bury(envelope, "abandoned", "timer of an earlier incarnation")

    def _show_exit(self, exit: Exit) -> None:
        point: Point = "stopped" if exit.kind is ExitKind.STOPPED else "crashed"
        if getattr(self.core.taps, point):
            self.core.taps.actor(point, self.name, detail=str(exit))
        if point == "crashed":
            fields = {"actor": self.name, "exit": str(exit)}
            if isinstance(exit.error, ActorError):  # foreseen: its text says it all
                self.core.log("warning", "actor ended", fields)
            else:
                self.core.log("error", "actor crashed", {**fields, "error": exit.error})

    async def _live(self, actor: Actor, ready: Callable[[], None]) -> Exit:
        started = False
        try:
            async with trio.open_nursery() as nursery:
                self.nursery = nursery
                started = await self._start(actor)
                if started:
                    self.running = self.exit is None
                    self.condition.lifecycle = READY
                    if self.core.taps.started:
                        self.core.taps.actor("started", self.name, detail=f"incarnation {self.incarnation}")
                    ready()
                    await self._serving.run()
                    await self._serving.settle()
                nursery.cancel_scope.cancel(reason="the actor has ended")
        except BaseException as error:  # noqa: BLE001 - a nursery may raise anything
            if sort_fault(error)[0] is not FaultKind.CANCELLED:
                self.fail(exit_for(error))
        finally:
            self.running = False
            self.nursery = None
        if started:
            await self._clean_up(actor)
        return self.exit or Exit(ExitKind.FORCED)

    async def _start(self, actor: Actor) -> bool:
        stand(attrs.evolve(self.context(), waiter=self))
        scope = self._starting = trio.move_on_after(self.limits.start_within)
        try:
            with scope:
                await actor.start()
        except BaseException as error:
            if sort_fault(error)[0] is FaultKind.CANCELLED:
                raise
            self.fail(self._start_failure(error))
        finally:
            self._starting = None
        if scope.cancelled_caught and not self._stop_requested:
            self.fail(Exit(ExitKind.START_TIMEOUT, detail=f"not ready within {self.limits.start_within:g} s"))
        return self.exit is None

    def _start_failure(self, error: BaseException) -> Exit:
        exit = exit_for(error)
        if exit.kind is ExitKind.OUTAGE:
            return exit
        refused = self.key is not None and isinstance(exit.error, ActorError)
        return Exit(ExitKind.REFUSED if refused else ExitKind.START_FAILED, exit.error)

    async def _clean_up(self, actor: Actor) -> None:
        stand(attrs.evolve(self.context(), waiter=self))
        with trio.CancelScope(
            shield=True, deadline=trio.current_time() + self.limits.cleanup_within
        ) as scope:
            self._cleaning = scope
            if self._forced:
                scope.cancel(reason=f"{self.name} has no time to clean up")
            try:
                await actor.on_stop()
            except BaseException as error:
                if sort_fault(error)[0] is FaultKind.CANCELLED:
                    raise
                self.core.log("error", "clean-up failed", {"actor": self.name, "error": error})
        self._cleaning = None
        if scope.cancelled_caught and (self.exit is None or self.exit.kind is ExitKind.STOPPED):
            self.exit = Exit(ExitKind.FORCED, detail="its clean-up was cut short")
