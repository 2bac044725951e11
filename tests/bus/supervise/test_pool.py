"""Pools: one actor per key, rest, places (G2)."""

from typing import ClassVar

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from bus import Actor, Bus, BusError, DeadlineExceeded, Intensity, Mesh, Pool, State
from bus.testing.virtual import in_virtual_time
from tests.bus.family import running
from tests.bus.supervise.house import (
    Aside,
    Crash,
    House,
    Knock,
    Note,
    Slow,
    Wait,
    Work,
    cell,
    kept,
    open_house,
    pool_of,
)


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

    async def test_are_not_shared_with_members_of_another_rank(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, limit=1, rank=len) as mesh, trio.open_nursery() as nursery:
            for key in ("a", "b", "aa", "bb"):
                nursery.start_soon(mesh.bus.ask, Work(key=key, seconds=10))
                await wait_all_tasks_blocked()
            assert house.starts == ["a", "aa"]
            await trio.sleep(15)
            assert sorted(house.starts[2:]) == ["b", "bb"]
            assert house.most == 2

    async def test_are_lent_by_members_that_wait_for_what_nobody_can_foresee(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, limit=2) as mesh, trio.open_nursery() as nursery:
            for key in "abcd":
                nursery.start_soon(mesh.bus.ask, Wait(key=key, seconds=100, parts=3))
            await wait_all_tasks_blocked()
            for key in "efg":
                nursery.start_soon(mesh.bus.ask, Work(key=key, seconds=200))
                await wait_all_tasks_blocked()
            assert (sorted(house.starts[:4]), house.starts[4:]) == (["a", "b", "c", "d"], ["e", "f"])
            await trio.sleep(99)
            assert (sorted(house.starts[:4]), house.starts[4:]) == (["a", "b", "c", "d"], ["e", "f"])
            await trio.sleep(
                2
            )  # four have ended their wait at once, and count again until they are put to rest
            nursery.start_soon(mesh.bus.ask, Work(key="h"))
            await trio.sleep(98)
            assert (sorted(house.starts[:4]), house.starts[4:]) == (["a", "b", "c", "d"], ["e", "f"])
            await trio.sleep(2)
            assert sorted(house.starts[6:]) == ["g", "h"]

    async def test_that_were_lent_are_there_again_after_a_crash(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async with open_house(house, limit=1) as mesh, trio.open_nursery() as nursery:
            with trio.move_on_after(5):
                await mesh.bus.ask(Wait(key="a", seconds=100))
            await mesh.bus.tell(Crash(key="a"))
            await trio.sleep(5)
            for key in "bc":
                nursery.start_soon(mesh.bus.ask, Work(key=key, seconds=10))
            await trio.sleep(5)
            assert len(set(house.starts) - {"a"}) == 1

    async def test_are_lent_to_nobody_any_more_once_the_pool_ends(
        self, autojump_clock: MockClock, house: House
    ) -> None:
        async def wait(bus: Bus) -> None:
            with pytest.raises(BusError):
                await bus.ask(Wait(key="a", seconds=1000))

        async with trio.open_nursery() as nursery, open_house(house, limit=1) as mesh:
            nursery.start_soon(wait, mesh.bus)
            await wait_all_tasks_blocked()
        assert house.starts == ["a"]

    async def test_are_kept_by_members_that_are_busy(self, autojump_clock: MockClock, house: House) -> None:
        async with open_house(house, limit=1, idle=1.0) as mesh, trio.open_nursery() as nursery:
            nursery.start_soon(mesh.bus.ask, Work(key="a", seconds=30))
            await wait_all_tasks_blocked()
            await mesh.bus.tell(Note(key="b"))
            await trio.sleep(29)
            assert house.notes == []
            await trio.sleep(1.1)
            assert house.notes == [("b", 0)]


class Later(Actor):
    """Has something to do a while after it was asked: by a timer, or in a task."""

    done: ClassVar[list[tuple[str, float]]] = []

    def __init__(self, key: str) -> None:
        self._key = key

    @Work.handler
    async def work(self, request: Work) -> str:
        if request.n:
            self.spawn(self._linger, request.seconds)
        else:
            self.timers.after(request.seconds, Note(key=self._key))
        return "later"

    @Note.handler
    async def note(self, command: Note) -> None:
        self.done.append((self._key, trio.current_time()))

    async def _linger(self, seconds: float) -> None:
        await trio.sleep(seconds)
        self.done.append((self._key, trio.current_time()))


@pytest.mark.parametrize("n", [0, 1])
async def test_a_member_with_a_timer_or_a_task_is_not_put_to_rest_for_another(
    autojump_clock: MockClock, n: int
) -> None:
    """Else what it was about to do would wait until somebody writes to it."""
    Later.done.clear()
    async with running(Pool("later", Later, limit=1, idle=1.0)) as mesh:
        await mesh.bus.ask(Work(key="a", seconds=30, n=n))
        assert await mesh.bus.ask(Work(key="b", seconds=5, n=n)) == "later"
        assert trio.current_time() == 30.0
        await trio.sleep(6)
        assert Later.done == [("a", 30.0), ("b", 35.0)]


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


class TestManyMembers:
    @pytest.mark.parametrize("many", [1_000, pytest.param(10_000, marks=pytest.mark.slow)])
    async def test_thousands_live_answer_and_rest(
        self, autojump_clock: MockClock, house: House, many: int
    ) -> None:
        async with open_house(house, limit=many, idle=60.0) as mesh:
            for n in range(many):
                await mesh.bus.tell(Note(key=str(n), n=n))
            await wait_all_tasks_blocked()
            assert len(house.notes) == many
            assert len(kept(mesh)) == many
            assert mesh.console.health().health.state is State.READY
            assert house.living == many
            await trio.sleep(61)
            assert kept(mesh) == []
            assert house.living == 0
            retired = pool_of(mesh).retired
            assert (retired.sent, retired.handled, retired.dead) == (many, many, 0)

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
