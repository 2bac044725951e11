"""Supervisors on the real runtime, at exact virtual instants: starting and keeping up (G10)."""

from itertools import pairwise

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from bus import Backoff, BootError, ExitKind, Intensity, Limits, State, Supervisor
from bus.keep.restart import Strategy
from bus.run.running import RunningActor
from tests.bus.family import STEADY, Boom, Stage, after, boom, no_network, nothing, running

PLENTY = Intensity(1000, 1.0)


@pytest.fixture
async def stage() -> Stage:
    return Stage()


class TestStarting:
    async def test_children_start_in_order_each_when_the_one_before_is_up(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        stage.script("start", "a", after(2))
        stage.script("start", "b", after(1))
        async with running(*map(stage.child, "abc")):
            assert stage.told() == ["0 start a", "2 up a", "2 start b", "3 up b", "3 start c", "3 up c"]

    async def test_groups_start_in_order_too(self, autojump_clock: MockClock, stage: Stage) -> None:
        stage.script("start", "a", after(2))
        one = Supervisor("one", "one_for_one", [stage.child("a")])
        two = Supervisor("two", "one_for_one", [stage.child("b")])
        async with running(one, two):
            assert stage.told("up") == ["2 up a", "2 up b"]

    @pytest.mark.parametrize("moment", ["make", "start"])
    async def test_a_child_that_fails_undoes_the_earlier_ones_in_reverse(
        self, autojump_clock: MockClock, stage: Stage, moment: str
    ) -> None:
        stage.script("stop", "b", after(1))
        stage.script(moment, "c", boom)
        with pytest.raises(BootError, match=r"^start_failed: c: Boom: ") as caught:
            async with running(*map(stage.child, "abcd")):
                raise AssertionError("the block must not be entered")
        assert isinstance(caught.value.__cause__, Boom)
        assert stage.told("up", "stop") == ["0 up a", "0 up b", "1 stop b", "1 stop a"]

    async def test_the_report_names_the_way_to_the_child_that_failed(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        stage.script("start", "b", boom)
        inner = Supervisor("inner", "one_for_one", [stage.child("b")])
        outer = Supervisor("outer", "one_for_one", [inner])
        with pytest.raises(BootError) as caught:
            async with running(stage.child("a"), outer):
                pass
        assert str(caught.value) == "start_failed: outer: inner: b: Boom: boom"
        assert stage.told("stop") == ["0 stop a"]

    async def test_a_start_that_takes_too_long_fails(self, autojump_clock: MockClock, stage: Stage) -> None:
        stage.script("start", "b", after(2.6))
        with pytest.raises(BootError, match=r"^start_failed: b: not ready within 2\.5 s$"):
            async with running(stage.child("a"), stage.child("b", limits=Limits(start_within=2.5))):
                pass
        assert stage.told("stop", "up") == ["0 up a", "2.5 stop a"]

    async def test_a_start_may_take_ten_seconds_by_default(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        stage.script("start", "a", after(9.9))
        async with running(stage.child("a")):
            assert stage.told("up") == ["9.9 up a"]
        stage.script("start", "a", after(10.1))
        with pytest.raises(BootError, match="not ready within 10 s"):
            async with running(stage.child("a")):
                pass

    async def test_a_child_that_crashes_right_after_its_start_is_no_failed_boot(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        async def crash_soon() -> None:
            stage.crash("a")

        stage.script("start", "a", crash_soon)
        stage.script("start", "b", after(1))
        async with running(stage.child("a"), stage.child("b")) as mesh:
            await trio.sleep(5)
            assert stage.told("up") in (["1 up b", "1.2 up a"], ["0 up a", "1 up b", "1.2 up a"])
            assert mesh.console.health().children[0].restarts == 1

    def test_defaults_are_those_of_the_contract(self) -> None:
        assert Intensity() == Intensity(5, 30.0)
        assert Backoff() == Backoff(first=0.2, factor=2.0, cap=30.0, jitter=0.2)
        assert Limits().start_within == 10.0
        assert Limits().mailbox == 64


class TestAnOutageAtBoot:
    @pytest.mark.parametrize(
        ("strategy", "diary"),
        [
            ("one_for_one", ["0 up a", "0 up c", "0.2 up b"]),
            ("rest_for_one", ["0 up a", "0.2 up b", "0.2 up c"]),
        ],
    )
    async def test_is_endured_and_nobody_starts_who_has_to_wait_for_it(
        self, autojump_clock: MockClock, stage: Stage, strategy: Strategy, diary: list[str]
    ) -> None:
        stage.script("start", "b", no_network)
        async with running(*map(stage.child, "abc"), strategy=strategy) as mesh:
            await trio.sleep(1)
            assert stage.told("up", "stop") == diary
            assert mesh.console.health().health.state is State.READY


ORDERS: dict[tuple[Strategy, str], tuple[str, str]] = {
    ("one_for_one", "a"): ("", "a"),
    ("one_for_one", "b"): ("", "b"),
    ("one_for_one", "c"): ("", "c"),
    ("rest_for_one", "a"): ("cb", "abc"),
    ("rest_for_one", "b"): ("c", "bc"),
    ("rest_for_one", "c"): ("", "c"),
}
"""Who is stopped, and who is started, in order, when that one fails."""


class TestStrategies:
    @pytest.mark.parametrize(("strategy", "failing"), ORDERS)
    async def test_stop_in_reverse_and_start_in_order(
        self, autojump_clock: MockClock, stage: Stage, strategy: Strategy, failing: str
    ) -> None:
        stopped, started = ORDERS[strategy, failing]
        async with running(*map(stage.child, "abc"), strategy=strategy):
            await trio.sleep(1)
            stage.told()
            stage.crash(failing)
            await trio.sleep(10)
            ends = sorted(stage.told("stop", "up"), key=lambda line: line.startswith("1.2"))
            assert ends == [
                f"1 stop {failing}",
                *(f"1 stop {name}" for name in stopped),
                *(f"1.2 up {name}" for name in started),
            ]

    @pytest.mark.parametrize(("strategy", "failing"), ORDERS)
    async def test_nobody_starts_before_everybody_concerned_has_stopped(
        self, autojump_clock: MockClock, stage: Stage, strategy: Strategy, failing: str
    ) -> None:
        stopped, started = ORDERS[strategy, failing]
        async with running(*map(stage.child, "abc"), strategy=strategy):
            stage.told()
            for name in stopped:
                stage.script("stop", name, after(1))
            stage.crash(failing)
            await trio.sleep(10)
            end = len(stopped) or 0.2
            expected = [f"{number} stop {name}" for number, name in enumerate(stopped, start=1)]
            assert stage.told("stop", "up")[1:] == [*expected, *(f"{end:g} up {name}" for name in started)]

    @pytest.mark.parametrize(("strategy", "failing"), ORDERS)
    @pytest.mark.parametrize("other", "abc")
    async def test_another_child_that_fails_during_the_restart_is_restarted_as_well(
        self, autojump_clock: MockClock, stage: Stage, strategy: Strategy, failing: str, other: str
    ) -> None:
        still_waits = other > failing and other in ORDERS[strategy, failing][1]
        async with running(*map(stage.child, "abc"), strategy=strategy) as mesh:
            stage.told()
            stage.crash(failing)
            stage.script("start", failing, after(1))
            if still_waits:
                stage.script("start", other, boom)
            await trio.sleep(0.7)  # the first one is starting again
            if not still_waits and other != failing:
                stage.crash(other)
            await trio.sleep(60)
            diary = stage.told("up", "stop")
            last = {line[-1]: line for line in diary}
            assert all(" up " in line for line in last.values()), diary
            assert mesh.console.health().health.state is State.READY
            assert mesh.exit is None

    @pytest.mark.parametrize("strategy", ["one_for_one", "rest_for_one"])
    @pytest.mark.parametrize("failing", "abc")
    async def test_one_crash_too_many_stops_everybody_in_reverse_and_escalates(
        self, autojump_clock: MockClock, stage: Stage, strategy: Strategy, failing: str
    ) -> None:
        async with running(*map(stage.child, "abc"), strategy=strategy, intensity=Intensity(1, 30)) as mesh:
            stage.crash(failing)
            await trio.sleep(10)
            stage.told()
            stage.crash(failing)
            exit = await mesh.wait()
            others = [name for name in "cba" if name != failing]
            assert stage.told() == [f"10 stop {name}" for name in (failing, *others)]
            assert exit.kind is ExitKind.RESTART_LIMIT
            assert str(exit) == f"restart_limit: 2 crashes within 30 s, last: {failing} crashed: Boom: boom"

    @pytest.mark.parametrize("strategy", ["one_for_one", "rest_for_one"])
    async def test_a_single_child_is_restarted_alike(
        self, autojump_clock: MockClock, stage: Stage, strategy: Strategy
    ) -> None:
        async with running(stage.child("a"), strategy=strategy):
            stage.told()
            stage.crash("a")
            await trio.sleep(1)
            assert stage.told() == ["0 stop a", "0.2 start a", "0.2 up a"]

    @pytest.mark.parametrize("strategy", ["one_for_one", "rest_for_one"])
    async def test_simultaneous_failures_each_count_and_everybody_comes_back_once(
        self, autojump_clock: MockClock, stage: Stage, strategy: Strategy
    ) -> None:
        async with running(*map(stage.child, "abc"), strategy=strategy, intensity=Intensity(3, 30)) as mesh:
            stage.told()
            for name in "abc":
                stage.crash(name)
            await trio.sleep(10)
            assert stage.told("up") == ["0.2 up a", "0.2 up b", "0.2 up c"]
            stage.crash("b")
            assert (await mesh.wait()).kind is ExitKind.RESTART_LIMIT


class TestBudget:
    async def test_exactly_n_crashes_pass(self, autojump_clock: MockClock, stage: Stage) -> None:
        async with running(stage.child("a")) as mesh:
            for _ in range(5):
                stage.crash("a")
                await trio.sleep(5.9)
            assert mesh.exit is None
            stage.crash("a")
            exit = await mesh.wait()
            assert trio.current_time() - stage.began == pytest.approx(29.5)
        assert exit.kind is ExitKind.RESTART_LIMIT

    async def test_the_window_slides(self, autojump_clock: MockClock, stage: Stage) -> None:
        async with running(stage.child("a"), intensity=Intensity(5, 30)) as mesh:
            for _ in range(100):
                stage.crash("a")
                await trio.sleep(
                    6.5
                )  # backoff grows: 0.2 0.4 0.8 1.6 3.2 6.4 → each time it is up again in time
                while mesh.console.health().health.state is not State.READY:
                    await trio.sleep(1)
            assert mesh.exit is None

    async def test_of_zero_escalates_at_the_first_crash(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        async with running(stage.child("a"), intensity=Intensity(0)) as mesh:
            stage.crash("a")
            assert (await mesh.wait()).kind is ExitKind.RESTART_LIMIT

    async def test_of_a_group_is_fresh_after_its_parent_has_restarted_it(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        inner = Supervisor(
            "inner", "one_for_one", [stage.child("a")], intensity=Intensity(1, 30), backoff=STEADY
        )
        async with running(inner, stage.child("b"), intensity=Intensity(2, 30)) as mesh:
            stage.told()
            for _ in range(2):  # each is one crash for the parent
                stage.crash("a")
                await trio.sleep(1)
                stage.crash("a")
                await trio.sleep(1)
            assert mesh.exit is None
            assert stage.told("up") == ["0.2 up a", "1.2 up a", "2.2 up a", "3.4 up a"]
            assert mesh.console.health().children[0].restarts == 2
            stage.crash("a")
            await trio.sleep(1)
            stage.crash("a")
            exit = await mesh.wait()
        assert exit.kind is ExitKind.RESTART_LIMIT
        assert "inner restart_limit: 2 crashes within 30 s, last: a crashed: Boom: boom" in str(exit)
        assert str(exit).count("Boom") == 1
        assert stage.told("stop")[-1] == "5 stop b"

    async def test_is_not_spent_by_outages_however_many(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        stage.script("start", "a", nothing, *[no_network] * 50)
        async with running(stage.child("a"), intensity=Intensity(0)) as mesh:
            stage.told()
            stage.outage("a")
            await trio.sleep(3600)
            assert mesh.exit is None
            instants = [float(line.split()[0]) for line in stage.told("start")]
            waits = [round(later - sooner, 6) for sooner, later in pairwise([0.0, *instants])]
            assert waits[:9] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0]
            assert stage.told() == []

    async def test_is_not_spent_by_an_operator(self, autojump_clock: MockClock, stage: Stage) -> None:
        async with running(stage.child("a"), stage.child("b"), intensity=Intensity(0)) as mesh:
            for _ in range(20):
                await mesh.root.restart_child("a")
            assert mesh.exit is None
            assert stage.told("up").count("0 up a") == 21


class TestRestarting:
    async def test_failed_starts_back_off_like_crashes(self, autojump_clock: MockClock, stage: Stage) -> None:
        stage.script("start", "a", nothing, boom, after(11), boom)
        async with running(stage.child("a"), stage.child("b")):
            stage.told()
            stage.crash("a")
            await trio.sleep(60)
            # crash 0, failed 0.2, timed out 10.6, failed 11.4, up 13
            assert stage.told("start") == ["0.2 start a", "0.6 start a", "11.4 start a", "13 start a"]

    async def test_health_resets_the_backoff(self, autojump_clock: MockClock, stage: Stage) -> None:
        async with running(stage.child("a")):
            stage.told()
            stage.crash("a")
            await trio.sleep(0.2 + 15)
            stage.crash("a")  # 15.0 s of health are not enough
            await trio.sleep(0.4 + 15.1)
            stage.crash("a")  # 15.1 are
            await trio.sleep(1)
            assert stage.told("up") == ["0.2 up a", "15.6 up a", "30.9 up a"]

    async def test_jitter_stays_within_a_fifth(self, autojump_clock: MockClock, stage: Stage) -> None:
        async with running(stage.child("a", backoff=Backoff(cap=0.2)), intensity=PLENTY):
            waits: set[float] = set()
            for _ in range(50):
                crashed = trio.current_time() - stage.began
                stage.told()
                stage.crash("a")
                await trio.sleep(1)
                waits.add(float(stage.told("up")[0].split()[0]) - crashed)
        assert 0.16 <= min(waits) < 0.18
        assert 0.22 < max(waits) <= 0.24

    async def test_a_child_that_never_comes_up_starves_nobody(self) -> None:
        stage = Stage()  # in real time: its next start is always due at once
        never = stage.child("a", backoff=Backoff(first=1e-9, cap=1e-9, jitter=0.0))
        stage.script("start", "a", nothing, *[boom] * 100_000)
        async with running(never, stage.child("b"), intensity=Intensity(10**9, 1.0)):
            stage.crash("a")
            for _ in range(1000):
                await trio.lowlevel.checkpoint()
            assert len(stage.told("start")) > 20

    async def test_listing_while_restarting_tells_the_truth(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        stage.script("start", "b", nothing, after(3))
        stage.script("stop", "c", after(2))
        async with running(*map(stage.child, "abc"), strategy="rest_for_one") as mesh:
            stage.crash("b")
            await trio.sleep(0.5)
            seen: list[tuple[str, ...]] = []
            for _ in range(7):
                seen.append(tuple(child.health.state.value for child in mesh.console.health().children))
                await trio.sleep(1)
            assert seen == [
                *[("ready", "failed", "stopping")] * 2,
                *[("ready", "starting", "backoff")] * 3,
                *[("ready", "ready", "ready")] * 2,
            ]


class TestAtTheOperatorsWish:
    async def test_a_child_is_stopped_and_is_up_again_on_return(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        stage.script("start", "a", nothing, after(1))
        stage.script("stop", "a", after(2))
        async with running(stage.child("a"), stage.child("b")) as mesh:
            stage.told()
            await mesh.root.restart_child("a")
            assert stage.told() == ["2 stop a", "2 start a", "3 up a"]

    async def test_a_child_that_waits_is_started_at_once(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        async with running(stage.child("a", backoff=Backoff(first=60, cap=60, jitter=0))) as mesh:
            stage.crash("a")
            await trio.sleep(1)
            stage.told()
            await mesh.root.restart_child("a")
            assert stage.told() == ["1 start a", "1 up a"]
            await trio.sleep(120)
            assert stage.told() == []  # the planned start is off

    async def test_a_child_that_is_down_is_revived(self, autojump_clock: MockClock, stage: Stage) -> None:
        async with running(stage.child("a")) as mesh:
            cell = mesh.bus.routes.named("a")
            assert isinstance(cell, RunningActor)
            cell.request_stop()  # not by its supervisor, which would know
            await trio.sleep(60)
            assert mesh.console.health().children[0].health.state is State.STOPPED
            await mesh.root.restart_child("a")
            assert mesh.console.health().children[0].health.state is State.READY

    async def test_a_restart_that_fails_is_treated_like_a_crash(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        stage.script("start", "a", nothing, boom)
        async with running(stage.child("a"), stage.child("b")) as mesh:
            stage.told()
            await mesh.root.restart_child("a")
            assert stage.told() == ["0 stop a", "0 start a"]
            await trio.sleep(1)
            assert stage.told() == ["0.2 start a", "0.2 up a"]

    async def test_an_unknown_child_is_refused(self, autojump_clock: MockClock, stage: Stage) -> None:
        async with running(stage.child("a")) as mesh:
            with pytest.raises(LookupError, match="root has no child 'z'"):
                await mesh.root.restart_child("z")

    async def test_nothing_is_restarted_once_the_group_stops(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        stage.script("stop", "b", after(3))
        async with running(stage.child("a"), stage.child("b")) as mesh, trio.open_nursery() as nursery:
            nursery.start_soon(mesh.root.restart_child, "b")
            await trio.sleep(1)
            nursery.start_soon(mesh.root.restart_child, "a")  # waits for its turn, which never comes
            await wait_all_tasks_blocked()
            await mesh.stop()
            with pytest.raises(BootError, match="root is not running"):
                await mesh.root.restart_child("a")
        assert stage.told() == ["0 start a", "0 up a", "0 start b", "0 up b", "3 stop b", "3 stop a"]
