"""How fast the bus is by itself, on one core."""

import time
from collections.abc import Awaitable, Callable
from typing import final

import attrs
import trio

from bus import Actor, Bus, Child, Command, Mesh, Request, Sink, Stream, Supervisor, concurrent, open_mesh
from tests.bench.figures import Figure, median

ROUNDS = 5


@final
@attrs.frozen(kw_only=True)
class Add(Request[int]):
    left: int
    right: int


@final
@attrs.frozen(kw_only=True)
class Note(Command):
    number: int


@final
@attrs.frozen(kw_only=True)
class Count(Stream[int]):
    upto: int


class Adder(Actor):
    """Does next to nothing, so that what is measured is the way there and back."""

    @Add.handler
    async def add(self, request: Add) -> int:
        return request.left + request.right

    @Note.handler
    async def note(self, command: Note) -> None:
        pass

    @Count.handler
    @concurrent(8)
    async def count(self, request: Count, sink: Sink[int]) -> None:
        for number in range(request.upto):
            await sink.send(number)


async def _tells(bus: Bus, count: int) -> None:
    for number in range(count):
        await bus.tell(Note(number=number))
    await bus.ask(Add(left=1, right=1))


async def _asks(bus: Bus, count: int) -> None:
    for number in range(count):
        await bus.ask(Add(left=number, right=1))


async def _items(bus: Bus, count: int) -> None:
    async with bus.stream(Count(upto=count)) as items:
        async for _ in items:
            pass


async def _rate(work: Callable[[Bus, int], Awaitable[None]], bus: Bus, count: int) -> float:
    """Messages a second in one round."""
    start = time.perf_counter()
    await work(bus, count)
    return count / (time.perf_counter() - start)


async def _rates(work: Callable[[Bus, int], Awaitable[None]], bus: Bus, count: int) -> float:
    """Messages a second, the median of some rounds."""
    return median([await _rate(work, bus, count) for _ in range(ROUNDS)])


async def _tapped(mesh: Mesh, work: Callable[[Bus, int], Awaitable[None]], count: int) -> float:
    """The rate while somebody taps everything at the default of 200 events a second."""
    async with mesh.console.tap() as tap, trio.open_nursery() as nursery:
        nursery.start_soon(_drain, tap.take)
        rate = await _rate(work, mesh.bus, count)
        nursery.cancel_scope.cancel()
    return rate


async def _lost_to_a_tap(mesh: Mesh) -> float:
    """Percent of asks, the median of rounds with and without a tap in turn, since a machine has its moods."""
    losses = [
        100 * (1 - await _tapped(mesh, _asks, 15_000) / await _rate(_asks, mesh.bus, 15_000))
        for _ in range(2 * ROUNDS)
    ]
    return max(0.0, median(losses))


async def _drain(take: Callable[[], Awaitable[object]]) -> None:
    while True:
        await take()


async def measure() -> list[Figure]:
    """Rates of each kind of message."""
    async with open_mesh(Supervisor("root", "one_for_one", [Child("adder", Adder)])) as mesh:
        bus = mesh.bus
        await _asks(bus, 2000)
        tell, ask = await _rates(_tells, bus, 50_000), await _rates(_asks, bus, 15_000)
        item = await _rates(_items, bus, 100_000)
        loss = await _lost_to_a_tap(mesh)
    return [
        Figure(name="bus: tell", value=tell, unit="/s", budget=200_000, more_is_better=True),
        Figure(name="bus: ask", value=ask, unit="/s", budget=50_000, more_is_better=True),
        Figure(name="bus: stream items", value=item, unit="/s", more_is_better=True),
        Figure(name="bus: asks lost to an attached tap", value=loss, unit="%", budget=10),
    ]
