"""Stopping at exact instants: ask, cancel, force; order, and everything that may come in between (G13)."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from bus import (
    ActorCrashed,
    ActorStopped,
    Backoff,
    Child,
    Exit,
    ExitKind,
    Limits,
    Mesh,
    Pool,
    State,
    Supervisor,
)
from bus.keep.exits import STOPPED
from bus.keep.health import Health, NodeHealth
from bus.supervise.child import RunningChild
from tests.bus.family import STEADY, Boom, Stage, after, boom, nothing, running
from tests.bus.world import Keyed, Poke, Puppet, Read, Script, Scripted, Urgent

FOREVER = float("inf")


@pytest.fixture
async def stage() -> Stage:
    return Stage()


def slow(seconds: float, answer: object = "done") -> Script:
    async def script(actor: object, message: object = None) -> object:
        await trio.sleep(seconds)
        return answer

    return script


def puppet(scripts: Mapping[str, Script], **limits: Any) -> Child:
    return Child("puppet", partial(Puppet, scripts), limits=Limits(**limits), backoff=STEADY)


class Asker:
    """Asks in the background and remembers how and when it ended."""

    def __init__(self, mesh: Mesh, nursery: trio.Nursery) -> None:
        self._mesh = mesh
        self._nursery = nursery
        self.ends: list[tuple[float, object]] = []

    def ask(self, *requests: Read | Urgent) -> None:
        for request in requests:
            self._nursery.start_soon(self._ask, request)

    async def _ask(self, request: Read | Urgent) -> None:
        try:
            result: object = await self._mesh.bus.ask(request)
        except (ActorStopped, ActorCrashed) as error:
            result = type(error)
        self.ends.append((trio.current_time(), result))


class TestTheLadder:
    @pytest.mark.parametrize(
        ("handler", "clean_up", "limits", "ends"),
        [
            (0.0, 0.0, {}, 0.0),
            (3.0, 0.0, {}, 3.0),  # the message in hand ends
            (3.0, 4.0, {}, 7.0),  # and the clean-up after it
            (9.0, 0.0, {}, 5.0),  # cancelled after stop_within
            (9.0, 4.0, {}, 9.0),  # the clean-up has time of its own
            (9.0, 9.0, {}, 10.0),  # and is cut after that
            (0.0, 9.0, {}, 5.0),
            (9.0, 0.0, {"stop_within": 2.0}, 2.0),
            (9.0, 9.0, {"stop_within": 2.0, "cleanup_within": 1.0}, 3.0),
            (9.0, 9.0, {"stop_within": 0.0, "cleanup_within": 0.0}, 0.0),
            (1000.0, 0.0, {"stop_within": FOREVER}, 1000.0),
            (1000.0, 2000.0, {"stop_within": FOREVER, "cleanup_within": FOREVER}, 3000.0),
        ],
    )
    async def test_asks_then_cancels_then_forces(
        self,
        autojump_clock: MockClock,
        handler: float,
        clean_up: float,
        limits: dict[str, float],
        ends: float,
    ) -> None:
        scripts = {"work": slow(handler), "on_stop": slow(clean_up)}
        async with running(puppet(scripts, **limits)) as mesh:
            if handler:
                await mesh.bus.tell(Poke(do="work"))
                await wait_all_tasks_blocked()
            await mesh.stop()
            assert trio.current_time() == ends

    async def test_lets_the_message_in_hand_end_and_begins_no_other(self, autojump_clock: MockClock) -> None:
        async with running(puppet({"work": slow(3)})) as mesh, trio.open_nursery() as nursery:
            asker = Asker(mesh, nursery)
            asker.ask(Read(do="work"))
            await wait_all_tasks_blocked()
            asker.ask(Read(do="work", n=1), Read(do="work", n=2))
            await wait_all_tasks_blocked()
            await mesh.stop()
            await wait_all_tasks_blocked()
            assert asker.ends == [(3.0, "done"), (3.0, ActorStopped), (3.0, ActorStopped)]

    async def test_answers_who_asked_for_what_it_cancels(self, autojump_clock: MockClock) -> None:
        async with running(puppet({"work": slow(8)})) as mesh, trio.open_nursery() as nursery:
            asker = Asker(mesh, nursery)
            asker.ask(Read(do="work"), Urgent(do="work"))
            await wait_all_tasks_blocked()
            await mesh.stop()
            await wait_all_tasks_blocked()
            assert asker.ends == [(5.0, ActorStopped), (5.0, ActorStopped)]

    async def test_answers_at_once_who_asks_afterwards(self, autojump_clock: MockClock) -> None:
        async with running(puppet({"work": slow(1)})) as mesh:
            await mesh.stop()
            with pytest.raises(ActorStopped):
                await mesh.bus.ask(Read(do="work"))
            with pytest.raises(ActorStopped):
                await mesh.bus.tell(Poke(do="work"))

    async def test_goes_on_when_the_clean_up_fails(self, autojump_clock: MockClock, stage: Stage) -> None:
        log: list[tuple[str, str, Any]] = []
        stage.script("stop", "b", boom)
        async with running(
            stage.child("a"),
            stage.child("b"),
            log=lambda level, event, fields: log.append((level, event, fields)),
        ) as mesh:
            exit = await mesh.stop()
        assert exit.kind is ExitKind.STOPPED
        assert stage.told("stop") == ["0 stop a"]
        assert [(level, event, fields["actor"]) for level, event, fields in log] == [
            ("error", "clean-up failed", "b")
        ]
        assert isinstance(log[0][2]["error"], Boom)

    async def test_says_stopping_until_it_is_over(self, autojump_clock: MockClock) -> None:
        async with (
            running(puppet({"work": slow(3), "on_stop": slow(2)})) as mesh,
            trio.open_nursery() as nursery,
        ):
            await mesh.bus.tell(Poke(do="work"))
            await wait_all_tasks_blocked()
            nursery.start_soon(mesh.stop)
            for _ in range(5):
                await trio.sleep(0.99)
                assert mesh.console.health().health.state is State.STOPPING
                assert mesh.console.health().children[0].health.state is State.STOPPING
            await trio.sleep(0.1)
            assert mesh.console.health().health.state is State.STOPPED
            assert mesh.console.health().children[0].health.state is State.STOPPED

    async def test_a_crash_whose_clean_up_is_cut_is_still_that_crash(self, autojump_clock: MockClock) -> None:
        async def crash(actor: object, message: object) -> None:
            raise Boom("first")

        log: list[Any] = []
        tree = puppet({"crash": crash, "on_stop": slow(60)})
        async with running(tree, log=lambda _level, event, fields: log.append((event, fields))) as mesh:
            await mesh.bus.tell(Poke(do="crash"))
            await trio.sleep(5.1)
            exits = [fields["exit"] for event, fields in log if event == "actor crashed"]
            assert exits == ["crashed: while handling world.Poke@1: Boom: first"]


class TestTheOrder:
    async def test_is_the_reverse_of_the_start_each_fully_before_the_next(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        for name in "abc":
            stage.script("stop", name, after(1))
        async with running(*map(stage.child, "abc")):
            pass
        assert stage.told("stop") == ["1 stop c", "2 stop b", "3 stop a"]

    async def test_goes_through_nested_groups(self, autojump_clock: MockClock, stage: Stage) -> None:
        for name in "abcd":
            stage.script("stop", name, after(1))
        inner = Supervisor("inner", "one_for_one", [stage.child("b"), stage.child("c")])
        async with running(stage.child("a"), inner, stage.child("d")):
            pass
        assert stage.told("stop") == ["1 stop d", "2 stop c", "3 stop b", "4 stop a"]

    async def test_is_kept_when_everything_is_cancelled_from_outside(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        for name in "abc":
            stage.script("stop", name, after(1))
        inner = Supervisor("inner", "one_for_one", [stage.child("b")])
        with trio.move_on_after(7) as scope:
            async with running(stage.child("a"), inner, stage.child("c")):
                await trio.sleep_forever()
        assert scope.cancelled_caught
        assert stage.told("stop") == ["8 stop c", "9 stop b", "10 stop a"]

    async def test_is_kept_when_the_block_fails(self, autojump_clock: MockClock, stage: Stage) -> None:
        with pytest.raises(Boom, match="mine"):
            async with running(*map(stage.child, "ab")):
                raise Boom("mine")
        assert stage.told("stop") == ["0 stop b", "0 stop a"]

    async def test_does_not_hold_for_the_members_of_a_pool_which_stop_together(
        self, autojump_clock: MockClock
    ) -> None:
        async with running(Pool("pool", partial(Latecomer, {"latest": slow(3)}))) as mesh:
            for key in "abc":
                await mesh.bus.tell(Keyed(of=key, n=0))
            await wait_all_tasks_blocked()
            await mesh.stop()
            assert trio.current_time() == 3.0


class Latecomer(Scripted):
    """A member of a pool."""

    def __init__(self, scripts: Mapping[str, Script], key: str) -> None:
        super().__init__(scripts)

    @Keyed.handler
    async def latest(self, command: Keyed) -> None:
        await self.scripts["latest"](self, command)


class TestTheSecondSignal:
    async def test_takes_the_patience_and_keeps_the_order(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        inner = Supervisor("inner", "one_for_one", [stage.child("b")])
        for name in "abc":
            stage.script("stop", name, after(4))
        async with running(stage.child("a"), inner, stage.child("c")) as mesh, trio.open_nursery() as nursery:
            nursery.start_soon(mesh.stop)
            await trio.sleep(1)
            stage.told()
            async with mesh.console.tap("point=crashed") as tap:
                mesh.force()
                assert (await mesh.wait()).kind is ExitKind.STOPPED
                seen = [await anext(tap) for _ in "abc"]
            assert trio.current_time() == 1.0
            assert [f"{event.to} {event.detail.partition(':')[0]}" for event in seen] == [
                "c forced",
                "b forced",
                "a forced",
            ]
        assert stage.told() == []  # no clean-up came to its end

    async def test_cancels_the_message_in_hand(self, autojump_clock: MockClock) -> None:
        async with running(puppet({"work": slow(100)}, stop_within=FOREVER)) as mesh:
            async with trio.open_nursery() as nursery:
                asker = Asker(mesh, nursery)
                asker.ask(Read(do="work"))
                await wait_all_tasks_blocked()
                nursery.start_soon(mesh.stop)
                await trio.sleep(5)
                mesh.force()
            assert asker.ends == [(5.0, ActorStopped)]

    async def test_may_come_first_and_needs_no_other(self, autojump_clock: MockClock, stage: Stage) -> None:
        stage.script("stop", "a", after(4))
        async with running(stage.child("a")) as mesh:
            mesh.force()
            await mesh.wait()
            assert trio.current_time() == 0.0

    async def test_reaches_the_members_of_a_pool(self, autojump_clock: MockClock) -> None:
        pool = Pool("pool", partial(Latecomer, {"latest": slow(100)}), limits=Limits(stop_within=FOREVER))
        async with running(pool) as mesh, trio.open_nursery() as nursery:
            for key in "abc":
                await mesh.bus.tell(Keyed(of=key, n=0))
            await wait_all_tasks_blocked()
            nursery.start_soon(mesh.stop)
            await trio.sleep(9)
            mesh.force()
            await mesh.wait()
            assert trio.current_time() == 9.0

    async def test_reaches_a_start_that_is_under_way(self, autojump_clock: MockClock, stage: Stage) -> None:
        stage.script("start", "b", nothing, after(8))
        async with running(*map(stage.child, "ab")) as mesh:
            stage.crash("b")
            await trio.sleep(1)
            mesh.force()
            await mesh.wait()
            assert trio.current_time() == 1.0


class TestAStopDuring:
    async def test_a_start_undoes_what_is_up_and_cleans_up_nothing_else(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        stage.script("start", "b", after(9))
        with trio.move_on_after(2) as scope:
            async with running(*map(stage.child, "abc")):
                raise AssertionError("the block must not be entered")
        assert scope.cancelled_caught
        assert trio.current_time() == 2.0
        assert stage.told() == ["0 start a", "0 up a", "0 start b", "2 stop a"]

    async def test_a_restart_ends_it(self, autojump_clock: MockClock, stage: Stage) -> None:
        stage.script("start", "b", nothing, after(9))
        async with running(*map(stage.child, "ab")) as mesh:
            stage.told()
            stage.crash("b")
            await trio.sleep(1)
            assert (await mesh.stop()).kind is ExitKind.STOPPED
            assert stage.told() == ["0 stop b", "0.2 start b", "1 stop a"]

    async def test_a_restart_of_a_group_ends_it(self, autojump_clock: MockClock, stage: Stage) -> None:
        stage.script("stop", "b", after(3), nothing)
        async with running(*map(stage.child, "abc"), strategy="rest_for_one") as mesh:
            stage.told()
            stage.crash("a")
            await trio.sleep(1)
            await mesh.stop()
            assert stage.told() == ["0 stop a", "0 stop c", "3 stop b"]

    async def test_backoff_waits_for_nothing_and_answers_who_waits(self, autojump_clock: MockClock) -> None:
        async def crash(actor: object, message: object) -> None:
            raise Boom

        async with running(puppet({"crash": crash, "work": slow(1)})) as mesh, trio.open_nursery() as nursery:
            asker = Asker(mesh, nursery)
            asker.ask(Read(do="crash"))
            await trio.sleep(0.1)
            asker.ask(Read(do="work"))
            await wait_all_tasks_blocked()
            await mesh.stop()
            await wait_all_tasks_blocked()
            assert asker.ends == [(0.0, ActorCrashed), (0.1, ActorStopped)]

    @pytest.mark.parametrize("end", ["crash", "outage"])
    @pytest.mark.parametrize("first", ["child", "stop"])
    async def test_the_very_instant_of_its_own_end_is_a_stop(
        self, autojump_clock: MockClock, stage: Stage, end: str, first: str
    ) -> None:
        async with running(stage.child("a"), stage.child("b")) as mesh:
            await trio.sleep(1)
            stage.told()
            if first == "child":
                getattr(stage, end)("b")
            mesh.root.request_stop()
            if first == "stop":
                getattr(stage, end)("b")
            assert (await mesh.wait()).kind is ExitKind.STOPPED
            assert stage.told() == ["1 stop b", "1 stop a"]

    async def test_the_instant_of_the_start_is_not_lost(self, autojump_clock: MockClock) -> None:
        node = Silent()
        slot = RunningChild(node, Backoff())
        slot.begin()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(slot.stop)
            await wait_all_tasks_blocked()
            assert await slot.live() == STOPPED
        assert node.calls == ["request_stop"]
        assert trio.current_time() == 0.0

    async def test_nothing_at_all_changes_nothing(self, autojump_clock: MockClock) -> None:
        node = Silent()
        await RunningChild(node, Backoff()).stop()
        assert node.calls == []


class Silent:
    """A node that only writes down what it is told."""

    name = "silent"
    stop_within = cleanup_within = 5.0

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def run(self, ready: object) -> Exit:
        self.calls.append("run")
        return STOPPED

    def request_stop(self) -> None:
        self.calls.append("request_stop")

    def cancel(self) -> None:
        self.calls.append("cancel")

    def force(self) -> None:
        self.calls.append("force")

    def restarting(self, until: float, why: str) -> None:
        self.calls.append("restarting")

    def dispose(self) -> None:
        self.calls.append("dispose")

    def node_health(self) -> NodeHealth:
        return NodeHealth(self.name, Health(State.READY))
