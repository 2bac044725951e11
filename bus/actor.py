"""The base class of actors: what a subsystem writes and what it may use (handlers are bound in ``message.py``)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, TypeVarTuple, cast

import attrs

from bus.errors import BootError
from bus.message import CONCURRENT, HANDLES, Command, Lane, Message, Request, Stream

if TYPE_CHECKING:
    from bus.bus import Bus
    from bus.cell import Cell
    from bus.timers import Timers

CommandT = TypeVar("CommandT", bound=Command)
ArgsT = TypeVarTuple("ArgsT")


KINDS: tuple[type[Any], ...] = (Request, Stream, Command)


@attrs.frozen
class Handler:
    """How one message class is handled by one actor class."""

    kind: type[Message]
    method: Callable[..., Coroutine[Any, Any, Any]]
    limit: int
    """Messages at once; 0 means one at a time, in the mailbox loop."""
    isolated: bool
    """Whether a crash ends nothing but its own message."""
    streams: bool
    control: bool


Handlers = dict[type[Message], Handler]


def handlers_of(actor: type[Actor]) -> Handlers:
    """The handler table of an actor class. Raises BootError when a class is handled twice or wrongly."""
    table: Handlers = {}
    for name, method in inspect.getmembers(actor, inspect.isfunction):
        kind: Any = getattr(method, HANDLES, None)
        if kind is None:
            continue
        if kind in table:
            raise BootError(
                f"{actor.__name__} handles {kind.__name__} twice: {table[kind].method.__name__}, {name}"
            )
        if not issubclass(kind, KINDS):
            raise BootError(f"{actor.__name__}.{name} handles {kind.__name__}, which is no kind of message")
        limit, isolated = cast("tuple[int, bool]", getattr(method, CONCURRENT, (0, False)))
        control = kind.lane is Lane.CONTROL
        table[kind] = Handler(
            kind=kind,
            method=method,
            limit=0 if control else limit,
            isolated=isolated and not control,
            streams=issubclass(kind, Stream),
            control=control,
        )
    return table


class Actor:
    """One part of the mesh: private state and handlers that run one message at a time.

    Subclass it; the constructor is yours and runs again at every restart, so state never survives a crash. The
    runtime sets :attr:`bus` before :meth:`start`. Everything here is for the actor's own code.
    """

    handlers: ClassVar[Handlers] = {}

    bus: Bus
    _cell: Cell

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.handlers = handlers_of(cls)

    def bind(self, bus: Bus, cell: Cell) -> None:
        """Called by the runtime before :meth:`start`."""
        self.bus = bus
        self._cell = cell

    async def start(self) -> None:
        """Get ready; messages wait meanwhile. Raise Unavailable for an outage, anything else is a failed start."""

    async def on_stop(self) -> None:
        """Clean up after the last message. Its time is bounded, and it is not run when ``start`` failed."""

    def spawn(self, function: Callable[[*ArgsT], Coroutine[Any, Any, None]], *args: *ArgsT) -> None:
        """Run a background task that ends with this actor. An exception in it crashes the actor."""
        self._cell.spawn(function, *args)

    def drain(self, kind: type[CommandT], where: Callable[[CommandT], bool] | None = None) -> list[CommandT]:
        """Take the waiting commands of a class (for which `where` holds) out of turn, in order, without waiting."""
        return self._cell.drain(kind, where)

    def degraded(self, why: str | None) -> None:
        """Say that the actor works, but not well, and why; None when it is well again."""
        self._cell.set_degraded(why)

    @property
    def stopping(self) -> bool:
        """Whether this incarnation was asked to end: a long handler should come to a good place and return."""
        return self._cell.exit is not None

    @property
    def timers(self) -> Timers:
        """Messages to oneself, later."""
        return self._cell.timers

    @property
    def key(self) -> str | None:
        """Which actor of its pool this is; None outside a pool."""
        return self._cell.key

    def describe(self) -> dict[str, Any]:
        """State for the console, without secrets. Override to show more."""
        return {}
