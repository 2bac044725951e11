"""Pools whose members crash, or refuse to be: who begins anew, when, and at whose cost (G10)."""

import pytest
import trio
from trio.testing import MockClock

from bus import Actor, ActorCrashed, ActorError, BootError, ExitKind, Intensity, Pool, State, Unavailable
from tests.bus.family import STEADY, Boom, Stage, running
from tests.bus.supervise.house import Crash, House, Note, Work, cell, kept, open_house, pool_of


class NoSuchKey(ActorError):
    """There is nothing by that key."""


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
                "house[a] is backoff: crashed: while handling house.Crash@1: Boom: a"
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
