"""A tap shows what is of interest to it, loses count of nothing, and the bus never waits for it (G16)."""

from typing import Any

import pytest
import trio

from bus import Limits, Tap, open_mesh
from bus.message.envelope import INFINITY
from bus.see.filter import Filter, FilterError, parse
from bus.see.tap import QUEUE
from bus.see.tapevent import POINTS, Point, TapEvent, of_envelope
from bus.supervise.spec import Child, Supervisor
from bus.testing import MeshUnderTest
from bus.testing.checkpoints import cancel_at_each_checkpoint
from tests.bus.see.tapping import Add, Calculator, Count, Note, points, start, watching


class TestATap:
    async def test_shows_only_what_its_filter_passes(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        async with (
            watching(mesh, "type=tapping.Note point=taken") as notes,
            watching(mesh, "!type=tapping.Note !point=sent") as rest,
        ):
            await mesh.bus.tell(Note())
            await mesh.bus.ask(Add(left=1, right=2))
        assert points(notes) == ["taken"]
        assert points(rest) == ["taken", "published", "replied"]

    async def test_with_a_filter_that_cannot_be_read_is_refused(self, mesh: MeshUnderTest) -> None:
        with pytest.raises(FilterError):
            async with mesh.console.tap("typ=x"):
                raise AssertionError("unreachable")
        with pytest.raises(FilterError):
            mesh.console.recorded("typ=x")

    async def test_is_attached_only_where_its_filter_looks_and_only_for_its_block(
        self, mesh: MeshUnderTest
    ) -> None:
        taps = mesh.bus.core.taps
        before = [getattr(taps, point) for point in POINTS]
        async with mesh.console.tap("errors") as tap:
            assert [point for point in POINTS if tap in getattr(taps, point)] == [
                "failed",
                "buried",
                "crashed",
            ]
            async with mesh.console.tap() as everything:
                assert all(everything in getattr(taps, point) for point in POINTS)
        assert [getattr(taps, point) for point in POINTS] == before

    async def test_has_no_limit_below_its_queue(self, mesh: MeshUnderTest) -> None:
        await start(mesh, limits=Limits(mailbox=5000))
        async with mesh.console.tap("point=sent", rate=None) as tap:
            for n in range(2000):
                await mesh.bus.tell(Note(n=n))
            assert (len(tap._queue), tap.missed) == (QUEUE, 2000 - QUEUE)
            taken = [await tap.take() for _ in range(QUEUE)]
            assert {gap for gap, _ in taken} == {0}  # it is the newest that are missing
            await mesh.bus.tell(Note(n=5000))
            gap, event = await tap.take()
        assert gap == 2000 - QUEUE
        assert event.message == Note(n=5000)

    @pytest.mark.parametrize("filter", ["", "point=sent", "type=tapping.*"])
    async def test_passes_two_hundred_a_second_on_and_counts_the_rest(
        self, autojump_clock: Any, mesh: MeshUnderTest, filter: str
    ) -> None:
        await start(mesh, limits=Limits(mailbox=5000))
        cell = mesh.cell("calc")
        cell.suspend()
        async with mesh.console.tap(filter) as tap:
            for n in range(300):
                await mesh.bus.tell(Note(n=n))
            assert [await tap.take() for _ in range(200)][-1][1].message == Note(n=199)
            assert tap.missed == 100
            await trio.sleep(1)
            await mesh.bus.tell(Note(n=300))
            gap, event = await tap.take()
            assert (gap, event.message, tap.missed) == (100, Note(n=300), 100)
            await mesh.bus.tell(Note(n=301))
            assert (await tap.take())[0] == 0
        cell.resume()

    def test_rests_once_its_share_is_used_up_and_nothing_that_comes_late_opens_another(self) -> None:
        tap = Tap(rate=2)
        for at in (1.2, 1.7, 1.9):
            tap.offer(seen_at(at))
        assert (tap.rests_until, tap.missed) == (2.0, 1)
        tap.offer(seen_at(2.0))
        tap.offer(seen_at(1.999))  # an instant that was noted before the second ended
        tap.offer(seen_at(2.1))
        assert (tap.rests_until, tap.missed) == (3.0, 2)
        assert [(gap, event.at) for gap, event in tap._queue] == [(0, 1.2), (0, 1.7), (1, 2.0), (0, 1.999)]

    def test_with_a_filter_never_rests_since_only_what_passes_counts(self) -> None:
        tap = Tap(parse("point=sent"), rate=0)
        tap.offer(seen_at(1.0))
        tap.offer(seen_at(1.0, "taken"))
        assert (tap.rests_until, tap.missed) == (-INFINITY, 1)

    async def test_counts_only_what_it_would_have_shown(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        await start(mesh, limits=Limits(mailbox=5000))
        async with mesh.console.tap("text~needle", rate=0) as tap:
            for _ in range(10):
                await mesh.bus.ask(Add(left=1, right=2))
            assert tap.missed == 0

    async def test_can_be_read_by_several(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        seen: list[int] = []

        async def read_one(tap: Tap) -> None:
            seen.append((await anext(tap)).seq)

        async with mesh.console.tap("point=sent", rate=None) as tap, trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(read_one, tap)
                await mesh.settle()
            for _ in range(3):
                await mesh.bus.tell(Note())
        assert sorted(seen) == [1, 2, 3]

    async def test_loses_nothing_when_its_reader_is_cancelled(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        seen: list[Any] = []
        told = 0

        async def scenario() -> None:
            nonlocal told
            for _ in range(3):
                await mesh.bus.tell(Note(n=told))
                nursery.start_soon(mesh.bus.tell, Note(n=told + 1))
                told += 2
                for _ in range(2):
                    seen.append((await anext(tap)).message)  # noqa: PERF401

        async def check() -> None:
            await mesh.settle()
            while tap._queue:
                seen.append((await anext(tap)).message)
            assert [note.n for note in seen] == list(range(told))

        async with mesh.console.tap("point=sent", rate=None) as tap, trio.open_nursery() as nursery:
            await cancel_at_each_checkpoint(scenario, check)

    async def test_whose_filter_fails_is_detached_and_nobody_else_notices(self, autojump_clock: Any) -> None:
        log: list[tuple[str, str, dict[str, Any]]] = []
        tree = Supervisor("root", "one_for_one", [Child("calc", Calculator)])
        async with open_mesh(
            tree, complete=False, log=lambda level, event, fields: log.append((level, event, fields))
        ) as mesh:
            faulty = Tap(Faulty([]), rate=None)
            mesh.core.taps.attach(faulty)
            async with mesh.console.tap("point=replied", rate=None) as sound:
                assert await mesh.bus.ask(Add(left=1, right=2)) == 3
                assert await mesh.bus.ask(Add(left=3, right=4)) == 7
                assert [(await anext(sound)).seq for _ in range(2)] == [1, 2]
            assert (await anext(faulty)).point == "sent"  # what came before
            for _ in range(2):
                with pytest.raises(ZeroDivisionError):
                    await anext(faulty)
        assert [(level, event, fields["type"]) for level, event, fields in log] == [
            ("error", "tap detached: its filter failed", "tapping.Add@1")
        ]

    async def test_whose_filter_fails_wakes_its_reader(self, mesh: MeshUnderTest) -> None:
        await start(mesh)
        faulty = Tap(Faulty([]), rate=None)
        mesh.bus.core.taps.attach(faulty)
        outcomes: list[str] = []

        async def read_all() -> None:
            try:
                async for event in faulty:
                    outcomes.append(event.point)  # noqa: PERF401
            except ZeroDivisionError:
                outcomes.append("error")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read_all)
            await mesh.settle()
            await mesh.bus.tell(Note())
        assert outcomes == ["sent", "error"]


class Faulty(Filter):
    """Cannot stand messages that are taken."""

    def __call__(self, event: TapEvent) -> bool:
        return 1 / (event.point != "taken") > 0


class TestTheCost:
    @pytest.fixture
    def described(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Points that were described, whoever was to see them."""
        points: list[str] = []

        def describe(point: Any, *args: Any, **options: Any) -> TapEvent:
            points.append(point)
            return of_envelope(point, *args, **options)

        monkeypatch.setattr("bus.see.tap.of_envelope", describe)
        return points

    @pytest.mark.parametrize(
        ("filter", "expected"),
        [
            (None, []),
            ("type=tapping.Note", []),
            ("point=buried", []),
            ("errors type=tapping.Add", []),
            ("type=tapping.Add point=taken", ["taken"]),
            ("type=tapping.Count point=item", ["item", "item"]),
        ],
    )
    async def test_of_what_nobody_wants_to_see_is_not_paid(
        self, autojump_clock: Any, described: list[str], filter: str | None, expected: list[str]
    ) -> None:
        tree = Supervisor("root", "one_for_one", [Child("calc", Calculator)])
        async with open_mesh(tree, complete=False) as mesh:
            async with mesh.console.tap():
                pass  # one that came and went
            if filter is None:
                await traffic(mesh.bus)
            else:
                async with mesh.console.tap(filter):
                    await traffic(mesh.bus)
        assert described == expected

    async def test_beyond_the_rate_is_not_paid(
        self, autojump_clock: Any, mesh: MeshUnderTest, described: list[str]
    ) -> None:
        mesh.bus.core.taps.detach(mesh.bus.core.taps.sent[0])  # the recorder of the harness
        await start(mesh)
        async with mesh.console.tap(rate=5) as tap:
            await traffic(mesh.bus)
            assert len(described) == 5
            assert tap.missed > 0

    async def test_is_shared_by_all_who_see_the_same(self, described: list[str]) -> None:
        tree = Supervisor("root", "one_for_one", [Child("calc", Calculator)])
        async with open_mesh(tree, complete=False) as mesh:
            async with mesh.console.tap("point=sent") as first, mesh.console.tap("point=sent") as second:
                await mesh.bus.tell(Note())
                assert await anext(first) is await anext(second)
        assert described == ["sent"]

    @pytest.mark.parametrize("filter", ["", "text~x", "took>1s errors"])
    async def test_in_virtual_time_is_nothing_even_if_nobody_reads(
        self, autojump_clock: Any, mesh: MeshUnderTest, filter: str
    ) -> None:
        await start(mesh)
        alone = await instants(mesh)
        async with mesh.console.tap(filter, rate=None), mesh.console.tap(filter, rate=1):
            assert await instants(mesh) == alone


def seen_at(at: float, point: Point = "sent") -> TapEvent:
    return TapEvent(point=point, at=at, to="calc")


async def traffic(bus: Any) -> None:
    await bus.ask(Add(left=1, right=2))
    async with bus.stream(Count(upto=2)) as items:
        assert [item async for item in items] == ["item 0", "item 1"]


async def instants(mesh: MeshUnderTest) -> list[float]:
    """When each of many messages, more than any tap takes, came to its end."""
    began = mesh.bus.clock.monotonic()
    ended: list[float] = []

    async def ask(n: int) -> None:
        await trio.sleep(n * 0.01)
        await mesh.bus.ask(Add(left=n, right=n))
        ended.append(round(mesh.bus.clock.monotonic() - began, 6))

    async def tell() -> None:
        for n in range(QUEUE):
            await mesh.bus.tell(Note(n=n))

    async with trio.open_nursery() as nursery:
        for n in range(20):
            nursery.start_soon(ask, n)
        nursery.start_soon(tell)
    assert len(ended) == 20
    return ended


async def test_a_reader_sleeps_between_two_events(autojump_clock: Any) -> None:
    tap = Tap(rate=None)
    seen: list[float] = []

    async def read() -> None:
        seen.extend([(await anext(tap)).at for _ in range(3)])

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        for at in (1.0, 2.0, 3.0):
            await trio.sleep(1)
            tap.offer(TapEvent(point="sent", at=at, to=""))
    assert seen == [1.0, 2.0, 3.0]
