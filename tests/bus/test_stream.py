"""A stream is bounded, its producer ends with its consumer, and its end or its error always arrives (G24)."""

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar, final

import attrs
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from bus import (
    Abandon,
    Actor,
    ActorCrashed,
    ActorError,
    ActorStopped,
    AskCycle,
    Backoff,
    DeadlineExceeded,
    Limits,
    MailboxFull,
    NoRoute,
    Overflow,
    Request,
    Restart,
    Sink,
    Stream,
    WhileDown,
    concurrent,
)
from bus.testing import MeshUnderTest, open_test_mesh
from bus.testing.checkpoints import cancel_at_each_checkpoint
from bus.testing.virtual import in_virtual_time
from tests.bus.world import Diary, Script, Scripted, books, reasons

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
class Impatient(Stream[int]):
    while_down: ClassVar[WhileDown] = WhileDown.FAIL
    do: str = "count"
    upto: int = 0


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

    @Impatient.handler
    async def impatient(self, request: Impatient, sink: Sink[int]) -> None:
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
    with trio.fail_after(5):
        assert await read(mesh, Count(upto=2)) == [0, 1]
    await mesh.settle()
    assert mesh.cell("producer").in_hand == 0


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
        with pytest.raises(RuntimeError, match=r"enter the stream of test_stream\.Count@1 before reading it"):
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
        cell = await mesh.start(producer(), restart=Restart.TEMPORARY, limits=Limits(stop_within=0.5))
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


class TestADeadline:
    @pytest.mark.parametrize(
        ("pauses", "seen", "ends_at"),
        [
            ([0.9, 0.9, 0.9, 0.9], 4, None),
            ([1.5], 0, 1.0),
            ([0.5, 1.5], 1, 1.5),
            ([0.9, 0.9, 0.9, 1.1], 3, 3.7),
            ([0.0, 0.0, 50.0], 2, 1.0),
        ],
    )
    async def test_is_for_each_item(
        self, autojump_clock: Any, mesh: MeshUnderTest, pauses: list[float], seen: int, ends_at: float | None
    ) -> None:
        async def tick(actor: Producer, request: Count, sink: Sink[int]) -> None:
            for number, pause in enumerate(pauses):
                await trio.sleep(pause)
                await sink.send(number)

        await mesh.start(producer(tick=tick))
        diary = Diary(mesh)
        got: list[int] = []
        try:
            async with mesh.bus.stream(Count(do="tick")) as items:
                await read_into(got, items)
        except DeadlineExceeded as error:
            diary.note(f"deadline, {error.retry_safe=}")
        await mesh.settle()
        assert len(got) == seen
        assert diary.lines == ([] if ends_at is None else [(ends_at, "deadline, error.retry_safe=False")])
        assert actor_of(mesh).ends == ["returned" if ends_at is None else "cancelled"]
        await is_free(mesh)

    async def test_of_the_asker_is_inherited(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        """The reader has four seconds; the items come in time, but never end."""

        async def tick(actor: Producer, request: Any, sink: Sink[int]) -> None:
            for number in itertools.count():
                await trio.sleep(0.9)
                await sink.send(number)

        async def add_ticks(actor: Reader, request: Sum) -> int:
            async with actor.bus.stream(Count(do="tick")) as items:
                return sum([item async for item in items])

        await mesh.start(producer(tick=tick))
        await mesh.start(reader(add_ticks=add_ticks))
        diary = Diary(mesh)
        with pytest.raises(DeadlineExceeded) as caught:
            await mesh.bus.ask(Sum(do="add_ticks"))
        await mesh.settle()
        assert diary.now == 4.0
        assert caught.value.to == "reader"
        assert actor_of(mesh).ends == ["cancelled"]

    async def test_counts_while_the_producer_is_busy_and_then_nothing_is_begun(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        cell = await mesh.start(producer())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(mesh.bus.ask, Busy(seconds=5))
            await mesh.settle()
            diary = Diary(mesh)
            with pytest.raises(DeadlineExceeded) as caught:
                await read(mesh, Count(upto=3))
            assert caught.value.retry_safe
            assert diary.now == 1.0
        await mesh.settle()
        assert actor_of(mesh).ends == []
        assert reasons(mesh) == ["abandoned"]
        assert books(cell) == (2, 1, 1, 0, 0)

    @pytest.mark.parametrize("attempt", range(10))
    async def test_at_the_very_instant_the_producer_becomes_free_leaves_nobody_hanging(
        self, autojump_clock: Any, mesh: MeshUnderTest, attempt: int
    ) -> None:
        await mesh.start(producer())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(mesh.bus.ask, Busy(seconds=Count.within))
            await mesh.settle()
            for _ in range(3):
                nursery.start_soon(self._maybe, mesh)
        await is_free(mesh)

    async def _maybe(self, mesh: MeshUnderTest) -> None:
        with suppress(DeadlineExceeded):
            assert await read(mesh, Count(upto=8)) == list(range(8))

    async def test_that_is_over_ends_the_stream_for_good(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        async def late(actor: Producer, request: Pave, sink: Sink[int]) -> None:
            await trio.sleep(1.5)
            await sink.send(0)

        await mesh.start(producer(late=late))
        async with mesh.bus.stream(Pave(do="late")) as items:
            with pytest.raises(DeadlineExceeded):
                await anext(items)
            await trio.sleep(3)
            with pytest.raises(StopAsyncIteration):
                await anext(items)


class TestOpening:
    async def test_fails_when_nobody_owns_the_class(self, mesh: MeshUnderTest) -> None:
        with pytest.raises(NoRoute):
            async with mesh.bus.stream(Count()):
                raise AssertionError("unreachable")
        assert reasons(mesh) == ["no_route"]

    async def test_fails_when_the_owner_has_stopped_for_good(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        cell = await mesh.start(producer(), restart=Restart.TEMPORARY)
        cell.request_stop()
        await trio.sleep(1)
        with pytest.raises(ActorStopped) as caught:
            async with mesh.bus.stream(Count()):
                raise AssertionError("unreachable")
        assert caught.value.retry_safe
        assert reasons(mesh) == ["stopped"]

    async def test_waits_for_an_owner_that_is_restarting(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        cell = await mesh.start(producer(crash=crash), backoff=Backoff(first=0.5, jitter=0.0))
        with pytest.raises(ActorCrashed):
            await read(mesh, Count(do="crash"))
        await mesh.settle()
        with pytest.raises(ActorStopped):
            await read(mesh, Impatient())
        diary = Diary(mesh)
        assert await read(mesh, Count(upto=2)) == [0, 1]
        assert diary.now == 0.5
        assert cell.incarnation == 2

    async def test_waits_no_longer_for_a_restart_than_for_an_item(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        await mesh.start(producer(crash=crash), backoff=Backoff(first=5.0, jitter=0.0))
        with pytest.raises(ActorCrashed):
            await read(mesh, Count(do="crash"))
        diary = Diary(mesh)
        with pytest.raises(DeadlineExceeded) as caught:
            await read(mesh, Count(upto=2))
        assert caught.value.retry_safe
        assert diary.now == 1.0

    async def test_waits_for_a_place_no_longer_than_for_an_item(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        await mesh.start(producer(), limits=Limits(mailbox=1))
        async with trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(mesh.bus.ask, Busy(seconds=5))
                await mesh.settle()
            diary = Diary(mesh)
            with pytest.raises(MailboxFull) as caught:
                await read(mesh, Count(upto=2))
            assert (diary.now, caught.value.depth) == (1.0, 1)
            assert caught.value.retry_safe
        assert reasons(mesh) == ["full"]
        await is_free(mesh)

    async def test_gets_a_place_that_becomes_free_in_time(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        await mesh.start(producer(), limits=Limits(mailbox=1))
        async with trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(mesh.bus.ask, Busy(seconds=0.8))
                await mesh.settle()
            diary = Diary(mesh)
            assert await read(mesh, Count(upto=2)) == [0, 1]
            assert diary.now == 1.6

    async def test_is_refused_at_once_by_an_owner_that_rejects(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        await mesh.start(producer(), limits=Limits(mailbox=1, overflow=Overflow.REJECT))
        async with trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(mesh.bus.ask, Busy(seconds=5))
                await mesh.settle()
            diary = Diary(mesh)
            with pytest.raises(MailboxFull):
                await read(mesh, Count(upto=2))
            assert diary.now == 0.0

    async def test_that_lost_its_place_to_a_newer_one_is_heard_when_reading(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        await mesh.start(producer(), limits=Limits(mailbox=1, overflow=Overflow.DROP_OLDEST))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(mesh.bus.ask, Busy(seconds=0.5))
            await mesh.settle()
            async with mesh.bus.stream(Count(upto=1)) as older, mesh.bus.stream(Count(upto=2)) as newer:
                with pytest.raises(MailboxFull):
                    await anext(older)
                assert [item async for item in newer] == [0, 1]
        assert reasons(mesh) == ["dropped"]

    async def test_can_be_cancelled_while_it_waits_for_a_place(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        await mesh.start(producer(), limits=Limits(mailbox=1))
        async with trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(mesh.bus.ask, Busy(seconds=5))
                await mesh.settle()
            with trio.move_on_after(0.5):
                await read(mesh, Count(upto=2))
        assert reasons(mesh) == ["abandoned"]
        await is_free(mesh)

    async def test_and_leaving_before_the_producer_began_leaves_nothing_to_do(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        cell = await mesh.start(producer())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(mesh.bus.ask, Busy(seconds=5))
            await mesh.settle()
            async with mesh.bus.stream(Count(upto=3)), mesh.bus.stream(Pave(upto=3)):
                pass
        await mesh.settle()
        assert actor_of(mesh).ends == []
        assert reasons(mesh) == ["abandoned", "abandoned"]
        assert books(cell) == (3, 1, 2, 0, 0)

    async def test_without_reading_holds_the_producer_up_only_until_the_block_is_left(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        await mesh.start(producer())
        async with mesh.bus.stream(Count(upto=100)):
            await trio.sleep(60)
            assert actor_of(mesh).sent == list(range(BUFFER))
        await is_free(mesh)


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
        await is_free_soon(mesh)
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


@final
@attrs.frozen(kw_only=True)
class Slow(Request[int]):
    pass


class Slowcoach(Actor):
    @Slow.handler
    async def slow(self, request: Slow) -> int:
        await trio.sleep(5)
        return 5


async def is_free_soon(mesh: MeshUnderTest) -> None:
    await trio.sleep(10)
    await is_free(mesh)


async def crash(actor: Producer, request: Any, sink: Sink[int]) -> None:
    raise OSError("a bug")


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
            assert (cell.in_hand, fifth) == (5, [])
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
        await is_free_soon(mesh)

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
                with actor.bus.detached(), pytest.raises(DeadlineExceeded):
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
