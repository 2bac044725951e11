"""Opening a stream, and how long its reader waits (G24, G6)."""

import itertools
from contextlib import suppress
from typing import Any

import pytest
import trio

from bus import (
    ActorCrashed,
    ActorStopped,
    Backoff,
    DeadlineExceeded,
    Limits,
    MailboxFull,
    NoRoute,
    Sink,
)
from bus.testing import MeshUnderTest
from tests.bus.run.streaming import (
    BUFFER,
    Busy,
    Count,
    Pave,
    Producer,
    Reader,
    Sum,
    actor_of,
    crash,
    is_free,
    producer,
    read,
    read_into,
    reader,
)
from tests.bus.world import Diary, books, reasons


async def keep_full(nursery: trio.Nursery, mesh: MeshUnderTest, *, seconds: float) -> None:
    """Let a producer with one place work on a message and have the next one wait, each for so long."""
    for _ in range(2):
        nursery.start_soon(mesh.bus.ask, Busy(seconds=seconds))
        await mesh.settle()


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
        cell = await mesh.start(producer())
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
            await keep_full(nursery, mesh, seconds=5)
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
            await keep_full(nursery, mesh, seconds=0.8)
            diary = Diary(mesh)
            assert await read(mesh, Count(upto=2)) == [0, 1]
            assert diary.now == 1.6

    async def test_can_be_cancelled_while_it_waits_for_a_place(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        await mesh.start(producer(), limits=Limits(mailbox=1))
        async with trio.open_nursery() as nursery:
            await keep_full(nursery, mesh, seconds=5)
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
