"""Counters agree with what taps see, and only grow (G17)."""

import json
from collections import Counter
from itertools import pairwise
from typing import Any, ClassVar, final

import attrs
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from bus import (
    Actor,
    ActorError,
    Backoff,
    BusError,
    Child,
    Command,
    Limits,
    Request,
    Supervisor,
    Tap,
    open_mesh,
)
from bus.console import TapEvent
from bus.see.metrics import BUCKETS, LONGEST, PERIOD, LoopLag, Metrics, bucket, quantile
from bus.testing import MeshUnderTest, open_test_mesh
from bus.testing.virtual import in_virtual_time


@final
@attrs.frozen(kw_only=True)
class Work(Request[int]):
    within: ClassVar[float] = 2.0
    n: int = 0
    how: str = "answer"
    seconds: float = 0.0


@final
@attrs.frozen(kw_only=True)
class Note(Command):
    n: int = 0


@final
@attrs.frozen(kw_only=True)
class Take(Command):
    n: int = 0


@final
@attrs.frozen(kw_only=True)
class Visit(Request[int]):
    key_field: ClassVar[str | None] = "who"
    who: str


class Refused(ActorError):
    pass


class Worker(Actor):
    @Work.handler
    async def work(self, request: Work) -> int:
        await trio.sleep(request.seconds)
        if request.how == "refuse":
            raise Refused
        if request.how == "crash":
            raise OSError("a bug")
        return request.n

    @Note.handler
    async def note(self, command: Note) -> None:
        await trio.sleep(0.25)

    @Take.handler
    async def take(self, command: Take) -> None:
        self.drain(Note)


class Host(Actor):
    def __init__(self, who: str) -> None:
        self._who = who

    @Visit.handler
    async def visit(self, request: Visit) -> int:
        return await self.bus.ask(Work(n=len(self._who), seconds=0.5))


class TestABucket:
    @pytest.mark.parametrize(
        ("seconds", "index"),
        [
            (0.0, 0),
            (0.9e-6, 0),
            (1e-6, 1),
            (2e-6, 2),
            (3.5e-6, 2),
            (1e-3, 10),
            (1.0, 20),
            (LONGEST * 0.99, BUCKETS - 2),
            (LONGEST, BUCKETS - 1),
            (float("inf"), BUCKETS - 1),
        ],
    )
    def test_is_the_power_of_two_above(self, seconds: float, index: int) -> None:
        assert bucket(seconds) == index

    @given(st.floats(0, 1e9))
    def test_exists_for_any_duration(self, seconds: float) -> None:
        index = bucket(seconds)
        assert 0 <= index < BUCKETS
        if 0 < index < BUCKETS - 1:
            assert 2 ** (index - 1) <= int(seconds * 1e6) < 2**index


class TestAQuantile:
    def test_of_nothing_is_zero(self) -> None:
        assert quantile([0] * BUCKETS, 0.5) == 0.0

    @given(st.lists(st.floats(1e-6, 1000), min_size=1), st.sampled_from([0.0, 0.5, 0.9, 0.99, 1.0]))
    def test_is_at_most_twice_what_it_is_exactly(self, durations: list[float], q: float) -> None:
        histogram = [0] * BUCKETS
        for seconds in durations:
            histogram[bucket(seconds)] += 1
        ranked = sorted(durations)
        exact = next(each for n, each in enumerate(ranked, 1) if n >= q * len(ranked))
        assert exact < quantile(histogram, q) <= 2.000001 * exact


class Counting(Tap):
    """Counts all it is shown."""

    def __init__(self) -> None:
        super().__init__(None, rate=None)
        self.counts: Counter[tuple[str, ...]] = Counter()

    def offer(self, event: TapEvent) -> None:
        point = "joined" if event.point == "taken" and event.detail.startswith("joined") else event.point
        self.counts[point, event.outcome, event.type] += 1
        if point == "buried":
            self.counts["lost", event.to, event.outcome] += 1


MESSAGES = st.one_of(
    st.builds(
        Work,
        n=st.integers(0, 3),
        how=st.sampled_from(["answer", "answer", "refuse", "crash"]),
        seconds=st.sampled_from([0.0, 0.1, 0.5, 3.0]),
    ),
    st.builds(Note, n=st.integers(0, 3)),
    st.builds(Take),
)
STEPS = st.lists(st.tuples(MESSAGES, st.sampled_from([0.0, 0.0, 0.05, 0.6])), max_size=30)


@given(STEPS)
def test_sums_are_what_taps_have_counted_over_any_run_and_only_grow(
    steps: list[tuple[Work | Note | Take, float]],
) -> None:
    in_virtual_time(_compare, steps)


async def _compare(steps: list[tuple[Work | Note | Take, float]]) -> None:
    async with open_test_mesh() as mesh:
        counting = Counting()
        mesh.bus.core.taps.attach(counting)
        limits = Limits(mailbox=4)
        cell = await mesh.start(Worker, limits=limits, backoff=Backoff(first=0.05, jitter=0.0))
        shots: list[dict[str, Any]] = []
        async with trio.open_nursery() as nursery:
            for message, pause in steps:
                nursery.start_soon(_send, mesh, message)
                await trio.sleep(pause)
                shots.append(mesh.console.snapshot())
        await trio.sleep(60)
        shots.append(mesh.console.snapshot())

    seen = counting.counts
    for kind, series in cell.metrics.items():
        name = f"test_metrics.{kind.__name__}@1"
        assert series.ok == seen["replied", "ok", name] + seen["joined", "", name]
        assert series.errors == seen["failed", "error", name]
        assert series.crashed == seen["failed", "crashed", name]
        assert sum(series.counts().values()) == seen["taken", "", name] + seen["joined", "", name]
        timed = seen["replied", "ok", name] + seen["failed", "error", name]
        assert sum(series.wait) == sum(series.took) == timed
    lost = {key[1:]: count for key, count in seen.items() if key[0] == "lost"}
    assert lost == mesh.bus.core.dead.counts
    total = sum(series.ok + series.errors for series in cell.metrics.values())
    assert (cell.books.handled, cell.books.dead) == (total, sum(lost.values()))
    _only_grow(shots)


async def _send(mesh: MeshUnderTest, message: Work | Note | Take) -> None:
    try:
        if isinstance(message, Work):
            await mesh.bus.ask(message)
        else:
            await mesh.bus.tell(message)
    except BusError:
        pass


def _only_grow(shots: list[dict[str, Any]]) -> None:
    for earlier, later in pairwise(shots):
        assert later["boot_id"] == earlier["boot_id"]
        assert later["seq"] == earlier["seq"] + 1
        assert later["uptime"] >= earlier["uptime"]
        for counters in (_counters(earlier["messages"]), _counters(earlier["dead"])):
            assert counters.items() <= _at_most(counters, later).items()


def _counters(tree: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], int]:
    if isinstance(tree, int):
        return {path: tree}
    return {leaf: n for name, branch in tree.items() for leaf, n in _counters(branch, (*path, name)).items()}


def _at_most(counters: dict[tuple[str, ...], int], later: dict[str, Any]) -> dict[tuple[str, ...], int]:
    """The same counters where they have not shrunk."""
    now = _counters(later["messages"]) | _counters(later["dead"])
    return {path: count for path, count in counters.items() if now[path] >= count}


class TestSeries:
    async def test_tell_how_long_messages_waited_and_were_handled(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        cell = await mesh.start(Worker)
        async with trio.open_nursery() as nursery:
            for n in range(3):
                nursery.start_soon(mesh.bus.ask, Work(n=n, seconds=0.25))
        series = cell.metrics[Work]
        # 0.25 s lie in the bucket up to 2^18 µs, 0.5 s in the one up to 2^19 µs; the first did not wait.
        assert {index: count for index, count in enumerate(series.wait) if count} == {0: 1, 18: 1, 19: 1}
        assert {index: count for index, count in enumerate(series.took) if count} == {18: 3}
        assert series.snapshot() == {
            "ok": 3,
            "errors": 0,
            "crashed": 0,
            "cancelled": 0,
            "wait_p50": 0.262144,
            "wait_p90": 0.524288,
            "wait_p99": 0.524288,
            "took_p50": 0.262144,
            "took_p90": 0.262144,
            "took_p99": 0.262144,
        }

    async def test_survive_crashes(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        cell = await mesh.start(Worker)
        for how in ("answer", "crash", "answer", "refuse"):
            await _send(mesh, Work(how=how))
        await _send(mesh, Work(seconds=5))
        await mesh.settle()
        assert cell.incarnation == 2
        assert cell.metrics[Work].counts() == {"ok": 2, "errors": 1, "crashed": 1, "cancelled": 1}
        assert cell.metrics.snapshot()["test_metrics.Work@1"]["ok"] == 2

    async def test_of_a_pool_are_those_of_all_its_members_past_and_present(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        await mesh.start(Worker)
        await mesh.start_pool(Host, name="hosts", idle=1.0)
        for who in ("ada", "bob", "ada"):
            await mesh.bus.ask(Visit(who=who))
            await trio.sleep(3)
        shot = mesh.console.snapshot()
        assert shot["messages"]["hosts"]["test_metrics.Visit@1"]["ok"] == 3
        assert [actor["name"] for actor in shot["actors"]] == ["worker"]

    def test_of_a_class_are_one(self) -> None:
        metrics = Metrics()
        metrics[Work].ok += 1
        metrics[Work].ok += 1
        assert {kind: series.ok for kind, series in metrics.items()} == {Work: 2}


class TestASnapshot:
    async def test_says_which_boot_and_which_snapshot_it_is_and_for_how_long_it_runs(
        self, autojump_clock: Any
    ) -> None:
        await trio.sleep(5)
        async with open_mesh(Supervisor("root", "one_for_one", []), boot_id="b-1") as mesh:
            await trio.sleep(7)
            shots = [mesh.console.snapshot() for _ in range(3)]
        assert [(shot["boot_id"], shot["seq"], shot["uptime"]) for shot in shots] == [
            ("b-1", 1, 7.0),
            ("b-1", 2, 7.0),
            ("b-1", 3, 7.0),
        ]
        assert shots[0]["at"] == 12.0
        assert shots[0]["time"] == "2026-01-01T00:00:07+00:00"

    async def test_counts_messages_by_owner_and_class(self, mesh: MeshUnderTest) -> None:
        await mesh.start(Worker)
        for how in ("answer", "answer", "refuse"):
            await _send(mesh, Work(how=how))
        shot = mesh.console.snapshot()
        assert shot["messages"] == {
            "worker": {"test_metrics.Work@1": {"ok": 2, "errors": 1, "crashed": 0, "cancelled": 0}}
        }
        assert json.loads(json.dumps(shot)) == shot

    async def test_has_what_an_actor_says_of_itself_masked(self, mesh: MeshUnderTest) -> None:
        class Boaster(Worker):
            def describe(self) -> dict[str, Any]:
                return {"commits": 7, "key": "sk-1234567890abcdef"}

        class Liar(Actor):
            def describe(self) -> dict[str, Any]:
                raise OSError("no sk-1234567890abcdef here")

        class Quiet(Actor):
            pass

        for kind in (Boaster, Liar, Quiet):
            await mesh.start(kind)
        shown = {actor["name"]: actor.get("own") for actor in mesh.console.snapshot()["actors"]}
        assert shown == {
            "boaster": {"commits": 7, "key": "•••"},
            "liar": {"error": "OSError: no ••• here"},
            "quiet": None,
        }


class TestTheLatencyOfAsks:
    async def test_is_told_by_sender_recipient_and_class(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        await mesh.start(Worker)
        await mesh.start_pool(Host, name="hosts")
        async with trio.open_nursery() as nursery:
            for who in ("ada", "bob"):
                nursery.start_soon(mesh.bus.ask, Visit(who=who))
        await mesh.bus.tell(Note())
        await _send(mesh, Work(how="refuse"))
        await _send(mesh, Work(how="crash"))
        half, full = pytest.approx(0.5), pytest.approx(1.0)
        quarter = pytest.approx(0.25)
        work, visit = "test_metrics.Work@1", "test_metrics.Visit@1"
        assert mesh.console.latency()["edges"] == [
            {"from": "", "to": "hosts", "type": visit, "count": 2}
            | {"p50": half, "p90": full, "p99": full, "max": full},
            {"from": "", "to": "worker", "type": work, "count": 1}
            | {"p50": quarter, "p90": quarter, "p99": quarter, "max": quarter},
            {"from": "hosts", "to": "worker", "type": work, "count": 2}
            | {"p50": half, "p90": full, "p99": full, "max": full},
        ]

    async def test_of_messages_too_large_to_keep_is_told_under_their_name(self, mesh: MeshUnderTest) -> None:
        await mesh.start(Worker)
        await mesh.bus.ask(Work(how="x" * 1000))
        assert [edge["type"] for edge in mesh.console.latency()["edges"]] == ["test_metrics.Work@1"]


class TestTheLoop:
    def test_shows_how_late_it_wakes_tasks(self) -> None:
        clock = MockClock()

        async def main() -> LoopLag:
            lag = LoopLag()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(lag.measure)
                for late in (0.0, 0.25, 0.5):
                    await trio.testing.wait_all_tasks_blocked()
                    clock.jump(PERIOD + late)
                await trio.testing.wait_all_tasks_blocked()
                nursery.cancel_scope.cancel()
            return lag

        lag = trio.run(main, clock=clock)
        assert lag.last == 0.5
        assert sum(lag.histogram) == 3
        assert lag.snapshot() == {"last": 0.5, "p50": 0.262144, "p90": 0.524288, "p99": 0.524288}

    def test_is_never_too_early(self) -> None:
        lag = LoopLag()
        lag.note(-0.001)
        assert (lag.last, lag.histogram[0]) == (0.0, 1)

    @pytest.mark.parametrize("virtual", [True, False])
    def test_is_watched_unless_time_is_virtual(
        self, monkeypatch: pytest.MonkeyPatch, *, virtual: bool
    ) -> None:
        monkeypatch.setattr("bus.see.metrics.PERIOD", 0.001)

        async def main() -> int:
            tree = Supervisor("root", "one_for_one", [Child("worker", Worker)])
            async with open_mesh(tree, complete=False) as mesh:
                await trio.sleep(0.1)
                return sum(mesh.core.lag.histogram)

        measured = in_virtual_time(main) if virtual else trio.run(main)
        assert (measured > 0) is not virtual
