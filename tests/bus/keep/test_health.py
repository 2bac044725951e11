"""Each source of health flips the state and back; health rolls up along the tree (G14)."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, ClassVar, final

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from bus import (
    Actor,
    Child,
    Health,
    Intensity,
    Limits,
    Mesh,
    NodeHealth,
    Request,
    Sink,
    State,
    Stream,
    Supervisor,
    Unavailable,
    concurrent,
)
from bus.keep.health import roll_up, strained
from bus.keep.restart import Budget
from bus.run.running import RunningActor
from tests.bus.family import STEADY, Stage, after, nothing, running
from tests.bus.supervise.house import Crash, House, Note, Work


@final
@attrs.frozen(kw_only=True)
class Chore(Request[None]):
    expected: ClassVar[float] = 3.0
    within: ClassVar[float] = 1000.0
    seconds: float = 0.0


@final
@attrs.frozen(kw_only=True)
class Aside(Request[None]):
    expected: ClassVar[float] = 3.0
    within: ClassVar[float] = 1000.0
    seconds: float = 0.0


@final
@attrs.frozen(kw_only=True)
class Fetch(Request[None]):
    """Needs the world."""


@final
@attrs.frozen(kw_only=True)
class Follow(Stream[int]): ...


class Servant(Actor):
    """Does chores; whether the world is there is for the test to say."""

    connected = True

    @Chore.handler
    async def chore(self, request: Chore) -> None:
        await trio.sleep(request.seconds)

    @Aside.handler
    @concurrent(2)
    async def aside(self, request: Aside) -> None:
        await trio.sleep(request.seconds)

    @Fetch.handler
    async def fetch(self, request: Fetch) -> None:
        if not self.connected:
            raise Unavailable("no network")

    @Follow.handler
    async def follow(self, request: Follow, sink: Sink[int]) -> None:
        if not self.connected:
            raise Unavailable("no stream")


class Seen:
    """A mesh with one servant, and its health in short."""

    def __init__(self, mesh: Mesh, nursery: trio.Nursery) -> None:
        self.mesh = mesh
        self.bus = mesh.bus
        self.later = nursery.start_soon

    @property
    def actor(self) -> Any:
        cell = self.mesh.bus.routes.named("servant")
        assert isinstance(cell, RunningActor)
        return cell.actor

    @property
    def now(self) -> str | None:
        """None when all is well, else the complaint."""
        health = self.mesh.console.health().children[0].health
        assert (health.state is State.READY) == (health.why is None)
        assert health.state in {State.READY, State.DEGRADED}
        if health.why is not None:
            above = self.mesh.console.health().health
            assert above == Health(State.DEGRADED, f"servant is degraded: {health.why}")
        return health.why


@asynccontextmanager
async def servant(factory: type[Actor] = Servant, **limits: Any) -> AsyncGenerator[Seen]:
    child = Child("servant", factory, limits=Limits(**limits), backoff=STEADY)
    async with running(child) as mesh, trio.open_nursery() as nursery:
        yield Seen(mesh, nursery)


class TestAnActor:
    async def test_is_what_its_life_says(self, autojump_clock: MockClock) -> None:
        stage = Stage()
        seen: list[tuple[str, str | None, float | None]] = []

        def look(mesh: Mesh) -> None:
            health = mesh.console.health().children[0].health
            seen.append((health.state.value, health.why, health.until))

        stage.script("start", "a", nothing, after(2))
        stage.script("stop", "a", nothing, after(2))
        async with running(stage.child("a")) as mesh:
            look(mesh)
            stage.crash("a")
            await trio.sleep(0.1)
            look(mesh)
            await trio.sleep(1)
            look(mesh)
            await trio.sleep(2)
            look(mesh)
            ended = mesh.bus.routes.named("a")
            assert isinstance(ended, RunningActor)
            ended.request_stop()
            await trio.sleep(1)
            look(mesh)
            await trio.sleep(2)
            look(mesh)
        assert seen == [
            ("ready", None, None),
            ("backoff", "crashed: Boom: boom", 0.2),
            ("starting", None, None),
            ("ready", None, None),
            ("stopping", None, None),
            ("stopped", None, None),
        ]

    async def test_has_failed_when_its_group_gave_up(self, autojump_clock: MockClock) -> None:
        stage = Stage()
        group = Supervisor("group", "one_for_one", [stage.child("a")], intensity=Intensity(0))
        async with running(group, intensity=Intensity(0)) as mesh:
            stage.crash("a")
            await mesh.wait()
            (seen,) = mesh.console.health().children
            assert seen.children[0].health == Health(State.FAILED, "crashed: Boom: boom")

    async def test_says_itself_that_it_is_unwell(self, autojump_clock: MockClock) -> None:
        async with servant() as seen:
            seen.actor.degraded("slow disk")
            assert seen.now == "slow disk"
            await seen.bus.ask(Chore())
            assert seen.now == "slow disk"
            seen.actor.degraded(None)
            assert seen.now is None

    async def test_may_say_so_before_it_is_up(self, autojump_clock: MockClock) -> None:
        class Frank(Servant):
            async def start(self) -> None:
                self.degraded("no cache")

        async with servant(Frank) as seen:
            assert seen.now == "no cache"

    async def test_takes_no_complaint_into_its_next_life(self, autojump_clock: MockClock) -> None:
        async with servant() as seen:
            seen.actor.connected = False
            with pytest.raises(Unavailable):
                await seen.bus.ask(Fetch())
            seen.actor.degraded("slow disk")
            await seen.mesh.root.restart_child("servant")
            assert seen.now is None

    @pytest.mark.parametrize("kind", [Fetch, Follow])
    async def test_is_unwell_while_the_world_is_missing(
        self, autojump_clock: MockClock, kind: type[Fetch | Follow]
    ) -> None:
        async def use() -> None:
            if kind is Fetch:
                await seen.bus.ask(Fetch())
            else:
                async with seen.bus.stream(Follow()) as items:
                    async for _ in items:
                        pass

        async with servant() as seen:
            seen.actor.connected = False
            with pytest.raises(Unavailable):
                await use()
            assert seen.now == f"Unavailable: no {'network' if kind is Fetch else 'stream'}"
            await seen.bus.ask(Chore())  # tells nothing about the world
            assert seen.now is not None
            seen.actor.connected = True
            await use()
            assert seen.now is None

    @pytest.mark.parametrize("kind", [Chore, Aside])
    async def test_is_unwell_while_a_message_takes_longer_than_expected(
        self, autojump_clock: MockClock, kind: type[Chore | Aside]
    ) -> None:
        async with servant() as seen:
            seen.later(seen.bus.ask, kind(seconds=10))
            await trio.sleep(3)
            assert seen.now is None
            await trio.sleep(4)
            assert seen.now == f"test_health.{kind.__name__}@1 has been in hand for 7 s, expected are 3"
            await trio.sleep(4)
            assert seen.now is None

    async def test_is_not_unwell_for_a_task_that_has_yet_to_begin(self, autojump_clock: MockClock) -> None:
        async with servant() as seen:
            await trio.sleep(100)
            seen.later(seen.bus.ask, Aside(seconds=1))
            for _ in range(20):
                assert seen.now is None
                await trio.lowlevel.checkpoint()

    async def test_is_unwell_while_a_message_has_waited_for_too_long(self, autojump_clock: MockClock) -> None:
        class Patient(Servant): ...

        async with servant(Patient, patience=5.0) as seen:
            seen.later(seen.bus.ask, Chore(seconds=2.9))
            await wait_all_tasks_blocked()
            for _ in range(3):
                seen.later(seen.bus.ask, Chore(seconds=2.9))
                await wait_all_tasks_blocked()
            await trio.sleep(5)
            assert seen.now is None
            await trio.sleep(0.5)
            assert seen.now == "the oldest message has waited for 6 s"
            await trio.sleep(4)
            assert seen.now is None

    async def test_is_suspended_while_an_operator_says_so(self, autojump_clock: MockClock) -> None:
        async with servant(patience=1.0) as seen:
            cell = seen.mesh.bus.routes.named("servant")
            assert isinstance(cell, RunningActor)
            cell.suspend()
            seen.later(seen.bus.ask, Chore())
            await trio.sleep(5)
            assert seen.mesh.console.health().children[0].health == Health(State.SUSPENDED)
            assert seen.mesh.console.health().health.state is State.DEGRADED
            cell.resume()
            await wait_all_tasks_blocked()
            assert seen.now is None

    def test_is_patient_by_default(self) -> None:
        assert Request.expected == 60.0
        assert Stream.expected == 600.0
        assert Limits().patience == 60.0


class TestABudget:
    @pytest.mark.parametrize(
        ("restarts", "crashes", "state"),
        [
            (6, 3, State.READY),
            (6, 4, State.DEGRADED),
            (5, 3, State.READY),
            (5, 4, State.DEGRADED),
            (1, 0, State.READY),
            (1, 1, State.DEGRADED),
            (0, 0, State.READY),
        ],
    )
    def test_counts_as_strained_from_two_thirds_on(self, restarts: int, crashes: int, state: State) -> None:
        budget = Budget(Intensity(restarts, 30.0), (100.0,) * crashes)
        assert strained(budget, 129.9).state is state
        assert strained(budget, 130.0).state is State.READY

    async def test_of_a_group_shows_and_recovers(self, autojump_clock: MockClock) -> None:
        stage = Stage()
        async with running(stage.child("a"), stage.child("b"), intensity=Intensity(3, 30.0)) as mesh:
            stage.crash("a")
            await trio.sleep(1)
            assert mesh.console.health().health.state is State.READY
            stage.crash("b")
            await trio.sleep(1)
            assert mesh.console.health().health == Health(
                State.DEGRADED, "2 of 3 restarts within 30 s are spent"
            )
            assert {child.health.state for child in mesh.console.health().children} == {State.READY}
            await trio.sleep(29)
            assert mesh.console.health().health.state is State.READY

    async def test_of_a_pool_shows_and_recovers(self, autojump_clock: MockClock) -> None:
        house = House()
        async with running(house.pool(intensity=Intensity(3, 30.0))) as mesh:
            await mesh.bus.tell(Crash(key="a"))
            await mesh.bus.tell(Crash(key="b"))
            await trio.sleep(1)
            assert mesh.console.health().children[0].health.why == "2 of 3 restarts within 30 s are spent"
            await trio.sleep(30)
            assert mesh.console.health().health.state is State.READY


class TestAPool:
    async def test_is_as_unwell_as_its_first_unwell_member(self, autojump_clock: MockClock) -> None:
        house = House()
        async with running(house.pool()) as mesh:
            await mesh.bus.ask(Work(key="a"))
            await mesh.bus.tell(Note(key="b", seconds=70))
            await trio.sleep(61)
            assert mesh.console.health().children[0].health.why == (
                "house[b] is degraded: house.Note@1 has been in hand for 61 s, expected are 60"
            )
            await trio.sleep(10)
            assert mesh.console.health().health.state is State.READY


class TestRollingUp:
    def test_names_the_first_that_is_not_well(self) -> None:
        parts = [
            ("a", Health(State.READY)),
            ("b", Health(State.STOPPED)),
            ("c", Health(State.BACKOFF, "crashed", until=3.0)),
            ("d", Health(State.FAILED, "bug")),
        ]
        assert roll_up(parts) == Health(State.DEGRADED, "c is backoff: crashed")
        assert roll_up(parts[:2]) == Health(State.READY)
        assert roll_up([("e", Health(State.STARTING))]) == Health(State.DEGRADED, "e is starting")
        assert roll_up([]) == Health(State.READY)

    async def test_goes_up_to_the_root_whatever_the_depth(self, autojump_clock: MockClock) -> None:
        stage = Stage()
        inner = Supervisor("inner", "one_for_one", [stage.child("a")])
        outer = Supervisor("outer", "one_for_one", [inner])
        async with running(outer, stage.child("b")) as mesh:
            stage.players["a"].degraded("slow disk")
            assert mesh.console.health().health.why == (
                "outer is degraded: inner is degraded: a is degraded: slow disk"
            )
            assert [child.health.state for child in mesh.console.health().children] == [
                State.DEGRADED,
                State.READY,
            ]
            stage.players["a"].degraded(None)
            assert mesh.console.health().health == Health(State.READY)

    async def test_shows_a_group_that_backs_off_and_its_restarts(self, autojump_clock: MockClock) -> None:
        stage = Stage()
        inner = Supervisor("inner", "one_for_one", [stage.child("a")], intensity=Intensity(0), backoff=STEADY)
        async with running(inner) as mesh:
            stage.crash("a")
            await trio.sleep(0.1)
            shown = mesh.console.health().children[0]
            why = "restart_limit: 1 crashes within 30 s, last: a crashed: Boom: boom"
            assert shown == NodeHealth(
                "inner",
                Health(State.BACKOFF, why, until=0.2),
                children=(NodeHealth("a", Health(State.BACKOFF, why, until=0.2)),),
            )
            await trio.sleep(1)
            assert mesh.console.health().children[0].restarts == 1
            assert mesh.console.health().children[0].children[0].restarts == 1
