"""Pressure is passed on to where it can be felt, and nothing is lost on the way (G4)."""

from functools import partial
from typing import Any, ClassVar, final

import attrs
import trio

from bus import Actor, Limits, Request, Sink, Stream
from bus.testing import MeshUnderTest

BUFFER = 4


@final
@attrs.frozen(kw_only=True)
class Source(Stream[int]):
    buffer: ClassVar[int] = BUFFER


@final
@attrs.frozen(kw_only=True)
class Relayed(Stream[int]):
    buffer: ClassVar[int] = BUFFER


@final
@attrs.frozen(kw_only=True)
class Work(Request[int]):
    within: ClassVar[float] = 1000.0
    n: int


class Spring(Actor):
    """Sends numbers for ever, and notes how far it came."""

    def __init__(self, sent: list[int]) -> None:
        self._sent = sent

    @Source.handler
    async def source(self, request: Source, sink: Sink[int]) -> None:
        while True:
            await sink.send(len(self._sent))
            self._sent.append(len(self._sent))


class Relay(Actor):
    @Relayed.handler
    async def relayed(self, request: Relayed, sink: Sink[int]) -> None:
        async with self.bus.stream(Source()) as numbers:
            async for number in numbers:
                await sink.send(number)


class Worker(Actor):
    def __init__(self, handled: list[int]) -> None:
        self._handled = handled

    @Work.handler
    async def work(self, request: Work) -> int:
        self._handled.append(request.n)
        return request.n


async def test_a_source_stops_when_the_last_reader_of_a_chain_does(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    sent: list[int] = []
    await mesh.start(partial(Spring, sent))
    await mesh.start(Relay)
    read = 0
    async with mesh.bus.stream(Relayed()) as numbers:
        for pause in (0, 1, 1, 60, 3600):
            await trio.sleep(pause)
            assert len(sent) <= read + 2 * BUFFER + 1  # both buffers, and the one in the hand of the relay
            for _ in range(3):
                assert await anext(numbers) == read
                read += 1
    await mesh.settle()
    at_the_end = len(sent)
    await trio.sleep(60)
    assert len(sent) == at_the_end
    assert mesh.cell("spring").in_hand == mesh.cell("relay").in_hand == 0


async def test_a_stalled_actor_holds_a_thousand_clients_up_and_loses_none(
    autojump_clock: Any, mesh: MeshUnderTest
) -> None:
    handled: list[int] = []
    cell = await mesh.start(partial(Worker, handled), limits=Limits(mailbox=64))
    asked: list[int] = []
    answers: list[int] = []

    async def ask(n: int) -> None:
        asked.append(n)
        answers.append(await mesh.bus.ask(Work(n=n)))

    cell.suspend()
    async with trio.open_nursery() as nursery:
        for n in range(1000):
            nursery.start_soon(ask, n)
        await trio.sleep(60)
        assert (cell.queued, cell.mailbox.peak, cell.mailbox.waiting_writers) == (
            64,
            64,
            936,
        )
        assert handled == []
        cell.resume()
    assert sorted(answers) == list(range(1000))
    assert handled == asked
    assert cell.incarnation == 1
    assert mesh.bus.core.dead.counts == {}
