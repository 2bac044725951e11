"""Being told when an actor goes down: the cases of Pekko's WatchSpec and OTP's monitors that apply (G12)."""

from functools import partial
from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from bus import Actor, BootError, Child, Mesh, Restart
from bus.message import Message
from bus.testing import MeshUnderTest
from bus.watch import Down
from tests.bus.family import STEADY, Boom, running
from tests.bus.test_pool import Crash, House, Note, Work
from tests.bus.world import Order, Poke, Puppet, Read, Scripted


async def crash(actor: object, message: object) -> None:
    raise Boom("bang")


async def slow(actor: object, message: object = None) -> str:
    await trio.sleep(3)
    return "done"


def puppet(**scripts: Any) -> Child:
    return Child("puppet", partial(Puppet, {"crash": crash, "slow": slow, **scripts}), backoff=STEADY)


class Watchers:
    """Watch in the background and keep what is heard."""

    def __init__(self, mesh: Mesh, nursery: trio.Nursery) -> None:
        self.mesh = mesh
        self.nursery = nursery
        self.heard: list[tuple[float, Down]] = []

    async def watch(self, kind: type[Message], key: str | None = None) -> trio.CancelScope:
        """Begin to watch; cancel the scope to stop."""
        scope = trio.CancelScope()
        self.nursery.start_soon(self._watch, scope, kind, key)
        await wait_all_tasks_blocked()
        return scope

    async def _watch(self, scope: trio.CancelScope, kind: type[Message], key: str | None) -> None:
        with scope:
            down = await self.mesh.bus.watch(kind, key)
            self.heard.append((round(trio.current_time(), 6), down))


async def test_a_watcher_hears_of_a_crash_with_its_reason(autojump_clock: MockClock) -> None:
    async with running(puppet()) as mesh, trio.open_nursery() as nursery:
        watchers = Watchers(mesh, nursery)
        await watchers.watch(Read)
        await trio.sleep(1)
        await mesh.bus.tell(Poke(do="crash"))
        await trio.sleep(10)
        reason = "crashed: while handling world.Poke@1: Boom: bang"
        assert watchers.heard == [(1, Down("puppet", 1, reason))]


async def test_a_watcher_hears_of_a_stop_once_it_is_over(autojump_clock: MockClock) -> None:
    async with running(puppet(on_stop=slow)) as mesh, trio.open_nursery() as nursery:
        watchers = Watchers(mesh, nursery)
        await watchers.watch(Read)
        nursery.start_soon(mesh.stop)
        await trio.sleep(1)
        await watchers.watch(Read)  # on its way out is not down
        assert watchers.heard == []
        await mesh.wait()
        await wait_all_tasks_blocked()
        assert watchers.heard == [(3, Down("puppet", 1, "stopped"))] * 2


async def test_a_watcher_of_a_normal_end_hears_that(autojump_clock: MockClock) -> None:
    async def finish(actor: Actor, message: object) -> None:
        actor.finish()

    child = Child("puppet", partial(Puppet, {"finish": finish}), restart=Restart.TRANSIENT)
    async with running(child) as mesh, trio.open_nursery() as nursery:
        watchers = Watchers(mesh, nursery)
        await watchers.watch(Read)
        await mesh.bus.tell(Poke(do="finish"))
        await wait_all_tasks_blocked()
        await watchers.watch(Read)
        assert watchers.heard == [(0, Down("puppet", 1, "normal")), (0, Down("puppet", 1, "stopped"))]


async def test_a_watcher_that_comes_too_late_hears_at_once(autojump_clock: MockClock) -> None:
    async with running(puppet()) as mesh, trio.open_nursery() as nursery:
        await mesh.bus.tell(Poke(do="crash"))
        await wait_all_tasks_blocked()
        watchers = Watchers(mesh, nursery)
        await watchers.watch(Read)
        await mesh.stop()
        await watchers.watch(Read)
        reason = "crashed: while handling world.Poke@1: Boom: bang"
        assert watchers.heard == [(0, Down("puppet", 1, reason)), (0, Down("puppet", 1, "stopped"))]


async def test_what_nobody_owns_is_down(autojump_clock: MockClock) -> None:
    async with running(puppet()) as mesh:
        assert await mesh.bus.watch(Order) == Down("world.Order@1", 0, "not running")


async def test_each_watcher_hears_once_however_many_there_are(autojump_clock: MockClock) -> None:
    async with running(puppet()) as mesh, trio.open_nursery() as nursery:
        watchers = Watchers(mesh, nursery)
        for _ in range(300):
            await watchers.watch(Read)
        for n in range(2):
            await mesh.bus.tell(Poke(do="crash", n=n))
            await trio.sleep(5)
        assert len(watchers.heard) == 300
        assert {down.incarnation for _, down in watchers.heard} == {1}


async def test_each_incarnation_is_watched_anew(autojump_clock: MockClock) -> None:
    async with running(puppet()) as mesh, trio.open_nursery() as nursery:
        watchers = Watchers(mesh, nursery)
        for n in range(3):
            await watchers.watch(Read)
            await mesh.bus.tell(Poke(do="crash", n=n))
            await trio.sleep(5)
        assert [down.incarnation for _, down in watchers.heard] == [1, 2, 3]


async def test_nothing_is_heard_after_unwatching(autojump_clock: MockClock) -> None:
    async with running(puppet()) as mesh, trio.open_nursery() as nursery:
        watchers = Watchers(mesh, nursery)
        leaving = await watchers.watch(Read)
        await watchers.watch(Read)
        leaving.cancel()
        await wait_all_tasks_blocked()
        await mesh.bus.tell(Poke(do="crash"))
        await trio.sleep(5)
        assert len(watchers.heard) == 1
        last = await watchers.watch(Read)
        last.cancel()
        await wait_all_tasks_blocked()
        assert mesh.bus.watches._waiting == {}


async def test_a_start_that_is_under_way_is_no_end_but_its_failure_is(
    autojump_clock: MockClock, mesh: MeshUnderTest
) -> None:
    async def fail_slowly(actor: object) -> None:
        await trio.sleep(2)
        raise Boom("start")

    async with trio.open_nursery() as nursery:
        watchers = Watchers(mesh.mesh, nursery)

        async def watch_soon() -> None:
            await trio.sleep(1)
            await watchers.watch(Read)

        nursery.start_soon(watch_soon)
        with pytest.raises(BootError):
            await mesh.start(partial(Puppet, {"start": fail_slowly}))
    assert watchers.heard == [(2, Down("puppet", 1, "start_failed: Boom: start"))]


async def test_one_that_waits_for_its_first_start_is_not_down(autojump_clock: MockClock) -> None:
    house = House()
    async with running(house.pool(limit=1)) as mesh, trio.open_nursery() as nursery:
        watchers = Watchers(mesh, nursery)
        await mesh.bus.tell(Note(key="a", seconds=3))
        await wait_all_tasks_blocked()
        await mesh.bus.tell(Note(key="b", seconds=1))
        await watchers.watch(Note, "b")
        assert watchers.heard == []
        await trio.sleep(5)
        await mesh.bus.tell(Crash(key="b"))
        await wait_all_tasks_blocked()
        assert [(at, down.actor) for at, down in watchers.heard] == [(5, "house[b]")]


async def test_one_member_of_a_pool_is_watched_by_its_key_and_not_started_for_it(
    autojump_clock: MockClock,
) -> None:
    house = House()
    async with running(house.pool(idle=10.0)) as mesh, trio.open_nursery() as nursery:
        watchers = Watchers(mesh, nursery)
        assert await mesh.bus.watch(Work, "a") == Down("house", 0, "not running")
        assert house.starts == []
        await mesh.bus.ask(Work(key="a"))
        await mesh.bus.ask(Work(key="b"))
        await watchers.watch(Work, "a")
        await watchers.watch(Work, "b")
        await mesh.bus.tell(Crash(key="b"))
        await trio.sleep(30)
        assert watchers.heard == [
            (0, Down("house[b]", 1, "crashed: while handling test_pool.Crash@1: Boom: b")),
            (10, Down("house[a]", 1, "stopped")),
        ]


class Guard(Scripted):
    """Watches in a task of its own."""

    async def start(self) -> None:
        self.spawn(self._watch)

    async def _watch(self) -> None:
        await self.scripts["heard"](self, await self.bus.watch(Read))

    @Order.handler
    async def order(self, request: Order) -> Any:
        return await self.run(request)


async def test_the_watches_of_a_watcher_end_with_its_incarnation(autojump_clock: MockClock) -> None:
    heard: list[int] = []

    async def hear(actor: object, down: Down) -> None:
        heard.append(down.incarnation)

    guard = Child("guard", partial(Guard, {"heard": hear, "crash": crash}), backoff=STEADY)
    async with running(puppet(), guard) as mesh:
        await wait_all_tasks_blocked()
        for do in ("crash", "crash"):
            with pytest.raises(Exception, match="bang"):
                await mesh.bus.ask(Order(do=do))
            await trio.sleep(1)
        assert sum(map(len, mesh.bus.watches._waiting.values())) == 1
        await mesh.bus.tell(Poke(do="crash"))
        await trio.sleep(5)
        assert heard == [1]


async def test_a_pool_that_has_ended_is_down(autojump_clock: MockClock) -> None:
    house = House()
    async with running(house.pool()) as mesh:
        await mesh.bus.ask(Work(key="a"))
        await mesh.stop()
        assert await mesh.bus.watch(Work, "a") == Down("house", 0, "not running")
