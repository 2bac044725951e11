"""Actors that do what a test tells them, and a protocol with every kind of message.

A message names a script; the test hands the scripts to the actor that owns the message. So each test reads as one
piece: who does what, when, and what comes of it.
"""

from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, final

import attrs
import trio

from bus import (
    Abandon,
    Actor,
    Command,
    Event,
    Lane,
    Message,
    Overflow,
    Request,
    Sink,
    Stream,
    concurrent,
)
from bus.message.envelope import INFINITY, Context, current
from bus.run.running import RunningActor
from bus.testing import MeshUnderTest

Script = Callable[..., Awaitable[Any]]
"""Called with the actor, the message, and for streams the sink."""


@final
@attrs.frozen(kw_only=True)
class Read(Request[Any]):
    """Only reads: stopped when nobody waits any more. Served one at a time."""

    do: str
    n: int = 0


@final
@attrs.frozen(kw_only=True)
class Write(Request[Any]):
    """Changes state: finished once begun."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    do: str


@final
@attrs.frozen(kw_only=True)
class Aside(Request[Any]):
    """Served beside others, two at once."""

    do: str
    n: int = 0


@final
@attrs.frozen(kw_only=True)
class Urgent(Request[Any]):
    """Served in the control lane."""

    lane: ClassVar[Lane] = Lane.CONTROL
    do: str


@final
@attrs.frozen(kw_only=True)
class Eager(Request[Any]):
    """Does not wait for room."""

    overflow: ClassVar[Overflow] = Overflow.REJECT
    do: str


@final
@attrs.frozen(kw_only=True)
class Brief(Request[Any]):
    """Has little to say."""

    max_bytes: ClassVar[int] = 100
    do: str


@final
@attrs.frozen(kw_only=True)
class Poke(Command):
    do: str
    n: int = 0


@final
@attrs.frozen(kw_only=True)
class Stale(Command):
    """Worth nothing after five seconds."""

    within: ClassVar[float | None] = 5.0
    do: str


@final
@attrs.frozen(kw_only=True)
class Keyed(Command):
    """Has a key."""

    key_field: ClassVar[str | None] = "of"
    of: str
    n: int


@final
@attrs.frozen(kw_only=True)
class Listing(Stream[int]):
    do: str


@final
@attrs.frozen(kw_only=True)
class Happened(Event):
    n: int = 0


class Scripted(Actor):
    """Runs the script that a message names."""

    def __init__(self, scripts: Mapping[str, Script]) -> None:
        self.scripts = scripts

    async def start(self) -> None:
        if "start" in self.scripts:
            await self.scripts["start"](self)

    async def on_stop(self) -> None:
        if "on_stop" in self.scripts:
            await self.scripts["on_stop"](self)

    async def run(self, message: Any) -> Any:
        return await self.scripts[message.do](self, message)


class Puppet(Scripted):
    """Owner of the whole protocol."""

    @Read.handler
    async def read(self, request: Read) -> Any:
        return await self.run(request)

    @Write.handler
    async def write(self, request: Write) -> Any:
        return await self.run(request)

    @Aside.handler
    @concurrent(2)
    async def aside(self, request: Aside) -> Any:
        return await self.run(request)

    @Urgent.handler
    async def urgent(self, request: Urgent) -> Any:
        return await self.run(request)

    @Brief.handler
    async def brief(self, request: Brief) -> Any:
        return await self.run(request)

    @Eager.handler
    async def eager(self, request: Eager) -> Any:
        return await self.run(request)

    @Poke.handler
    async def poke(self, command: Poke) -> None:
        await self.run(command)

    @Stale.handler
    async def stale(self, command: Stale) -> None:
        await self.run(command)

    @Keyed.handler
    async def keyed(self, command: Keyed) -> None:
        await self.scripts["keyed"](self, command)

    @Listing.handler
    async def listing(self, request: Listing, sink: Sink[int]) -> None:
        await self.scripts[request.do](self, request, sink)


@final
@attrs.frozen(kw_only=True)
class Order(Request[Any]):
    """For another actor, which then usually turns to the puppet. It changes state: finished once begun."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    within: ClassVar[float] = 1000.0
    do: str


@final
@attrs.frozen(kw_only=True)
class Look(Request[Any]):
    """Likewise, but it only reads, and has little time."""

    within: ClassVar[float] = 4.0
    do: str


@final
@attrs.frozen(kw_only=True)
class Hurry(Request[Any]):
    """Likewise, in the control lane."""

    lane: ClassVar[Lane] = Lane.CONTROL
    do: str


class Client(Scripted):
    """Owner of a second, small protocol."""

    @Order.handler
    async def order(self, request: Order) -> Any:
        return await self.run(request)

    @Look.handler
    async def look(self, request: Look) -> Any:
        return await self.run(request)

    @Hurry.handler
    async def hurry(self, request: Hurry) -> Any:
        return await self.run(request)


class Diary:
    """What happened when, for comparison with exact times."""

    def __init__(self, mesh: MeshUnderTest) -> None:
        self._now = mesh.bus.clock.monotonic
        self._start = self._now()
        self.lines: list[tuple[float, str]] = []

    def note(self, text: str) -> None:
        self.lines.append((self.now, text))

    @property
    def now(self) -> float:
        """Seconds since the diary was begun."""
        return round(self._now() - self._start, 9)


async def pass_time(mesh: MeshUnderTest, seconds: float) -> None:
    """Let time pass, and everything happen that is due then."""
    await trio.sleep(seconds)
    await mesh.settle()


@contextmanager
def without_deadline() -> Generator[None]:
    """Ask without the deadline of what is being handled."""
    here = current.get()
    token = current.set(
        Context(here.target, here.name, here.trace, here.seq, INFINITY, here.baggage, here.waiter)
    )
    try:
        yield
    finally:
        current.reset(token)


def end(actor: Actor) -> None:
    """Let an actor end by itself, as if somebody other than its supervisor had stopped it."""
    address = actor._address
    assert isinstance(address, RunningActor)
    address.request_stop()


def buried(mesh: MeshUnderTest) -> list[tuple[Message, str]]:
    """Messages that were lost so far, each with its reason."""
    return [(entry.envelope.message, entry.letter.reason) for entry in mesh.bus.core.dead.ring]


def reasons(mesh: MeshUnderTest) -> list[str]:
    """Reasons of the dead letters so far."""
    return [entry.letter.reason for entry in mesh.bus.core.dead.ring]


def books(cell: RunningActor) -> tuple[int, int, int, int, int]:
    """Sent, handled, dead, queued, in hand."""
    return cell.books.sent, cell.books.handled, cell.books.dead, cell.queued, cell.in_hand
