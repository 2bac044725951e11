"""A stream is bounded, its producer ends with its consumer, and its end or its error always arrives (G24)."""

from collections.abc import Callable
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from bus import ActorCrashed, ActorStopped, Limits, Sink, Stream
from bus.testing import MeshUnderTest, open_test_mesh
from bus.testing.checkpoints import cancel_at_each_checkpoint
from bus.testing.virtual import in_virtual_time
from tests.bus.run.streaming import (
    BUFFER,
    Beside,
    Count,
    Flood,
    Pave,
    Producer,
    Refused,
    actor_of,
    count,
    is_free,
    producer,
    read,
    read_into,
)
from tests.bus.world import books, reasons


class TestItems:
    @pytest.mark.parametrize("upto", [0, 1, BUFFER - 1, BUFFER, BUFFER + 1, 2 * BUFFER, 200])
    async def test_arrive_in_order_and_then_the_end(self, mesh: MeshUnderTest, upto: int) -> None:
        cell = await mesh.start(producer())
        async with mesh.bus.stream(Count(upto=upto)) as items:
            assert [item async for item in items] == list(range(upto))
            with pytest.raises(StopAsyncIteration):
                await anext(items)
        assert books(cell) == (1, 1, 0, 0, 0)

    async def test_wait_in_a_bounded_buffer_and_beyond_that_the_producer_waits(
        self, mesh: MeshUnderTest
    ) -> None:
        await mesh.start(producer())
        async with mesh.bus.stream(Count(upto=10)) as items:
            for taken in range(1, 10 - BUFFER):
                await mesh.settle()
                assert actor_of(mesh).sent == list(range(BUFFER + taken - 1))
                assert await anext(items) == taken - 1
            await mesh.settle()
            assert [item async for item in items] == list(range(10 - BUFFER - 1, 10))

    async def test_reach_a_slow_reader_one_by_one(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        """Its own time is not the producer's: no deadline passes while it is not waiting."""
        await mesh.start(producer())
        seen: list[int] = []
        async with mesh.bus.stream(Count(upto=20)) as items:
            async for item in items:
                await trio.sleep(3 * Count.within)
                seen.append(item)
                assert len(actor_of(mesh).sent) <= len(seen) + BUFFER + 1
        assert seen == list(range(20))

    async def test_that_are_there_can_be_taken_at_once(self, mesh: MeshUnderTest) -> None:
        """Their places are filled by those that waited, and the end is read like any other."""
        await mesh.start(producer())
        async with mesh.bus.stream(Count(upto=10)) as items:
            assert items.at_once() == []
            await mesh.settle()
            seen = items.at_once()
            assert seen == list(range(BUFFER))
            async for item in items:
                seen += [item, *items.at_once()]
                await mesh.settle()
            assert items.at_once() == []
        assert seen == list(range(10))

    async def test_let_other_tasks_run_however_large_the_buffer(self, mesh: MeshUnderTest) -> None:
        turns = 0

        async def turn() -> None:
            nonlocal turns
            while True:
                turns += 1
                await trio.lowlevel.checkpoint()

        await mesh.start(producer())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(turn)
            assert await read(mesh, Flood(upto=6400)) == list(range(6400))
            nursery.cancel_scope.cancel()
        assert turns >= 50

    async def test_of_several_tasks_of_a_handler_all_arrive(self, mesh: MeshUnderTest) -> None:
        async def together(actor: Producer, request: Count, sink: Sink[int]) -> None:
            async with trio.open_nursery() as nursery:
                for first in range(0, 100, 10):
                    nursery.start_soon(part, sink, first)

        async def part(sink: Sink[int], first: int) -> None:
            for number in range(first, first + 10):
                await sink.send(number)

        await mesh.start(producer(together=together))
        seen = await read(mesh, Count(do="together"))
        assert sorted(seen) == list(range(100))
        for first in range(0, 100, 10):
            assert [item for item in seen if first <= item < first + 10] == list(range(first, first + 10))

    async def test_of_several_tasks_fill_no_more_than_the_buffer_and_get_free_places_in_turn(
        self, mesh: MeshUnderTest
    ) -> None:
        async def queue_up(actor: Producer, request: Count, sink: Sink[int]) -> None:
            async with trio.open_nursery() as nursery:
                for number in range(10):
                    nursery.start_soon(one, actor, sink, number)

        async def one(actor: Producer, sink: Sink[int], number: int) -> None:
            asked.append(number)
            await sink.send(number)
            actor.sent.append(number)

        asked: list[int] = []
        await mesh.start(producer(queue_up=queue_up))
        async with mesh.bus.stream(Count(do="queue_up")) as items:
            await mesh.settle()
            assert actor_of(mesh).sent == asked[:BUFFER]
            assert [item async for item in items] == asked

    async def test_whose_sending_was_cancelled_were_not_sent(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        async def hasty(actor: Producer, request: Count, sink: Sink[int]) -> None:
            for number in range(10):
                with trio.move_on_after(0.1):
                    await sink.send(number)
                    actor.sent.append(number)

        await mesh.start(producer(hasty=hasty))
        async with mesh.bus.stream(Count(do="hasty")) as items:
            await trio.sleep(2)
            assert [item async for item in items] == actor_of(mesh).sent == [0, 1, 2]


class TestTheConsumer:
    @pytest.mark.parametrize("leaves_after", range(8))
    async def test_leaving_early_ends_the_producer(self, mesh: MeshUnderTest, leaves_after: int) -> None:
        cell = await mesh.start(producer())
        async with mesh.bus.stream(Count(upto=100)) as items:
            for number in range(leaves_after):
                assert await anext(items) == number
            await mesh.settle()
        await mesh.settle()
        assert actor_of(mesh).ends == ["cancelled"]
        assert reasons(mesh) == ["abandoned"]
        assert books(cell) == (1, 0, 1, 0, 0)
        await is_free(mesh)

    async def test_failing_ends_the_producer(self, mesh: MeshUnderTest) -> None:
        await mesh.start(producer())
        with pytest.raises(KeyError):
            async with mesh.bus.stream(Count(upto=100)) as items:
                async for item in items:
                    raise KeyError(item)
        await is_free(mesh)
        assert actor_of(mesh).ends == ["cancelled", "returned"]

    @pytest.mark.parametrize("kind", [Count, Pave, Beside])
    async def test_can_be_cancelled_anywhere(
        self, mesh: MeshUnderTest, kind: Callable[..., Stream[int]]
    ) -> None:
        async def slowly(actor: Producer, request: Any, sink: Sink[int]) -> None:
            for number in range(request.upto):
                await trio.lowlevel.checkpoint()
                await sink.send(number)

        await mesh.start(producer(slowly=slowly))
        seen: list[int] = []
        finished = False

        async def scenario() -> None:
            nonlocal finished
            finished = False
            seen.clear()
            async with mesh.bus.stream(kind(upto=9, do="slowly")) as items:
                await read_into(seen, items)
            finished = True

        async def check() -> None:
            assert seen == list(range(9 if finished else len(seen)))
            await is_free(mesh)

        assert await cancel_at_each_checkpoint(scenario, check) >= 3

    async def test_giving_up_one_item_can_go_on_with_the_next(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        async def tick(actor: Producer, request: Count, sink: Sink[int]) -> None:
            for number in range(5):
                await trio.sleep(0.9)
                await sink.send(number)

        await mesh.start(producer(tick=tick))
        seen: list[int] = []
        given_up = 0
        async with mesh.bus.stream(Count(do="tick")) as items:
            while len(seen) < 5:
                with trio.move_on_after(0.4) as scope:
                    seen.append(await anext(items))
                given_up += scope.cancelled_caught
        assert seen == list(range(5))
        assert given_up == 10  # twice for each item

    async def test_must_enter_before_reading(self, mesh: MeshUnderTest) -> None:
        await mesh.start(producer())
        stream: Any = mesh.bus.stream(Count())
        with pytest.raises(RuntimeError, match=r"enter the stream of streaming\.Count@1 before reading it"):
            await anext(stream)
        async with stream as items:
            pass
        assert items is stream

    async def test_is_one_task(self, mesh: MeshUnderTest) -> None:
        async def wait(actor: Producer, request: Count, sink: Sink[int]) -> None:
            await go.wait()
            await sink.send(7)

        async def first() -> None:
            assert await anext(items) == 7

        go = trio.Event()
        await mesh.start(producer(wait=wait))
        async with mesh.bus.stream(Count(do="wait")) as items, trio.open_nursery() as nursery:
            nursery.start_soon(first)
            await mesh.settle()
            with pytest.raises(trio.BusyResourceError):
                await anext(items)
            go.set()

    async def test_finds_nothing_more_after_leaving(self, mesh: MeshUnderTest) -> None:
        await mesh.start(producer())
        async with mesh.bus.stream(Count(upto=100)) as items:
            await anext(items)
            await mesh.settle()
        with pytest.raises(StopAsyncIteration):
            await anext(items)


class TestTheProducer:
    @pytest.mark.parametrize("at", range(2 * BUFFER + 2))
    async def test_crashing_is_heard_after_the_items_before(
        self, autojump_clock: Any, mesh: MeshUnderTest, at: int
    ) -> None:
        async def crash(actor: Producer, request: Count, sink: Sink[int]) -> None:
            await count(actor, request, sink)
            raise OSError("a bug")

        cell = await mesh.start(producer(crash=crash))
        seen: list[int] = []
        async with mesh.bus.stream(Count(upto=at, do="crash")) as items:
            await mesh.settle()  # whatever fits is in the buffer, the crash behind it
            with pytest.raises(ActorCrashed) as caught:
                await read_into(seen, items)
            with pytest.raises(StopAsyncIteration):
                await anext(items)
        assert seen == list(range(at))
        assert isinstance(caught.value.__cause__, OSError)
        assert caught.value.to == "producer"
        assert not caught.value.retry_safe
        await is_free(mesh)
        assert cell.incarnation == 2

    @pytest.mark.parametrize("at", range(2 * BUFFER + 2))
    async def test_refusing_is_heard_after_the_items_before(self, mesh: MeshUnderTest, at: int) -> None:
        async def refuse(actor: Producer, request: Count, sink: Sink[int]) -> None:
            await count(actor, request, sink)
            raise Refused(at=at)

        cell = await mesh.start(producer(refuse=refuse))
        seen: list[int] = []
        async with mesh.bus.stream(Count(upto=at, do="refuse")) as items:
            with pytest.raises(Refused) as caught:
                await read_into(seen, items)
        assert (seen, caught.value.at) == (list(range(at)), at)
        assert cell.incarnation == 1

    @pytest.mark.parametrize("read_before", range(BUFFER + 2))
    async def test_being_stopped_is_heard_after_the_items_before(
        self, autojump_clock: Any, mesh: MeshUnderTest, read_before: int
    ) -> None:
        cell = await mesh.start(producer(), limits=Limits(stop_within=0.5))
        seen: list[int] = []
        async with mesh.bus.stream(Count(upto=100)) as items:
            for _ in range(read_before):
                seen.append(await anext(items))  # noqa: PERF401
            await mesh.settle()
            cell.request_stop()
            await trio.sleep(0.1)
            assert actor_of(mesh).ends == []  # it has half a second to come to an end
            cell.cancel()
            with pytest.raises(ActorStopped) as caught:
                await read_into(seen, items)
        assert seen == list(range(read_before + BUFFER))
        assert not caught.value.retry_safe
        assert reasons(mesh) == ["stopped"]

    async def test_cannot_send_once_its_handler_has_returned(self, mesh: MeshUnderTest) -> None:
        async def leave_behind(actor: Producer, request: Count, sink: Sink[int]) -> None:
            actor.spawn(late, sink)
            for number in range(BUFFER):
                await sink.send(number)
            await trio.testing.wait_all_tasks_blocked()

        async def late(sink: Sink[int]) -> None:
            for _ in range(2):  # first while it waits for room, then at once
                with pytest.raises(trio.ClosedResourceError, match="the handler of this stream has returned"):
                    await sink.send(99)
            done.set()

        done = trio.Event()
        await mesh.start(producer(leave_behind=leave_behind))
        async with mesh.bus.stream(Count(do="leave_behind")) as items:
            await done.wait()
            assert [item async for item in items] == list(range(BUFFER))


# --- any behaviour of both sides ------------------------------------------------------------------------------

PRODUCE = st.lists(st.sampled_from(["send"] * 6 + ["pause", "yield"]), max_size=25)
CONSUME = st.lists(st.sampled_from(["read"] * 6 + ["pause", "give up"]), max_size=25)
KINDS = st.sampled_from([Count, Pave, Beside])


@given(kind=KINDS, produce=PRODUCE, end=st.sampled_from(["return", "refuse", "crash"]), consume=CONSUME)
def test_whatever_both_sides_do_a_prefix_arrives_and_the_end_behind_it(
    kind: Callable[..., Stream[int]], produce: list[str], end: str, consume: list[str]
) -> None:
    in_virtual_time(_converse, kind, produce, end, consume)


async def _converse(
    kind: Callable[..., Stream[int]], produce: list[str], end: str, consume: list[str]
) -> None:
    sent: list[int] = []

    async def talk(actor: Producer, request: Any, sink: Sink[int]) -> None:
        for word in produce:
            if word == "send":
                await sink.send(len(sent))
                sent.append(len(sent))
            else:
                await trio.sleep(0.03 if word == "pause" else 0)
        if end == "refuse":
            raise Refused(at=len(sent))
        if end == "crash":
            raise OSError("a bug")

    ends: dict[str, type[Exception]] = {
        "return": StopAsyncIteration,
        "refuse": Refused,
        "crash": ActorCrashed,
    }
    expected = ends[end]
    async with open_test_mesh() as mesh:
        await mesh.start(producer(talk=talk))
        seen: list[int] = []
        over = False
        async with mesh.bus.stream(kind(do="talk")) as items:
            for word in consume:
                if word == "pause":
                    await trio.sleep(0.4)
                    assert len(sent) <= len(seen) + BUFFER
                    continue
                try:
                    with trio.move_on_after(0.1 if word == "give up" else 1000):
                        seen.append(await anext(items))
                except expected:
                    over = True
                except StopAsyncIteration:
                    assert over
            assert seen == list(range(len(seen)))
        await trio.sleep(20)
        total = produce.count("send")
        assert not over or len(seen) == total
        if kind is Pave and "abandoned" not in reasons(mesh):  # that is: it was begun
            assert sent == list(range(total))
        await is_free(mesh)
