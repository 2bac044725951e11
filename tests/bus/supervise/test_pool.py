"""Pools: one actor per key, rest, places, crashes, restarts of the whole pool (G2, G10)."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, ClassVar, final

import attrs
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from bus import (
    Actor,
    ActorCrashed,
    ActorError,
    ActorStopped,
    Backoff,
    BootError,
    Command,
    DeadlineExceeded,
    ExitKind,
    Intensity,
    Lane,
    Limits,
    Mesh,
    Pool,
    Request,
    State,
    Supervisor,
    Unavailable,
    concurrent,
)
from bus.run.running import RunningActor
from bus.supervise.pool import RunningPool
from bus.supervise.spec import Node
from bus.testing.virtual import in_virtual_time
from tests.bus.family import STEADY, Boom, Stage, running


@final
@attrs.frozen(kw_only=True)
class Work(Request[str]):
    """Takes some time; the answer says who gave it, in which of its lives."""

    key_field: ClassVar[str | None] = "key"
    within: ClassVar[float] = 10_000.0
    key: str
    seconds: float = 0.0
    n: int = 0


@final
@attrs.frozen(kw_only=True)
class Aside(Request[str]):
    key_field: ClassVar[str | None] = "key"
    key: str
    seconds: float = 0.0


@final
@attrs.frozen(kw_only=True)
class Knock(Request[str]):
    key_field: ClassVar[str | None] = "key"
    lane: ClassVar[Lane] = Lane.CONTROL
    key: str


@final
@attrs.frozen(kw_only=True)
class Note(Command):
    key_field: ClassVar[str | None] = "key"
    key: str
    n: int = 0
    seconds: float = 0.0


@final
@attrs.frozen(kw_only=True)
class Crash(Command):
    key_field: ClassVar[str | None] = "key"
    poison_after: ClassVar[int] = 10**9
    key: str
    n: int = 0


class NoSuchKey(ActorError):
    """There is nothing by that key."""


class House:
    """What its members do, and what they did."""

    def __init__(self) -> None:
        self.starts: list[str] = []
        self.notes: list[tuple[str, int]] = []
        self.ended: list[tuple[float, str]] = []
        self.before_start: Callable[[str], Any] | None = None
        self.living = 0
        self.most = 0

    def pool(self, **options: Any) -> Pool:
        options.setdefault("backoff", STEADY)
        return Pool("house", partial(Member, self), **options)


class Member(Actor):
    def __init__(self, house: House, key: str) -> None:
        self.house = house
        self.mine = key

    async def start(self) -> None:
        assert self.key == self.mine
        self.house.starts.append(self.mine)
        self.house.living += 1
        self.house.most = max(self.house.most, self.house.living)
        if self.house.before_start is not None:
            try:
                await self.house.before_start(self.mine)
            except BaseException:
                self.house.living -= 1
                raise

    async def on_stop(self) -> None:
        self.house.living -= 1
        self.house.ended.append((round(trio.current_time(), 6), self.mine))

    @Work.handler
    async def work(self, request: Work) -> str:
        await trio.sleep(request.seconds)
        return f"{self.mine}{request.n}"

    @Aside.handler
    @concurrent(8)
    async def aside(self, request: Aside) -> str:
        await trio.sleep(request.seconds)
        return self.mine

    @Knock.handler
    async def knock(self, request: Knock) -> str:
        return f"{self.mine} is in"

    @Note.handler
    async def note(self, command: Note) -> None:
        await trio.sleep(command.seconds)
        self.house.notes.append((self.mine, command.n))

    @Crash.handler
    async def crash(self, command: Crash) -> None:
        raise Boom(self.mine)


@asynccontextmanager
async def open_house(
    house: House, *others: Node, of_root: Intensity | None = None, **options: Any
) -> AsyncGenerator[Mesh]:
    """A tree with a pool; what its members did that have gone must balance as well."""
    async with running(house.pool(**options), *others, intensity=of_root or Intensity()) as mesh:
        yield mesh
        retired = pool_of(mesh).retired
        assert retired.sent == retired.handled + retired.dead


def pool_of(mesh: Mesh) -> RunningPool:
    return next(pool for pool in mesh.tree.pools() if pool.name == "house")


def cell(mesh: Mesh, key: str) -> RunningActor:
    found = mesh.bus.routes.named(f"house[{key}]")
    assert isinstance(found, RunningActor)
    return found


def kept(mesh: Mesh) -> list[str]:
    return [str(cell.key) for cell in pool_of(mesh).addresses()]


@pytest.fixture
def house() -> House:
    return House()


class TestAMember:
    async def test_is_started_by_its_first_message_and_keeps_its_key(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house) as mesh:
            assert house.starts == []
            assert await mesh.bus.ask(Work(key="a")) == "a0"
            assert await mesh.bus.ask(Work(key="b", n=1)) == "b1"
            assert await mesh.bus.ask(Work(key="a", n=2)) == "a2"
            assert house.starts == ["a", "b"]

    async def test_works_beside_the_others(self, autojump_clock: MockClock, house: House) -> None:
        async with open_house(house) as mesh:
            async with trio.open_nursery() as nursery:
                for key in "abc":
                    nursery.start_soon(mesh.bus.ask, Work(key=key, seconds=5))
            assert trio.current_time() == 5.0

    async def test_that_says_it_is_done_is_forgotten(self, autojump_clock: MockClock, house: House) -> None:
        async with open_house(house) as mesh:
            await mesh.bus.ask(Work(key="a"))
            cell(mesh, "a").request_stop()
            await wait_all_tasks_blocked()
            assert kept(mesh) == []
            assert await mesh.bus.ask(Work(key="a")) == "a0"
            assert house.starts == ["a", "a"]

    async def test_cannot_be_addressed_without_its_key(self, autojump_clock: MockClock, house: House) -> None:
        async with open_house(house) as mesh:
            assert pool_of(mesh).address_for(None) is None
            assert pool_of(mesh).address_for("a", create=False) is None
            assert kept(mesh) == []


class TestRest:
    async def test_comes_after_the_idle_time_to_the_instant(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, idle=60.0) as mesh:
            await mesh.bus.ask(Work(key="a"))
            await trio.sleep(59)
            await mesh.bus.ask(Work(key="a"))
            await mesh.bus.ask(Work(key="b"))
            await trio.sleep(10)
            await mesh.bus.ask(Work(key="b"))
            await trio.sleep(600)
            assert house.ended == [(119.0, "a"), (129.0, "b")]
            assert kept(mesh) == []
            assert pool_of(mesh).retired.handled == 4

    @pytest.mark.parametrize("message", [Work(key="a", seconds=100), Aside(key="a", seconds=9)])
    async def test_is_counted_from_the_end_of_the_work(
        self, autojump_clock: MockClock, house: House, message: Work | Aside
    ) -> None:
        async with open_house(house, idle=1.0) as mesh:
            await mesh.bus.ask(message)
            await trio.sleep(600)
            assert house.ended == [(message.seconds + 1, "a")]

    async def test_is_counted_from_the_end_of_work_that_was_abandoned(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, idle=60.0) as mesh:
            with trio.move_on_after(50):
                await mesh.bus.ask(Work(key="a", seconds=100))
            await trio.sleep(600)
            assert house.ended == [(110.0, "a")]

    async def test_is_put_off_by_a_message_of_either_lane(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, idle=10.0) as mesh:
            await mesh.bus.ask(Knock(key="a"))
            await trio.sleep(9)
            await mesh.bus.ask(Knock(key="a"))
            await trio.sleep(600)
            assert house.ended == [(19.0, "a")]

    async def test_ends_with_the_next_message(self, autojump_clock: MockClock, house: House) -> None:
        async with open_house(house, idle=1.0) as mesh:
            for _ in range(3):
                assert await mesh.bus.ask(Work(key="a")) == "a0"
                await trio.sleep(5)
            assert house.starts == ["a", "a", "a"]

    @pytest.mark.parametrize("first", ["rest", "message"])
    @pytest.mark.parametrize("message", [Work(key="a", seconds=50), Aside(key="a"), Knock(key="a")])
    async def test_loses_no_message_that_comes_in_its_very_instant(
        self, autojump_clock: MockClock, house: House, first: str, message: Work | Aside | Knock
    ) -> None:
        async with open_house(house, idle=10.0) as mesh:
            await mesh.bus.ask(Work(key="a"))
            if first == "rest":
                await trio.sleep(10)
            else:
                await trio.sleep(10 - 1e-9)
            assert "a" in str(await mesh.bus.ask(message))
            assert house.ended in ([], [(10.0, "a")])

    async def test_loses_no_message_while_it_cleans_up(self, autojump_clock: MockClock, house: House) -> None:
        Slow.lives = 0
        async with running(Pool("slow", Slow, idle=10.0)) as mesh:
            await mesh.bus.ask(Knock(key="a"))
            await trio.sleep(11)  # it is cleaning up
            assert await mesh.bus.ask(Knock(key="a")) == "2 at 13"

    @given(order=st.random_module(), offset=st.sampled_from([-1e-9, 0.0, 1e-9]))
    def test_loses_no_message_whatever_runs_first(self, order: object, offset: float) -> None:
        async def scenario() -> None:
            house = House()
            async with open_house(house, idle=1.0) as mesh, trio.open_nursery() as nursery:
                for key in "abcd":
                    for n in range(3):
                        nursery.start_soon(tells, mesh, Note(key=key, n=n, seconds=7), n * (8 + offset))
                await trio.sleep(100)
            assert sorted(house.notes) == [(key, n) for key in "abcd" for n in range(3)]

        in_virtual_time(scenario)


async def tells(mesh: Mesh, command: Note | Crash, after: float = 0.0) -> None:
    await trio.sleep(after)
    await mesh.bus.tell(command)


class Slow(Actor):
    """Takes three seconds to clean up, and counts its lives."""

    lives: ClassVar[int] = 0

    def __init__(self, key: str) -> None:
        Slow.lives += 1

    async def on_stop(self) -> None:
        await trio.sleep(3)

    @Knock.handler
    async def knock(self, request: Knock) -> str:
        return f"{self.lives} at {trio.current_time():g}"


class TestPlaces:
    async def test_are_made_by_those_that_were_idle_longest(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, limit=2) as mesh:
            for key in "abac":
                await mesh.bus.ask(Work(key=key))
                await trio.sleep(1)
            assert house.ended == [(3.0, "b")]
            assert sorted(kept(mesh)) == ["a", "c"]

    async def test_are_given_in_order_as_soon_as_somebody_is_done(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        answers: list[tuple[float, str]] = []

        async def ask(request: Work) -> None:
            answer = await mesh.bus.ask(request)
            answers.append((trio.current_time(), answer))

        async with open_house(house, limit=2) as mesh:
            async with trio.open_nursery() as nursery:
                for key, seconds in [("a", 10), ("b", 3), ("c", 1), ("d", 1), ("e", 1)]:
                    nursery.start_soon(ask, Work(key=key, seconds=seconds))
                    await wait_all_tasks_blocked()
            assert answers == [(3, "b0"), (4, "c0"), (5, "d0"), (6, "e0"), (10, "a0")]
            assert house.most == 2

    @pytest.mark.parametrize("message", [Aside(key="a", seconds=3), Knock(key="a")])
    async def test_are_made_by_whoever_ends_work_aside(
        self, autojump_clock: MockClock, house: House, message: Aside | Knock
    ) -> None:
        async with open_house(house, limit=1) as mesh, trio.open_nursery() as nursery:
            nursery.start_soon(mesh.bus.ask, message)
            await wait_all_tasks_blocked()
            assert await mesh.bus.ask(Work(key="b")) == "b0"
            assert trio.current_time() == getattr(message, "seconds", 0.0)

    async def test_are_not_given_back_to_one_that_gets_a_message_while_it_leaves(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with running(Pool("slow", Patient, limit=1)) as mesh:
            Patient.log.clear()
            await mesh.bus.ask(Work(key="a"))
            async with trio.open_nursery() as nursery:
                nursery.start_soon(mesh.bus.ask, Work(key="b"))
                await trio.sleep(1)  # a is cleaning up
                nursery.start_soon(mesh.bus.ask, Work(key="a"))
            assert Patient.log == ["a", "b", "a"]

    async def test_are_not_made_by_more_members_than_wait(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, limit=3) as mesh:
            async with trio.open_nursery() as nursery:
                for key in "abc":
                    nursery.start_soon(mesh.bus.ask, Work(key=key, seconds=5))
                await trio.sleep(1)
                nursery.start_soon(mesh.bus.ask, Work(key="d"))
            await trio.sleep(1)
            assert len(house.ended) == 1

    async def test_that_nobody_makes_in_time_let_the_ask_expire(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, limit=1) as mesh, trio.open_nursery() as nursery:
            nursery.start_soon(mesh.bus.ask, Work(key="a", seconds=30))
            await wait_all_tasks_blocked()
            with pytest.raises(DeadlineExceeded) as caught:
                await mesh.bus.ask(Aside(key="b"))
            assert caught.value.retry_safe
            assert trio.current_time() == 10.0
            await trio.sleep(25)
            assert house.starts == ["a", "b"]  # for nothing, but in good order

    async def test_are_kept_by_members_that_are_busy(self, autojump_clock: MockClock, house: House) -> None:
        async with open_house(house, limit=1, idle=1.0) as mesh, trio.open_nursery() as nursery:
            nursery.start_soon(mesh.bus.ask, Work(key="a", seconds=30))
            await wait_all_tasks_blocked()
            await mesh.bus.tell(Note(key="b"))
            await trio.sleep(29)
            assert house.notes == []
            await trio.sleep(1.1)
            assert house.notes == [("b", 0)]


class Patient(Actor):
    """Takes three seconds to clean up."""

    log: ClassVar[list[str]] = []

    def __init__(self, key: str) -> None:
        self.log.append(key)

    async def on_stop(self) -> None:
        await trio.sleep(3)

    @Work.handler
    async def work(self, request: Work) -> str:
        return "done"


class TestACrash:
    async def test_restarts_the_member_alone_and_its_queue_waits(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house) as mesh, trio.open_nursery() as nursery:
            nursery.start_soon(mesh.bus.ask, Work(key="b", seconds=9))
            await mesh.bus.tell(Crash(key="a"))
            await mesh.bus.tell(Note(key="a", n=1))
            await mesh.bus.tell(Note(key="a", n=2))
            await trio.sleep(0.1)
            assert house.notes == []
            assert cell(mesh, "a").health.state is State.BACKOFF
            assert mesh.console.health().children[0].health.state is State.DEGRADED
            assert mesh.console.health().children[0].health.why == (
                "house[a] is backoff: crashed: while handling test_pool.Crash@1: Boom: a"
            )
            await trio.sleep(0.2)
            assert house.notes == [("a", 1), ("a", 2)]
            assert mesh.console.health().children[0].health.state is State.READY
            assert mesh.console.health().children[0].restarts == 1
            assert sorted(house.starts) == ["a", "a", "b"]

    async def test_backs_off_for_each_key_on_its_own(self, autojump_clock: MockClock, house: House) -> None:
        starts: list[tuple[float, str]] = []

        async def note(key: str) -> None:
            starts.append((round(trio.current_time(), 6), key))

        house.before_start = note
        async with open_house(house) as mesh:
            for _ in range(3):
                await mesh.bus.tell(Crash(key="a"))
            await mesh.bus.tell(Crash(key="b"))
            await trio.sleep(60)
            assert [at for at, key in starts if key == "a"] == [0.0, 0.2, 0.6, 1.4]
            assert [at for at, key in starts if key == "b"] == [0.0, 0.2]
            starts.clear()
            await trio.sleep(60)
            await mesh.bus.tell(Crash(key="a"))
            await trio.sleep(1)
            assert starts == [(120.2, "a")]  # forgiven

    async def test_is_told_to_who_asked(self, autojump_clock: MockClock, house: House) -> None:
        async with running(Pool("fragile", Fragile, backoff=STEADY)) as mesh:
            with pytest.raises(ActorCrashed) as caught:
                await mesh.bus.ask(Work(key="a"))
            assert isinstance(caught.value.__cause__, Boom)

    async def test_in_the_start_counts_and_is_tried_again(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async def fail_at_first(key: str) -> None:
            if len(house.starts) <= 2:
                raise Boom(key)

        house.before_start = fail_at_first
        async with open_house(house) as mesh:
            assert await mesh.bus.ask(Work(key="a")) == "a0"
            assert trio.current_time() == pytest.approx(0.6)
            assert len(pool_of(mesh).budget.crashes) == 2

    async def test_does_not_hold_its_place_while_it_waits(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, limit=1, idle=1000.0) as mesh:
            await mesh.bus.tell(Crash(key="a"))
            await trio.sleep(0.1)
            await mesh.bus.ask(Work(key="b"))
            assert trio.current_time() == 0.1
            await trio.sleep(0.2)
            assert house.starts == ["a", "b", "a"]
            assert house.ended[-1] == (0.2, "b")

    async def test_with_a_short_rest_does_not_shorten_its_backoff(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, idle=0.05) as mesh:
            await mesh.bus.tell(Crash(key="a"))
            await trio.sleep(0.19)
            assert house.starts == ["a"]
            await trio.sleep(0.02)
            assert house.starts == ["a", "a"]


class Fragile(Actor):
    def __init__(self, key: str) -> None: ...

    @Work.handler
    async def work(self, request: Work) -> str:
        raise Boom("always")


class TestARefusal:
    """A domain error of ``start()``: there can be no actor for this key."""

    async def test_reaches_everybody_who_asked_and_costs_nothing(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async def refuse(key: str) -> None:
            await trio.sleep(1)
            raise NoSuchKey(key)

        house.before_start = refuse
        refused: list[str] = []

        async def ask(n: int) -> None:
            try:
                await mesh.bus.ask(Work(key="x", n=n))
            except NoSuchKey as error:
                refused.append(str(error))

        async with open_house(house, intensity=Intensity(0)) as mesh:
            async with trio.open_nursery() as nursery:
                for n in range(5):
                    nursery.start_soon(ask, n)
            assert refused == ["x"] * 5
            assert house.starts == ["x"]
            assert kept(mesh) == []
            assert mesh.exit is None
            assert pool_of(mesh).retired.dead == 5
            assert mesh.console.health().health.state is State.READY

    async def test_is_asked_for_anew_each_time(self, autojump_clock: MockClock, house: House) -> None:
        async def refuse_once(key: str) -> None:
            if len(house.starts) == 1:
                raise NoSuchKey(key)

        house.before_start = refuse_once
        async with open_house(house) as mesh:
            with pytest.raises(NoSuchKey):
                await mesh.bus.ask(Work(key="x"))
            assert await mesh.bus.ask(Work(key="x")) == "x0"

    async def test_is_told_from_an_outage_which_is_endured(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async def missing(key: str) -> None:
            if len(house.starts) <= 3:
                raise Unavailable("no network")

        house.before_start = missing
        async with open_house(house, intensity=Intensity(0)) as mesh:
            assert await mesh.bus.ask(Work(key="x")) == "x0"
            assert trio.current_time() == pytest.approx(0.2 + 0.4 + 0.8)
            assert mesh.exit is None

    async def test_does_not_exist_for_an_actor_that_lives_once(self, autojump_clock: MockClock) -> None:
        async def refuse() -> None:
            raise NoSuchKey("me")

        stage = Stage()
        stage.script("start", "a", refuse)
        with pytest.raises(BootError, match="start_failed: a: NoSuchKey: me"):
            async with running(stage.child("a")):
                pass


class TestAtTheOperatorsWish:
    async def test_a_member_begins_anew_with_what_waits_for_it(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, intensity=Intensity(0)) as mesh:
            await mesh.bus.tell(Note(key="a", n=1, seconds=3))
            await mesh.bus.tell(Note(key="a", n=2))
            await wait_all_tasks_blocked()
            await pool_of(mesh).restart_member("a")
            await wait_all_tasks_blocked()
            assert house.notes == [("a", 1), ("a", 2)]
            assert house.ended == [(3.0, "a")]
            assert house.starts == ["a", "a"]

    async def test_an_idle_member_begins_anew_too(self, autojump_clock: MockClock, house: House) -> None:
        async with open_house(house) as mesh:
            await mesh.bus.ask(Work(key="a"))
            await pool_of(mesh).restart_member("a")
            await wait_all_tasks_blocked()
            assert house.starts == ["a", "a"]
            assert kept(mesh) == ["a"]

    async def test_a_member_that_starts_is_started_again(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async def slowly(key: str) -> None:
            await trio.sleep(5)

        house.before_start = slowly
        async with open_house(house) as mesh:
            await mesh.bus.tell(Note(key="a"))
            await trio.sleep(1)
            await pool_of(mesh).restart_member("a")
            assert trio.current_time() == 1.0
            await trio.sleep(10)
            assert house.notes == [("a", 0)]
            assert house.starts == ["a", "a"]

    async def test_a_member_that_backs_off_is_started_at_once(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, backoff=Backoff(first=30, cap=30, jitter=0)) as mesh:
            await mesh.bus.tell(Crash(key="a"))
            await mesh.bus.tell(Note(key="a"))
            await trio.sleep(1)
            await pool_of(mesh).restart_member("a")
            await wait_all_tasks_blocked()
            assert house.notes == [("a", 0)]
            await trio.sleep(60)
            assert house.starts == ["a", "a"]

    async def test_a_member_on_its_way_to_rest_is_waited_for(self, autojump_clock: MockClock) -> None:
        async with running(Pool("slow", Slow, idle=10.0)) as mesh:
            await mesh.bus.ask(Knock(key="a"))
            await trio.sleep(11)
            pool = next(mesh.tree.pools())
            await pool.restart_member("a")
            assert trio.current_time() == 13.0
            await wait_all_tasks_blocked()
            assert [cell.name for cell in pool.addresses()] == ["slow[a]"]

    async def test_an_unknown_key_is_refused(self, autojump_clock: MockClock, house: House) -> None:
        async with open_house(house) as mesh:
            with pytest.raises(LookupError):
                await pool_of(mesh).restart_member("z")

    async def test_sees_what_is_left_of_the_budget(self, autojump_clock: MockClock, house: House) -> None:
        async with open_house(house, intensity=Intensity(3, 30.0)) as mesh:
            await mesh.bus.tell(Crash(key="a"))
            await trio.sleep(1)
            assert pool_of(mesh).budget.left(1.0) == 2
            assert mesh.root.budget.left(1.0) == 5


class TestTheBudget:
    async def test_spent_restarts_the_pool_which_brings_back_who_is_not_finished(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, intensity=Intensity(2), idle=5.0) as mesh:
            await mesh.bus.ask(Work(key="rested"))
            await trio.sleep(6)
            assert house.ended == [(6.0 - 1.0, "rested")]
            house.starts.clear()
            await mesh.bus.ask(Work(key="well"))
            for n in range(3):
                await mesh.bus.tell(Crash(key="a", n=n))
            await mesh.bus.tell(Note(key="a", n=7))
            await trio.sleep(0.61)
            assert house.starts == ["well", "a", "a", "a"]
            assert mesh.console.health().children[0].health.state is State.BACKOFF
            await mesh.bus.tell(Note(key="new", n=8))  # nobody is there, it waits
            await trio.sleep(0.4)
            assert sorted(house.starts[4:]) == ["a", "new", "well"]
            assert sorted(house.notes) == [("a", 7), ("new", 8)]
            assert mesh.console.health().health.state is State.READY

    async def test_spent_brings_back_the_member_whose_crash_it_was(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, intensity=Intensity(0)) as mesh:
            await mesh.bus.tell(Crash(key="a"))
            await trio.sleep(1)
            assert house.starts == ["a", "a"]

    async def test_spent_brings_back_who_crashed_while_the_pool_was_ending(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, intensity=Intensity(0)) as mesh:
            await mesh.bus.tell(Crash(key="a"))
            await mesh.bus.tell(Crash(key="b"))
            await trio.sleep(1)
            assert sorted(house.starts) == ["a", "a", "b", "b"]

    async def test_of_the_parent_is_what_counts_then(self, autojump_clock: MockClock, house: House) -> None:
        async with open_house(house, intensity=Intensity(0), of_root=Intensity(1)) as mesh:
            await mesh.bus.tell(Crash(key="a"))
            await mesh.bus.tell(Crash(key="a"))
            exit = await mesh.wait()
        assert exit.kind is ExitKind.RESTART_LIMIT
        assert str(exit).startswith(
            "restart_limit: 2 crashes within 30 s, last: house restart_limit: 1 crashes"
        )

    async def test_of_a_pool_is_wide_by_default(self) -> None:
        assert Pool("p", Fragile).intensity == Intensity(20, 30.0)
        assert Pool("p", Fragile).idle == 600.0


class TestThePoolAsAChild:
    async def test_taken_along_by_a_sibling_brings_everybody_back(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        stage = Stage()
        tree = Supervisor("inner", "rest_for_one", [stage.child("z"), house.pool()])
        async with running(tree) as mesh:
            await mesh.bus.ask(Work(key="a"))
            await mesh.bus.tell(Note(key="b", seconds=2, n=1))
            await mesh.bus.tell(Note(key="b", n=2))
            await wait_all_tasks_blocked()
            stage.crash("z")
            await trio.sleep(1)
            assert sorted(house.starts) == ["a", "b"]  # what is in hand ends first
            await trio.sleep(3)
            assert house.notes == [("b", 1), ("b", 2)]
            assert sorted(house.starts) == ["a", "a", "b", "b"]

    async def test_taken_along_while_a_member_goes_to_rest_forgets_that_one(
        self, autojump_clock: MockClock
    ) -> None:
        stage = Stage()
        inner = Supervisor("inner", "rest_for_one", [stage.child("z"), Pool("slow", Slow, idle=10.0)])
        async with running(inner) as mesh:
            await mesh.bus.ask(Knock(key="a"))
            await trio.sleep(11)  # it is cleaning up
            await mesh.bus.ask(Knock(key="b"))
            stage.crash("z")
            await trio.sleep(10)
            pool = next(mesh.tree.pools())
            assert [cell.name for cell in pool.addresses()] == ["slow[b]"]
            assert pool.retired.handled == 1

    async def test_asked_to_stop_lets_everybody_end_what_is_in_hand_at_the_same_time(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house) as mesh, trio.open_nursery() as nursery:
            for key in "abc":
                nursery.start_soon(mesh.bus.ask, Work(key=key, seconds=4))
            await wait_all_tasks_blocked()
            await mesh.bus.tell(Note(key="a"))
            await mesh.stop()
            assert trio.current_time() == 4.0
            assert house.notes == []
            assert pool_of(mesh).retired.dead == 1
            with pytest.raises(ActorStopped):
                await mesh.bus.ask(Work(key="a"))
            with pytest.raises(ActorStopped):
                await mesh.bus.ask(Work(key="z"))

    async def test_takes_no_message_into_hand_once_it_was_asked_to_stop(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, Stage().child("late")) as mesh, trio.open_nursery() as nursery:
            nursery.start_soon(mesh.bus.ask, Work(key="a", seconds=4))
            await wait_all_tasks_blocked()
            pool_of(mesh).request_stop()
            await mesh.bus.tell(Note(key="b"))
            await trio.sleep(1)
            assert house.starts == ["a"]

    async def test_cancels_stubborn_members_when_its_own_time_is_over(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, limits=Limits(stop_within=3, cleanup_within=2)) as mesh:
            await mesh.bus.tell(Note(key="a", seconds=100))
            await wait_all_tasks_blocked()
            await mesh.stop()
            assert trio.current_time() == 3.0

    async def test_revived_by_an_operator_works_again(self, autojump_clock: MockClock, house: House) -> None:
        async with open_house(house) as mesh:
            await mesh.bus.ask(Work(key="a"))
            pool_of(mesh).dispose()
            await mesh.root.restart_child("house")
            assert await mesh.bus.ask(Work(key="b")) == "b0"

    async def test_is_not_left_hanging_by_an_interrupt(self, autojump_clock: MockClock) -> None:
        with pytest.raises(KeyboardInterrupt):
            async with running(Pool("p", Interrupted)) as mesh:
                with pytest.raises(ActorStopped):
                    await mesh.bus.ask(Work(key="a"))
                await trio.sleep_forever()
        assert trio.current_time() == 0.0


class Interrupted(Actor):
    def __init__(self, key: str) -> None: ...

    @Work.handler
    async def work(self, request: Work) -> str:
        raise KeyboardInterrupt


class TestManyMembers:
    async def test_ten_thousand_live_answer_and_rest(self, autojump_clock: MockClock, house: House) -> None:
        async with open_house(house, limit=10_000, idle=60.0) as mesh:
            for n in range(10_000):
                await mesh.bus.tell(Note(key=str(n), n=n))
            await wait_all_tasks_blocked()
            assert len(house.notes) == 10_000
            assert len(kept(mesh)) == 10_000
            assert mesh.console.health().health.state is State.READY
            assert house.living == 10_000
            await trio.sleep(61)
            assert kept(mesh) == []
            assert house.living == 0
            retired = pool_of(mesh).retired
            assert (retired.sent, retired.handled, retired.dead) == (10_000, 10_000, 0)

    async def test_a_thousand_keys_share_a_few_places(self, autojump_clock: MockClock, house: House) -> None:
        async with open_house(house, limit=16) as mesh:
            for n in range(1_000):
                await mesh.bus.tell(Note(key=str(n), n=n))
            await wait_all_tasks_blocked()
            assert len(house.notes) == 1_000
            assert house.most <= 16


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 0.3, 1.0, 2.0]),
            st.sampled_from("abcde"),
            st.sampled_from(["work", "work", "work", "crash"]),
            st.sampled_from([0.0, 0.5, 1.0]),
        ),
        max_size=25,
    ),
    st.integers(1, 3),
    st.integers(0, 4),
)
def test_whatever_happens_each_message_is_handled_once_or_buried_and_places_are_kept(
    script: list[tuple[float, str, str, float]], limit: int, restarts: int
) -> None:
    async def scenario() -> None:
        house = House()
        sent: list[tuple[str, int]] = []
        async with open_house(
            house,
            limit=limit,
            idle=1.0,
            intensity=Intensity(restarts, 5.0),
            of_root=Intensity(1000, 1.0),
        ) as mesh:
            for n, (pause, key, what, seconds) in enumerate(script):
                await trio.sleep(pause)
                if what == "work":
                    sent.append((key, n))
                    await mesh.bus.tell(Note(key=key, n=n, seconds=seconds))
                else:
                    await mesh.bus.tell(Crash(key=key, n=n))
                assert mesh.console.unbalanced() == []
            await trio.sleep(1000)
            assert kept(mesh) == []
            lost = [letter for letter in mesh.core.dead.ring if letter.letter.reason != "crashed"]
            assert lost == []
        assert sorted(house.notes) == sorted(sent)
        for key in "abcde":
            mine = [n for where, n in house.notes if where == key]
            assert mine == sorted(mine)
        assert house.most <= limit

    in_virtual_time(scenario)
