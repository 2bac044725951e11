"""Pools as operator, parent and siblings treat them (G10, G13)."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from bus import Actor, ActorStopped, Backoff, Intensity, Limits, Pool, Supervisor
from tests.bus.family import Stage, running
from tests.bus.supervise.house import Crash, House, Knock, Note, Slow, Work, kept, open_house, pool_of


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

    async def test_a_member_that_ends_to_begin_anew_is_not_put_to_rest(
        self, autojump_clock: MockClock
    ) -> None:
        async with running(Pool("slow", Slow, idle=10.0)) as mesh:
            await mesh.bus.ask(Knock(key="a"))
            await trio.sleep(9)
            pool = next(mesh.tree.pools())
            await pool.restart_member("a")
            assert trio.current_time() > 10.0
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
