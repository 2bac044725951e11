"""A producer of streams that does what a test tells it, and readers of them."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any, ClassVar, final

import attrs
import trio

from bus import Abandon, Actor, ActorError, Request, Sink, Stream, concurrent
from bus.testing import MeshUnderTest
from tests.bus.world import Script, Scripted

BUFFER = 3


@final
@attrs.frozen(kw_only=True)
class Count(Stream[int]):
    """The work only reads: it ends with its consumer. Each next item may take a second."""

    within: ClassVar[float] = 1.0
    buffer: ClassVar[int] = BUFFER
    upto: int = 0
    do: str = "count"


@final
@attrs.frozen(kw_only=True)
class Pave(Stream[int]):
    """The work changes something: it is finished once begun."""

    within: ClassVar[float] = 1.0
    buffer: ClassVar[int] = BUFFER
    abandon: ClassVar[Abandon] = Abandon.FINISH
    upto: int = 0
    do: str = "count"


@final
@attrs.frozen(kw_only=True)
class Beside(Stream[int]):
    """Served beside others, four at once."""

    buffer: ClassVar[int] = BUFFER
    upto: int = 0
    do: str = "count"


@final
@attrs.frozen(kw_only=True)
class Flood(Stream[int]):
    buffer: ClassVar[int] = 100_000
    upto: int = 0
    do: str = "count"


@final
@attrs.frozen(kw_only=True)
class Busy(Request[None]):
    """Holds the producer up for some seconds."""

    within: ClassVar[float] = 1000.0
    seconds: float


@final
@attrs.frozen(kw_only=True)
class Sum(Request[int]):
    """For another actor, which adds up what it reads."""

    within: ClassVar[float] = 4.0
    upto: int = 0
    do: str = "sum"


@attrs.define(eq=False, kw_only=True)
class Refused(ActorError):
    at: int


class Producer(Scripted):
    """Owner of the streams. Notes what it does in `sent` and `ends`, which tests share with it."""

    def __init__(self, scripts: dict[str, Script]) -> None:
        super().__init__({"count": count} | scripts)
        self.sent: list[int] = []
        self.ends: list[str] = []

    async def _serve(self, request: Any, sink: Sink[int]) -> None:
        try:
            await self.scripts[request.do](self, request, sink)
        except trio.Cancelled:
            self.ends.append("cancelled")
            raise
        self.ends.append("returned")

    @Count.handler
    async def count(self, request: Count, sink: Sink[int]) -> None:
        await self._serve(request, sink)

    @Pave.handler
    async def pave(self, request: Pave, sink: Sink[int]) -> None:
        await self._serve(request, sink)

    @Beside.handler
    @concurrent(4)
    async def beside(self, request: Beside, sink: Sink[int]) -> None:
        await self._serve(request, sink)

    @Flood.handler
    async def flood(self, request: Flood, sink: Sink[int]) -> None:
        await self._serve(request, sink)

    @Busy.handler
    async def busy(self, request: Busy) -> None:
        await trio.sleep(request.seconds)


class Reader(Scripted):
    """Owner of a request that needs a stream."""

    @Sum.handler
    async def sum(self, request: Sum) -> int:
        total: int = await self.scripts[request.do](self, request)
        return total


async def count(actor: Producer, request: Any, sink: Sink[int]) -> None:
    for number in range(request.upto):
        await sink.send(number)
        actor.sent.append(number)


def producer(**scripts: Script) -> partial[Producer]:
    return partial(Producer, scripts)


def reader(**scripts: Script) -> partial[Reader]:
    return partial(Reader, {"sum": add_up} | scripts)


async def add_up(actor: Reader, request: Sum) -> int:
    async with actor.bus.stream(Count(upto=request.upto)) as items:
        return sum([item async for item in items])


def actor_of(mesh: MeshUnderTest, name: str = "producer") -> Any:
    return mesh.cell(name).actor


async def read(mesh: MeshUnderTest, request: Stream[int]) -> list[int]:
    async with mesh.bus.stream(request) as items:
        return [item async for item in items]


async def read_into(seen: list[int], items: AsyncIterator[int]) -> None:
    """Keep what has come even if an error comes after it."""
    async for item in items:
        seen.append(item)  # noqa: PERF401


async def is_free(mesh: MeshUnderTest) -> None:
    """The producer takes messages and has nothing else in hand."""
    with trio.fail_after(60):
        assert await read(mesh, Count(upto=2)) == [0, 1]
    await mesh.settle()
    assert mesh.cell("producer").in_hand == 0


@final
@attrs.frozen(kw_only=True)
class Slow(Request[int]):
    pass


class Slowcoach(Actor):
    @Slow.handler
    async def slow(self, request: Slow) -> int:
        await trio.sleep(5)
        return 5


async def is_free_later(mesh: MeshUnderTest) -> None:
    await trio.sleep(10)
    await is_free(mesh)


async def crash(actor: Producer, request: Any, sink: Sink[int]) -> None:
    raise OSError("a bug")
