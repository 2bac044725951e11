"""Timers go off at the instant they are due, and end with the incarnation that set them (G24)."""

from functools import partial
from typing import Any, ClassVar, final

import attrs
import pytest
import trio

from bus import Actor, Command, Limits
from bus.run.timers import Key
from bus.testing import MeshUnderTest
from tests.bus.run.clockwork import Alarm, Clockwork, Deed, Program, Tick, Tock, Work, World, nothing
from tests.bus.world import Diary, buried, reasons


@final
@attrs.frozen(kw_only=True)
class Elsewhere(Command):
    """Nobody handles it."""


@final
@attrs.frozen(kw_only=True)
class Visit(Command):
    key_field: ClassVar[str | None] = "room"
    room: str


@final
@attrs.frozen(kw_only=True)
class Lights(Command):
    key_field: ClassVar[str | None] = "room"
    room: str


class Room(Actor):
    def __init__(self, handled: list[str], room: str) -> None:
        self._handled = handled
        self._room = room

    @Visit.handler
    async def visit(self, command: Visit) -> None:
        self.timers.after(10, Lights(room=self._room))

    @Lights.handler
    async def lights(self, command: Lights) -> None:
        self._handled.append(f"{trio.current_time():g} {command.room}")


def after(seconds: float, command: Command, key: Key | None = None) -> Deed:
    return lambda timers: timers.after(seconds, command, key=key)


def every(seconds: float, command: Command, key: Key | None = None) -> Deed:
    return lambda timers: timers.every(seconds, command, key=key)


def cancel(key: Key, results: list[bool] | None = None) -> Deed:
    return lambda timers: (results if results is not None else []).append(timers.cancel(key))


class TestATimer:
    @pytest.mark.parametrize(
        ("program", "handled"),
        [
            pytest.param([(0, after(2, Tick()))], [(2, 1)], id="goes off once"),
            pytest.param([(0, after(0, Tick()))], [(0, 1)], id="may be due at once"),
            pytest.param([(1, after(-5, Tick()))], [(1, 1)], id="may be overdue"),
            pytest.param([(0, every(3, Tick()))], [(3, 1), (6, 1), (9, 1)], id="goes off every period"),
            pytest.param(
                [(0, after(2, Tick())), (1, after(2, Tick(n=2)))],
                [(3, 2)],
                id="is replaced by another of its class",
            ),
            pytest.param(
                [(0, every(2, Tick())), (5, after(2, Tick(n=2)))],
                [(2, 1), (4, 1), (7, 2)],
                id="that repeats is replaced by one that does not",
            ),
            pytest.param(
                [(0, after(2, Tick())), (1, every(4, Tick(n=2)))],
                [(5, 2), (9, 2)],
                id="that does not repeat is replaced by one that does",
            ),
            pytest.param(
                [(0, after(2, Tick(), key="a")), (1, after(2, Alarm(), key="a"))],
                [(3, 1)],
                id="is replaced by another class with its key",
            ),
            pytest.param(
                [(0, after(2, Tick(n=1), key=1)), (1, after(2, Tick(n=2), key=2))],
                [(2, 1), (3, 2)],
                id="is left alone by another key",
            ),
            pytest.param(
                [(0, after(2, Tick())), (0, after(2, Alarm(n=2)))],
                [(2, 1), (2, 2)],
                id="is left alone by another class",
            ),
            pytest.param(
                [(0, after(2, Tick())), (3, after(2, Tick(n=2)))],
                [(2, 1), (5, 2)],
                id="can be set again once it went off",
            ),
            pytest.param(
                [(0, every(2, Tick(), key="a")), (5, cancel("a"))],
                [(2, 1), (4, 1)],
                id="can be cancelled by its key",
            ),
            pytest.param(
                [(0, after(2, Tick())), (1, cancel(Tick))],
                [],
                id="can be cancelled by its class",
            ),
            pytest.param(
                [(0, after(2, Tick())), (1, cancel("a"))],
                [(2, 1)],
                id="is left alone by cancelling another",
            ),
        ],
    )
    async def test(
        self, autojump_clock: Any, mesh: MeshUnderTest, program: Program, handled: list[tuple[float, int]]
    ) -> None:
        world = await World.begin(mesh)
        assert sorted(await world.run(program, until=10)) == handled
        await trio.sleep_until(11)

    async def test_says_whether_there_was_something_to_cancel(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        timers = (await World.begin(mesh)).timers
        assert not timers.cancel(Tick)
        timers.after(1, Tick())
        assert timers.cancel(Tick)
        assert not timers.cancel(Tick)
        timers.after(1, Tick())
        await trio.sleep(2)
        assert not timers.cancel(Tick)

    @pytest.mark.parametrize("period", [0, -1, float("nan")])
    async def test_needs_a_positive_period(self, mesh: MeshUnderTest, period: float) -> None:
        world = await World.begin(mesh)
        with pytest.raises(ValueError, match="a period must be positive"):
            world.timers.every(period, Tick())

    async def test_sends_only_what_its_actor_handles(self, mesh: MeshUnderTest) -> None:
        world = await World.begin(mesh)
        with pytest.raises(ValueError, match=r"clockwork does not handle test_timers\.Elsewhere@1"):
            world.timers.after(1, Elsewhere())


class WhenWoken(trio.abc.Instrument):
    """Does something when a timer has just been woken and has not yet run on."""

    def __init__(self, world: World, deed: Deed) -> None:
        self._world = world
        self._deed: Deed | None = deed

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        if task.name == "clockwork:Timers._run" and trio.current_time() >= 2 and self._deed is not None:
            deed, self._deed = self._deed, None
            deed(self._world.timers)


class TestAtTheVeryInstantItIsDue:
    async def test_a_timer_can_still_be_cancelled(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        world = await World.begin(mesh)
        cancelled: list[bool] = []
        trio.lowlevel.add_instrument(WhenWoken(world, cancel(Tick, cancelled)))
        assert await world.run([(0, after(2, Tick()))], until=5) == []
        assert cancelled == [True]
        assert world.cell.incarnation == 1

    async def test_a_timer_can_still_be_replaced(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        world = await World.begin(mesh)
        cancelled: list[bool] = []
        trio.lowlevel.add_instrument(WhenWoken(world, after(2, Tick(n=2))))
        program: Program = [(0, after(2, Tick())), (3, cancel(Tick, cancelled)), (3, after(1.5, Tick(n=3)))]
        assert await world.run(program, until=6) == [(4.5, 3)]
        assert cancelled == [True]
        assert world.cell.incarnation == 1

    @pytest.mark.parametrize("attempt", range(5))
    async def test_a_timer_either_goes_off_or_is_cancelled(
        self, autojump_clock: Any, mesh: MeshUnderTest, attempt: int
    ) -> None:
        world = await World.begin(mesh)
        cancelled: list[bool] = []
        await world.run([(0, after(2, Tick())), (2, cancel(Tick, cancelled))], until=5)
        assert world.handled == ([] if cancelled == [True] else [(2, 1)])
        assert world.cell.incarnation == 1


class TestTheIncarnation:
    async def test_ends_its_timers(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        world = await World.begin(mesh)
        world.timers.every(1, Tick())
        world.timers.after(5, Tick(n=5), key="later")
        await trio.sleep(2.5)
        await mesh.bus.tell(Work(crash=True))
        await trio.sleep(10)
        assert world.handled == [(1, 1), (2, 1)]
        assert world.cell.incarnation == 2
        assert not world.timers.cancel("later")

    async def test_sets_those_of_its_start_anew(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        world = await World.begin(mesh, at_start=every(1, Tick()))
        await trio.sleep(1.5)
        await mesh.bus.tell(Work(crash=True))  # back at 1.6
        await trio.sleep_until(4)
        assert world.handled == [(1, 1), (2.6, 1), (3.6, 1)]

    async def test_takes_what_its_timers_have_sent_with_it(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        """An ordinary command that waits is handled by the next one; a stale tick is not."""
        world = await World.begin(mesh)
        await mesh.bus.tell(Work(seconds=3, crash=True))
        world.timers.after(1, Tick(n=1))
        await trio.sleep(2)
        await mesh.bus.tell(Tick(n=2))
        await trio.sleep(5)
        assert world.handled == [(3.1, 2)]
        assert buried(mesh) == [(Work(seconds=3, crash=True), "crashed"), (Tick(n=1), "abandoned")]
        assert mesh.bus.core.dead.ring[-1].letter.detail == "timer of an earlier incarnation"

    async def test_takes_what_waits_for_a_place_with_it(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        world = await World.begin(mesh, limits=Limits(mailbox=1, settle_within=0.0))
        await mesh.bus.tell(Work(seconds=3, crash=True))
        await mesh.settle()
        await mesh.bus.tell(Tick(n=2))
        world.timers.after(1, Tick(n=1))
        await trio.sleep(6)
        assert world.handled == [(3.1, 2)]
        assert reasons(mesh) == ["crashed", "abandoned"]

    async def test_that_is_stopped_for_good_has_no_timers(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        handled: list[tuple[float, int]] = []
        cell = await mesh.start(partial(Clockwork, handled, nothing))
        cell.timers.every(1, Tick())
        await trio.sleep(1.5)
        cell.request_stop()
        await trio.sleep(5)
        assert handled == [(1, 1)]
        with pytest.raises(RuntimeError):
            cell.timers.after(1, Tick())

    async def test_of_a_pool_keeps_it_from_going_to_rest(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        handled: list[str] = []
        await mesh.start_pool(partial(Room, handled), name="room", idle=3.0, limit=1)
        await mesh.bus.tell(Visit(room="7"))
        await trio.sleep(1)
        await mesh.bus.tell(Visit(room="8"))  # for which there is no place meanwhile
        await trio.sleep(11)
        assert handled == ["10 7"]
        await trio.sleep(20)
        assert handled == ["10 7", "20 8"]
        assert list(mesh.bus.routes.addresses()) == []


class TestAPeriod:
    async def test_does_not_drift(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        """The actor is busy for 0.7 s in each of them."""
        world = await World.begin(mesh)
        world.timers.every(1, Work(seconds=0.7))
        world.timers.every(1, Tick())
        await trio.sleep_until(100.9)
        assert [int(at) for at, _ in world.handled] == list(range(1, 101))
        assert {round(at % 1, 6) for at, _ in world.handled} <= {0.0, 0.7}  # before or after that work

    async def test_counts_from_when_it_was_due_however_late_it_was_handled(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        world = await World.begin(mesh)
        world.timers.every(1, Tick())
        await trio.sleep(0.5)
        await mesh.bus.tell(Work(seconds=3))
        await trio.sleep_until(6.5)
        assert world.handled == [(3.5, 1), (3.5, 1), (3.5, 1), (4, 1), (5, 1), (6, 1)]

    async def test_that_passes_while_the_mailbox_is_full_is_skipped(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        """At 1 it gets the only place, at 2 it waits until 5.5; those of 3, 4 and 5 are lost."""
        world = await World.begin(mesh, limits=Limits(mailbox=1))
        world.timers.every(1, Tick())
        await trio.sleep(0.5)
        await mesh.bus.tell(Work(seconds=5))
        await trio.sleep_until(8.5)
        assert world.handled == [(5.5, 1), (5.5, 1), (6, 1), (7, 1), (8, 1)]
        assert world.cell.mailbox.waits == 1

    async def test_keeps_no_tick_that_has_become_stale(
        self, autojump_clock: Any, mesh: MeshUnderTest
    ) -> None:
        world = await World.begin(mesh)
        world.timers.every(1, Tock())
        await trio.sleep(0.5)
        await mesh.bus.tell(Work(seconds=3))
        await trio.sleep_until(4.5)
        assert world.handled == [(3.5, 1), (4, 1)]
        assert reasons(mesh) == ["expired", "expired"]


class TestATickThatWaits:
    async def test_for_a_place_can_be_cancelled(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        world = await World.begin(mesh, limits=Limits(mailbox=1))
        await mesh.bus.tell(Work(seconds=5))
        await mesh.settle()
        await mesh.bus.tell(Tick(n=2))
        world.timers.after(1, Tick(n=1))
        await trio.sleep(2)
        assert world.timers.cancel(Tick)
        await trio.sleep(10)
        assert world.handled == [(5, 2)]
        assert reasons(mesh) == ["abandoned"]

    async def test_is_not_needed_in_the_control_lane(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        world = await World.begin(mesh, limits=Limits(mailbox=1))
        world.timers.every(1, Alarm())
        await mesh.bus.tell(Work(seconds=5))
        await trio.sleep_until(2.5)
        assert world.handled == [(1, 1), (2, 1)]

    async def test_is_in_the_books(self, autojump_clock: Any, mesh: MeshUnderTest) -> None:
        world = await World.begin(mesh)
        diary = Diary(mesh)
        world.timers.every(1, Tick())
        await trio.sleep_until(3.5)
        assert (world.cell.books.sent, world.cell.books.handled, diary.now) == (3, 3, 3.5)
