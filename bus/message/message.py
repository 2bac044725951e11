"""The four kinds of message, and how a handler is bound to one.

A message is a final, frozen, keyword-only attrs class deriving from :class:`Request`, :class:`Stream`,
:class:`Command` or :class:`Event`. It holds data only. It is routed by its type: each request, stream and
command type has one owner, an event has any number of subscribers (contract: G1, G2). The classes of what is in it and
of replies best derive from :class:`bus.Data`.

Delivery options are class attributes, so they are read where the message is defined::

    @final
    @attrs.frozen(kw_only=True)
    class Search(Request[tuple[Hit, ...]]):
        within: ClassVar[float] = 5.0      # seconds
        query: str
"""

import functools
from collections.abc import Callable, Coroutine
from enum import Enum
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar, cast

import attrs

from bus.message.data import Data

ReplyT = TypeVar("ReplyT")
ReplyT_co = TypeVar("ReplyT_co", covariant=True)
ItemT = TypeVar("ItemT")
ItemT_contra = TypeVar("ItemT_contra", contravariant=True)
ActorT = TypeVar("ActorT")

HANDLES = "__bus_handles__"
"""Attribute a handler carries: the message class it was bound with."""

CONCURRENT = "__bus_concurrent__"
"""Attribute of a handler that runs as tasks of its actor: how many at once, and whether each is isolated."""


class Lane(Enum):
    """Which queue of the mailbox a message waits in (G3)."""

    WORK = "work"
    CONTROL = "control"
    """Handled even while a work handler runs: cancel, follow, approve. 32 places, never waits."""


class Abandon(Enum):
    """What happens to work in progress once its asker has left or its deadline has passed (G6)."""

    CANCEL = "cancel"
    """Stop at the next checkpoint: for work that only reads."""
    FINISH = "finish"
    """Run to the end: for changes of state, which must not stop between two of their steps."""


class Overflow(Enum):
    """What a full mailbox does with one more message (G3)."""

    BLOCK = "block"
    """Its sender waits, until its deadline."""
    REJECT = "reject"
    """Its sender gets MailboxFull at once."""


class Message(Data):
    """Base of every message. Not used directly."""

    __slots__ = ()

    version: ClassVar[int] = 1
    """Part of the wire name; raise it when the shape changes and override :meth:`upcast`."""
    key_field: ClassVar[str | None] = None
    """Field whose value picks one actor of a pool; None routes to a single owner."""
    lane: ClassVar[Lane] = Lane.WORK
    overflow: ClassVar[Overflow] = Overflow.BLOCK
    max_bytes: ClassVar[int] = 256 * 1024
    """Bytes of text and data it may hold; larger things travel by reference. Asked, told or opened with more it is not
    sent. Events are not measured."""
    measured: ClassVar[bool] = True
    """Whether it is measured each time it is sent. False for what grows without end and is put together in here from
    parts that were measured when they came; measuring it all again would make each further one dearer."""
    expected: ClassVar[float] = 60.0
    """Seconds in hand beyond which its actor counts as degraded (G14)."""
    poison_after: ClassVar[int] = 2
    """Crashes of one equal message within the restart window after which it is quarantined (G11)."""

    stored: ClassVar[bool] = False
    """Whether what it asks for is stored and taken up again at the next start, so that a stop loses nothing (G9)."""

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        """Turn a body written by an older `version` of this class into today's shape."""
        return body


class Sink(Protocol[ItemT_contra]):
    """Where the handler of a stream sends its items."""

    async def send(self, item: ItemT_contra, /) -> None:
        """Hand one item to the consumer, waiting while it lags."""
        ...


class Request(Message, Generic[ReplyT_co]):
    """One owner answers with `ReplyT_co`, or with a typed error: ``reply = await bus.ask(request)``."""

    __slots__ = ()

    within: ClassVar[float] = 10.0
    """Seconds an ask may take, unless an enclosing deadline is nearer."""
    abandon: ClassVar[Abandon] = Abandon.CANCEL

    @classmethod
    def handler(
        cls, method: Callable[[ActorT, Self], Coroutine[Any, Any, ReplyT_co]]
    ) -> Callable[[ActorT, Self], Coroutine[Any, Any, ReplyT_co]]:
        """Bind the decorated method as the handler of this request."""
        setattr(method, HANDLES, cls)
        return method


class Stream(Message, Generic[ItemT]):
    """One owner answers with items: ``async with bus.stream(request) as items: async for item in items``.

    `within` bounds the wait for each next item, not the whole stream. The work ends with its consumer, unless
    `abandon` is FINISH: then it goes on and its further items are discarded.
    """

    __slots__ = ()

    within: ClassVar[float] = 600.0
    """Seconds the consumer waits for each next item."""
    expected: ClassVar[float] = 600.0
    abandon: ClassVar[Abandon] = Abandon.CANCEL
    buffer: ClassVar[int] = 64
    """Items that may wait for the consumer before the producer waits."""

    @classmethod
    def handler(
        cls, method: Callable[[ActorT, Self, Sink[ItemT]], Coroutine[Any, Any, None]]
    ) -> Callable[[ActorT, Self, Sink[ItemT]], Coroutine[Any, Any, None]]:
        """Bind the decorated method as the handler of this stream."""
        setattr(method, HANDLES, cls)
        return method


class Command(Message):
    """One owner takes it, nobody answers: ``await bus.tell(command)``."""

    __slots__ = ()

    within: ClassVar[float | None] = None
    """Seconds after which an unhandled command is stale and buried; None keeps it."""

    @classmethod
    def handler(
        cls, method: Callable[[ActorT, Self], Coroutine[Any, Any, None]]
    ) -> Callable[[ActorT, Self], Coroutine[Any, Any, None]]:
        """Bind the decorated method as the handler of this command."""
        setattr(method, HANDLES, cls)
        return method


class Event(Message):
    """Something that happened; every subscriber of its type gets it: ``await bus.publish(event)``.

    What must not be lost is a command, not an event.
    """

    __slots__ = ()


MethodT = TypeVar("MethodT", bound=Callable[..., Coroutine[Any, Any, Any]])


def concurrent(limit: int, *, isolated: bool = False) -> Callable[[MethodT], MethodT]:
    """Let up to `limit` messages of the decorated handler run at once, each as a task of the actor.

    For work that mostly waits. Stack it below the binding::

        @messages.Complete.handler
        @concurrent(64, isolated=True)
        async def complete(self, request, sink): ...

    Args:
      limit: how many; further ones wait in places of their own and hold up no other class.
      isolated: an exception leaves nothing of the actor's state half changed, since what the handler changes is its own
        or changes as a whole. Then a crash is that message's alone: who asked gets ActorCrashed, and neither the
        neighbours nor the actor end by it, unless there are more of them than a restart budget bears (5 in 30 s).
    """

    def mark(method: MethodT) -> MethodT:
        setattr(method, CONCURRENT, (limit, isolated))
        return method

    return mark


SECRET = "bus.secret"


def secret(**options: Any) -> Any:
    """An attrs field whose value never leaves the process unmasked and is left out of ``repr``."""
    return attrs.field(repr=False, metadata={SECRET: True}, **options)


def is_finished(kind: type[Message]) -> bool:
    """Whether a message of that class changes state, so that its handler, once begun, runs to its end (G6)."""
    return issubclass(kind, Command) or (
        issubclass(kind, Request | Stream) and kind.abandon is Abandon.FINISH
    )


def wire_name(kind: type[Message]) -> str:
    """Name of a message class on the wire: ``session.Resolve@1``.

    The first part is the package that holds the front door, a ``messages`` module or package; elsewhere the module.
    """
    return _wire_name(cast("Any", kind))


@functools.cache
def _wire_name(kind: Any) -> str:
    path = kind.__module__.split(".")
    owner = path[path.index("messages", 1) - 1] if "messages" in path[1:] else path[-1]
    return f"{owner}.{kind.__qualname__}@{kind.version}"
