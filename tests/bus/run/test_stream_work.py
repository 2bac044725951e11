"""The work behind a stream: finished when its class says so, many at once, and no waiting in a circle (G24, G6, G7)."""

from typing import Any, ClassVar, final

import attrs
import pytest
import trio

from bus import Actor, AskCycle, DeadlineExceeded, Request, Sink
from bus.testing import MeshUnderTest
from tests.bus.run.streaming import (
    BUFFER,
    Beside,
    Count,
    Pave,
    Producer,
    Reader,
    Slow,
    Slowcoach,
    Sum,
    actor_of,
    is_free,
    is_free_later,
    producer,
    read,
    reader,
)
from tests.bus.world import Diary, books, reasons, without_deadline


class TestWorkThatIsFinished:
    @pytest.mark.parametrize("leaves_after", range(BUFFER + 3))
    async def test_goes_on_when_its_consumer_leaves(self, mesh: MeshUnderTest, leaves_after: int) -> None:
        cell = await mesh.start(producer())
        async with mesh.bus.stream(Pave(upto=20)) as items:
            for number in range(leaves_after):
                assert await anext(items) == number
            await mesh.settle()
            assert actor_of(mesh).ends == []
        await mesh.settle()
        assert (actor_of(mesh).sent, actor_of(mesh).ends) == (list(range(20)), ["returned"])
        assert books(cell) == (1, 1, 0, 0, 0)
        assert reasons(mesh) == []
        await is_free(mesh)

    async def test_goes_on_when_its_consumer_is_cancelled(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        async def tick(actor: Producer, request: Pave, sink: Sink[int]) -> None:
            for number in range(5):
                await trio.sleep(0.9)
                await sink.send(number)

        await mesh.start(producer(tick=tick))
        with trio.move_on_after(2):
            await read(mesh, Pave(do="tick"))
        await is_free_later(mesh)
        assert actor_of(mesh).ends == ["returned", "returned"]

    async def test_goes_on_when_the_deadline_of_an_item_passes(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        async def late(actor: Producer, request: Pave, sink: Sink[int]) -> None:
            await trio.sleep(1.5)
            for number in range(20):
                await sink.send(number)
                actor.sent.append(number)

        await mesh.start(producer(late=late))
        with pytest.raises(DeadlineExceeded):
            await read(mesh, Pave(do="late"))
        await trio.sleep(1)
        assert (actor_of(mesh).sent, actor_of(mesh).ends) == (list(range(20)), ["returned"])
        await is_free(mesh)

    async def test_has_time_of_its_own(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        """Its reader has four seconds. What it asks in turn may take five."""

        async def ask(actor: Producer, request: Pave, sink: Sink[int]) -> None:
            await sink.send(await actor.bus.ask(Slow()))
            actor.sent.append(0)

        async def hurry(actor: Reader, request: Sum) -> int:
            async with actor.bus.stream(Pave(do="ask")) as items:
                with trio.fail_after(3.5):
                    return await anext(items)

        await mesh.start(producer(ask=ask))
        await mesh.start(reader(hurry=hurry))
        await mesh.start(Slowcoach)
        with pytest.raises(DeadlineExceeded):
            await mesh.bus.ask(Sum(do="hurry"))
        await trio.sleep(10)
        assert actor_of(mesh).ends == ["returned"]


class TestManyStreams:
    async def test_are_served_at_once_and_do_not_mix(self, mesh: MeshUnderTest) -> None:
        seen: dict[int, list[int]] = {}

        async def follow(upto: int) -> None:
            seen[upto] = await read(mesh, Beside(upto=upto))

        cell = await mesh.start(producer())
        async with trio.open_nursery() as nursery:
            for upto in range(60):
                nursery.start_soon(follow, upto)
        assert seen == {upto: list(range(upto)) for upto in range(60)}
        assert books(cell) == (60, 60, 0, 0, 0)

    async def test_wait_for_a_place_among_the_concurrent_ones(self, mesh: MeshUnderTest) -> None:
        cell = await mesh.start(producer())
        async with trio.open_nursery() as nursery:
            opened: list[Any] = []
            for _ in range(4):
                stream = mesh.bus.stream(Beside(upto=50))
                await stream.__aenter__()
                opened.append(stream)
            fifth: list[int] = []

            async def follow() -> None:
                fifth.extend(await read(mesh, Beside(upto=50)))

            nursery.start_soon(follow)
            await mesh.settle()
            assert (cell.in_hand, cell.queued, fifth) == (4, 1, [])
            await opened.pop().__aexit__(None, None, None)
            await mesh.settle()
            assert fifth == list(range(50))
            for stream in opened:
                await stream.__aexit__(None, None, None)

    async def test_end_each_for_itself(self, mesh: MeshUnderTest) -> None:
        await mesh.start(producer())
        async with mesh.bus.stream(Beside(upto=50)) as kept:
            assert await anext(kept) == 0
            async with mesh.bus.stream(Beside(upto=50)) as left:
                assert await anext(left) == 0
            await mesh.settle()
            assert actor_of(mesh).ends == ["cancelled"]
            assert [item async for item in kept] == list(range(1, 50))


class TestCycles:
    async def test_a_handler_that_reads_a_stream_gets_its_items(self, mesh: MeshUnderTest) -> None:
        await mesh.start(producer())
        await mesh.start(reader())
        assert await mesh.bus.ask(Sum(upto=100)) == 4950

    async def test_a_producer_may_not_ask_who_waits_for_its_next_item(self, mesh: MeshUnderTest) -> None:
        async def ask_back(actor: Producer, request: Any, sink: Sink[int]) -> None:
            await sink.send(1)
            await trio.testing.wait_all_tasks_blocked()
            await actor.bus.ask(Sum(upto=5))

        async def add(actor: Reader, request: Sum) -> int:
            async with actor.bus.stream(Count(do="ask_back")) as items:
                return sum([item async for item in items])

        await mesh.start(producer(ask_back=ask_back))
        await mesh.start(reader(add=add))
        with pytest.raises(AskCycle) as caught:
            await mesh.bus.ask(Sum(do="add"))
        assert set(caught.value.path) == {"producer", "reader"}

    async def test_a_reader_may_not_wait_for_an_item_of_who_waits_for_it(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        """The same cycle closed from the other side: the ask came first."""

        async def ask_back(actor: Producer, request: Any, sink: Sink[int]) -> None:
            await sink.send(1)
            await actor.bus.ask(Sum(upto=5))

        async def add(actor: Reader, request: Sum) -> int:
            async with actor.bus.stream(Count(do="ask_back")) as items:
                total = await anext(items)
                await trio.sleep(0.5)
                return total + await anext(items)

        await mesh.start(producer(ask_back=ask_back))
        await mesh.start(reader(add=add))
        diary = Diary(mesh)
        with pytest.raises(AskCycle):
            await mesh.bus.ask(Sum(do="add"))
        assert diary.now == 0.5
        await is_free_later(mesh)

    async def test_an_actor_may_not_read_its_own_stream_one_message_at_a_time(
        self, mesh: MeshUnderTest
    ) -> None:
        async def itself(actor: Producer, request: Any, sink: Sink[int]) -> None:
            async with actor.bus.stream(Count(upto=3)) as items:
                async for item in items:
                    await sink.send(item)

        await mesh.start(producer(itself=itself))
        with pytest.raises(AskCycle) as caught:
            await read(mesh, Count(do="itself"))
        assert caught.value.path == ("producer", "producer")
        await is_free(mesh)

    async def test_an_actor_may_read_its_own_stream_when_both_are_served_beside_others(
        self, mesh: MeshUnderTest
    ) -> None:
        async def itself(actor: Producer, request: Any, sink: Sink[int]) -> None:
            async with actor.bus.stream(Beside(upto=30)) as items:
                async for item in items:
                    await sink.send(item)

        await mesh.start(producer(itself=itself))
        assert await read(mesh, Beside(do="itself")) == list(range(30))

    async def test_asking_a_producer_that_waits_for_oneself_to_read_ends_with_the_deadline(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        """Not seen as a cycle, since another task of the handler might read; but bounded like everything."""

        async def embrace(actor: Reader, request: Sum) -> int:
            async with actor.bus.stream(Count(upto=20)) as items:
                with without_deadline(), pytest.raises(DeadlineExceeded):
                    await actor.bus.ask(Quick())
                return sum([item async for item in items])

        await mesh.start(Quickly)
        await mesh.start(reader(embrace=embrace))
        diary = Diary(mesh)
        assert await mesh.bus.ask(Sum(do="embrace")) == 190
        assert diary.now == 2.0


@final
@attrs.frozen(kw_only=True)
class Quick(Request[int]):
    within: ClassVar[float] = 2.0


class Quickly(Actor):
    """Counts, and answers quickly: one message at a time."""

    @Quick.handler
    async def quick(self, request: Quick) -> int:
        return 1

    @Count.handler
    async def count(self, request: Count, sink: Sink[int]) -> None:
        for number in range(request.upto):
            await sink.send(number)
