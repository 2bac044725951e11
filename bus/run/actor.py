"""The base class of actors: what a subsystem writes and what it may use (handlers are bound in ``message.py``)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from typing import Any, ClassVar, TypeVar, TypeVarTuple

from bus.message.message import Command
from bus.run.address import Address
from bus.run.bus import Bus
from bus.run.handlers import Handlers, handlers_of
from bus.run.timers import Timers

CommandT = TypeVar("CommandT", bound=Command)
ArgsT = TypeVarTuple("ArgsT")


class Actor:
    """One part of the mesh: private state and handlers that run one message at a time.

    Subclass it; the constructor is yours and runs again at every restart, so state never survives a crash. The
    runtime sets :attr:`bus` before :meth:`start`. Everything here is for the actor's own code.
    """

    handlers: ClassVar[Handlers] = {}

    bus: Bus
    timers: Timers
    """Messages to oneself, later."""
    _address: Address

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.handlers = handlers_of(cls)

    def bind(self, bus: Bus, address: Address, timers: Timers) -> None:
        """Called by the runtime before :meth:`start`."""
        self.bus = bus
        self.timers = timers
        self._address = address

    async def start(self) -> None:
        """Get ready; messages wait meanwhile. Raise Unavailable for an outage, anything else is a failed start."""

    async def on_stop(self) -> None:
        """Clean up after the last message. Its time is bounded, and it is not run when ``start`` failed."""

    def spawn(self, function: Callable[[*ArgsT], Coroutine[Any, Any, None]], *args: *ArgsT) -> None:
        """Run a background task that ends with this actor. An exception in it crashes the actor."""
        self._address.spawn(function, *args)

    def drain(self, kind: type[CommandT], where: Callable[[CommandT], bool] | None = None) -> list[CommandT]:
        """Take the waiting commands of a class (for which `where` holds) out of turn, in order, without waiting."""
        return self._address.drain(kind, where)

    def degraded(self, why: str | None) -> None:
        """Say that the actor works, but not well, and why; None when it is well again."""
        self._address.condition.said = why

    def lending_place(self) -> AbstractContextManager[None]:
        """Within it, others live in the place that this actor has in its pool: for a wait that nobody can foresee.

        Afterwards it goes on at once, even if more live then than there are places. Blocks may nest and overlap.
        """
        return self._address.lending_place()

    @property
    def stopping(self) -> bool:
        """Whether this incarnation was asked to end: a long handler should come to a good place and return."""
        return self._address.exit is not None

    async def stopped(self) -> None:
        """Wait until :attr:`stopping` holds."""
        await self._address.ending.wait()

    @property
    def key(self) -> str | None:
        """Which actor of its pool this is; None outside a pool."""
        return self._address.key

    def describe(self) -> dict[str, Any]:
        """State for the console, without secrets. Override to show more."""
        return {}
