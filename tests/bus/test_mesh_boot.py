"""Building a tree, running it, adding to it, and the ways in which the whole of it ends."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from bus import (
    Actor,
    ActorError,
    ActorStopped,
    Backoff,
    BootError,
    Child,
    ExitKind,
    Intensity,
    Limits,
    Mesh,
    NoRoute,
    Pool,
    State,
    Supervisor,
    open_mesh,
)
from bus.keep.exits import Exit, FaultKind, exit_for, leaves, sort_fault
from bus.testing import MeshUnderTest, start_child
from tests.bus.family import Boom, Stage, after, boom, nothing, running
from tests.bus.world import Aside, Puppet, Read, Urgent


@pytest.fixture
async def stage() -> Stage:
    return Stage()


class Keyless(Actor):
    def __init__(self, key: str) -> None: ...

    @Read.handler
    async def read(self, request: Read) -> Any:
        return None


def a_puppet(name: str = "puppet") -> Child:
    return Child(name, partial(Puppet, {}))


def tree(*children: Any) -> Supervisor:
    return Supervisor("root", "one_for_one", children)


FAULTY: dict[str, tuple[Callable[[], object], str]] = {
    "a duplicate name": (
        lambda: tree(a_puppet("a"), Supervisor("a", "one_for_one", [])),
        "two nodes of the tree are called 'a'",
    ),
    "a duplicate name of leaves": (
        lambda: tree(Child("a", Actor), Child("a", Actor)),
        "two nodes of the tree are called 'a'",
    ),
    "the name of the root": (lambda: tree(Child("root", Actor)), "two nodes of the tree are called 'root'"),
    "no name": (lambda: tree(Child("", Actor)), "a node of the tree has no name"),
    "a second owner": (
        lambda: tree(a_puppet("a"), a_puppet("b")),
        "world.[A-Z][a-z]+@1 has two owners: 'a' and 'b'",
    ),
    "a factory that is no class": (
        lambda: tree(Child("a", lambda: Actor())),  # noqa: PLW0108
        "'a': its factory must be an Actor class or a functools.partial of one",
    ),
    "a factory of something else": (
        lambda: tree(Child("a", partial(dict, x=1))),  # type: ignore[arg-type]
        "'a': its factory must be an Actor class",
    ),
    "a pool without keys": (
        lambda: tree(Pool("a", Keyless)),
        "pool 'a' handles Read, which names no key field",
    ),
}

OUT_OF_RANGE: dict[str, tuple[Callable[[], object], str]] = {
    "a strategy": (
        lambda: Supervisor("s", "one_for_two", []),  # type: ignore[arg-type]
        "'strategy' must be in .* \\(got 'one_for_two'\\)",
    ),
    "a budget": (lambda: Intensity(-1), "'restarts' must be >= 0: -1"),
    "a window": (lambda: Intensity(1, 0.0), "'per' must be > 0: 0.0"),
    "a first wait": (lambda: Backoff(first=0.0), "'first' must be > 0: 0.0"),
    "a cap": (lambda: Backoff(cap=float("nan")), "'cap' must be > 0: nan"),
    "a factor": (lambda: Backoff(factor=0.5), "'factor' must be >= 1: 0.5"),
    "a jitter": (lambda: Backoff(jitter=1.0), "'jitter' must be < 1: 1.0"),
    "a mailbox": (lambda: Limits(mailbox=0), "'mailbox' must be >= 1: 0"),
    "a start": (lambda: Limits(start_within=0), "'start_within' must be > 0: 0"),
    "a stop": (lambda: Limits(stop_within=-1), "'stop_within' must be >= 0: -1"),
    "an idle time": (lambda: Pool("p", Keyless, idle=0.0), "'idle' must be > 0: 0.0"),
    "a limit": (lambda: Pool("p", Keyless, limit=0), "'limit' must be >= 1: 0"),
}


class TestAFaultySpec:
    @pytest.mark.parametrize("fault", FAULTY)
    async def test_is_refused_in_plain_words_before_anything_starts(self, fault: str) -> None:
        make, words = FAULTY[fault]
        with pytest.raises(BootError, match=words):
            async with open_mesh(make(), complete=False):  # type: ignore[arg-type]
                raise AssertionError("the block must not be entered")

    @pytest.mark.parametrize("fault", OUT_OF_RANGE)
    def test_does_not_come_to_be_with_a_number_out_of_range(self, fault: str) -> None:
        make, words = OUT_OF_RANGE[fault]
        with pytest.raises(ValueError, match=words):
            make()

    async def test_is_refused_when_a_front_door_is_served_in_part(self) -> None:
        with pytest.raises(BootError, match=r"nobody owns world\.Hurry@1, world\.Look@1, world\.Order@1"):
            async with open_mesh(tree(a_puppet())):
                pass


class TestAMesh:
    async def test_ends_with_its_block(self, autojump_clock: MockClock, stage: Stage) -> None:
        async with running(stage.child("a")) as mesh:
            assert mesh.exit is None
            assert mesh.console.health().health.state is State.READY
        assert mesh.exit == Exit(ExitKind.STOPPED)
        assert mesh.console.health().health.state is State.STOPPED
        assert await mesh.wait() == mesh.exit
        assert await mesh.stop() == mesh.exit

    async def test_may_end_before_its_block(self, autojump_clock: MockClock, stage: Stage) -> None:
        async with running(stage.child("a"), intensity=Intensity(0)) as mesh:
            stage.crash("a")
            assert (await mesh.wait()).kind is ExitKind.RESTART_LIMIT
            assert mesh.console.health().health.state is State.FAILED
            await trio.sleep(1)
            assert trio.current_time() == 1.0

    async def test_without_children_is_well(self, autojump_clock: MockClock) -> None:
        async with running() as mesh:
            assert mesh.console.health().health.state is State.READY
            with pytest.raises(NoRoute):
                await mesh.bus.ask(Read(do="x"))

    async def test_has_a_boot_id_of_its_own_unless_it_is_given_one(self) -> None:
        async with (
            open_mesh(tree()) as one,
            open_mesh(tree()) as two,
            open_mesh(tree(), boot_id="me") as three,
        ):
            assert one.bus.boot_id != two.bus.boot_id
            assert three.bus.boot_id == "me"

    async def test_started_with_the_same_seed_repeats_itself(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        async def restarts() -> list[str]:
            stage = Stage()
            async with running(stage.child("a", backoff=Backoff())):
                for _ in range(3):
                    stage.crash("a")
                    await trio.sleep(5)
            return stage.told()

        assert await restarts() == await restarts()

    async def test_leaves_alone_what_its_block_raises(self, autojump_clock: MockClock, stage: Stage) -> None:
        with pytest.raises(ValueError, match="mine") as caught:
            async with running(stage.child("a")):
                raise ValueError("mine")
        assert caught.value.__context__ is None

    async def test_says_where_a_count_is_wrong(self, autojump_clock: MockClock, mesh: MeshUnderTest) -> None:
        cell = await mesh.start(partial(Puppet, {}))
        cell.books.sent += 1
        assert mesh.mesh.console.unbalanced() == [
            "puppet: sent 1 != handled 0 + dead 0 + queued 0 + in hand 0"
        ]
        cell.books.sent -= 1


async def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


class TestAnInterruptFromTheKeyboard:
    """It comes through whichever code happens to run; nothing may hang on it, and the others stop in order."""

    @pytest.mark.parametrize("where", ["handler", "control", "aside", "background"])
    async def test_stops_the_tree_and_comes_out_plain(
        self, autojump_clock: MockClock, stage: Stage, where: str
    ) -> None:
        requests = {"handler": Read(do="x"), "control": Urgent(do="x"), "aside": Aside(do="x")}
        stopped: list[str] = []

        async def ask(mesh: Mesh) -> None:
            try:
                await mesh.bus.ask(requests[where])
            except ActorStopped as error:
                stopped.append(error.to)

        inner = Supervisor(
            "inner", "one_for_one", [stage.child("b"), Child("puppet", partial(Puppet, {"x": interrupt}))]
        )
        exits: list[Exit | None] = []
        with pytest.raises(KeyboardInterrupt):
            async with running(stage.child("a"), inner, stage.child("c")) as mesh:
                if where == "background":
                    stage.players["c"].do(interrupt)
                else:
                    with trio.CancelScope(shield=True):
                        await ask(mesh)
                with trio.CancelScope(shield=True):
                    exits.append(await mesh.wait())
        assert [type(exit.error) for exit in exits if exit] == [KeyboardInterrupt]
        assert trio.current_time() == 0.0
        assert stopped == ([] if where == "background" else ["puppet"])
        names = {"background": ["b", "a"]}.get(where, ["c", "b", "a"])
        assert sorted(stage.told("stop")) == sorted(f"0 stop {name}" for name in names)

    async def test_in_a_start_undoes_the_boot(self, autojump_clock: MockClock, stage: Stage) -> None:
        stage.script("start", "b", interrupt)
        with pytest.raises(KeyboardInterrupt):
            async with running(*map(stage.child, "abc")):
                raise AssertionError("the block must not be entered")
        assert stage.told("stop") == ["0 stop a"]

    async def test_in_a_clean_up_does_not_stop_the_stop(
        self, autojump_clock: MockClock, stage: Stage
    ) -> None:
        stage.script("stop", "b", interrupt)
        with pytest.raises(KeyboardInterrupt):
            async with running(*map(stage.child, "abc")):
                pass
        assert stage.told("stop") == ["0 stop c", "0 stop a"]

    async def test_twice_is_told_as_both(self, autojump_clock: MockClock, stage: Stage) -> None:
        stage.script("stop", "a", interrupt)
        with pytest.raises(BaseExceptionGroup) as caught:
            async with running(*map(stage.child, "ab")):
                stage.players["b"].do(interrupt)
                await trio.sleep_forever()
        assert [type(leaf) for leaf in leaves(caught.value)] == [KeyboardInterrupt, KeyboardInterrupt]


class TestAddingAChild:
    async def test_starts_it_last_and_stops_it_first(self, autojump_clock: MockClock, stage: Stage) -> None:
        stage.script("start", "b", after(2))
        async with running(stage.child("a")) as mesh:
            await start_child(mesh, stage.child("b"))
            assert trio.current_time() == 2.0
        assert stage.told("up", "stop") == ["0 up a", "2 up b", "2 stop b", "2 stop a"]

    async def test_makes_it_the_owner_of_its_messages(self, autojump_clock: MockClock, stage: Stage) -> None:
        async def answer(actor: object, message: object) -> str:
            return "here"

        async with running() as mesh:
            await start_child(mesh, Child("puppet", partial(Puppet, {"x": answer})))
            assert await mesh.bus.ask(Read(do="x")) == "here"

    @pytest.mark.parametrize("failure", ["make", "start", "slow"])
    async def test_that_fails_leaves_nothing_behind(
        self, autojump_clock: MockClock, stage: Stage, failure: str
    ) -> None:
        stage.script("start" if failure == "slow" else failure, "b", after(11) if failure == "slow" else boom)
        async with running(stage.child("a"), strategy="rest_for_one") as mesh:
            words = "not ready within 10 s" if failure == "slow" else "Boom: b"
            with pytest.raises(BootError, match=rf"^b did not start: start_(failed|timeout): {words}"):
                await start_child(mesh, stage.child("b"))
            assert [child.name for child in mesh.console.health().children] == ["a"]
            stage.told()
            await trio.sleep(60)
            assert stage.told() == []
            stage.crash("a")  # who decides about it must not know of b
            await trio.sleep(1)
            assert len(stage.told("up")) == 1
            await start_child(mesh, stage.child("b"))
            assert len(stage.told("up")) == 1

    async def test_that_fails_answers_who_asked_it_meanwhile(
        self, autojump_clock: MockClock, mesh: MeshUnderTest
    ) -> None:
        async def ask() -> None:
            with pytest.raises(ActorStopped):
                await mesh.bus.ask(Read(do="x"))
            answered.append(trio.current_time())

        async def slow_failure(actor: object) -> None:
            await trio.sleep(1)
            raise Boom

        answered: list[float] = []
        async with trio.open_nursery() as nursery:

            async def ask_soon() -> None:
                await trio.sleep(0.5)
                nursery.start_soon(ask)

            nursery.start_soon(ask_soon)
            with pytest.raises(BootError, match="puppet did not start: start_failed: Boom"):
                await mesh.start(partial(Puppet, {"start": slow_failure}))
        assert answered == [1.0]
        with pytest.raises(NoRoute):
            await mesh.bus.ask(Read(do="x"))

    async def test_of_a_taken_name_or_with_an_owned_message_changes_nothing(
        self, autojump_clock: MockClock
    ) -> None:
        async def answer(actor: object, message: object) -> str:
            return "here"

        async with running(Child("puppet", partial(Puppet, {"x": answer}))) as mesh:
            with pytest.raises(BootError, match="two nodes of the tree are called 'puppet'"):
                await start_child(mesh, a_puppet())
            for _ in range(2):
                with pytest.raises(BootError, match="has two owners: 'puppet' and 'other'"):
                    await start_child(mesh, a_puppet("other"))
            assert await mesh.bus.ask(Read(do="x")) == "here"
            assert [cell.name for cell in mesh.bus.routes.addresses()] == ["puppet"]

    async def test_to_a_tree_that_stops_fails(self, autojump_clock: MockClock, stage: Stage) -> None:
        stage.script("start", "b", after(5))
        async with running(stage.child("a")) as mesh, trio.open_nursery() as nursery:

            async def add() -> None:
                with pytest.raises(BootError, match="b did not start: stopped"):
                    await start_child(mesh, stage.child("b"))

            nursery.start_soon(add)
            await trio.sleep(1)
            await mesh.stop()
            with pytest.raises(BootError, match="root is not running"):
                await start_child(mesh, stage.child("c"))
        assert stage.told("up", "stop") == ["0 up a", "1 stop a"]

    async def test_waits_for_its_turn_behind_a_restart(self, autojump_clock: MockClock, stage: Stage) -> None:
        stage.script("start", "a", nothing, after(3))
        async with running(stage.child("a")) as mesh:
            stage.crash("a")
            await trio.sleep(0.5)
            await start_child(mesh, stage.child("b"))
            assert stage.told("up") == ["0 up a", "3.2 up a", "3.2 up b"]


class TestSortingExceptions:
    def cancelled(self) -> trio.Cancelled:
        return trio.Cancelled._create(source="unknown", reason=None)

    def test_a_lone_member_of_a_group_is_unwrapped_at_any_depth(self) -> None:
        inner = Boom("inner")
        group = ExceptionGroup("outer", [ExceptionGroup("middle", [inner])])
        assert sort_fault(group) == (FaultKind.BUG, inner)

    def test_cancellation_alone_is_no_fault(self) -> None:
        group = BaseExceptionGroup("g", [self.cancelled(), self.cancelled()])
        assert sort_fault(group) == (FaultKind.CANCELLED, group)

    def test_cancellation_mixed_with_an_error_is_a_bug(self) -> None:
        error = ActorError("domain")
        assert sort_fault(BaseExceptionGroup("g", [self.cancelled(), error])) == (FaultKind.BUG, error)
        assert sort_fault(error) == (FaultKind.DOMAIN, error)

    def test_several_bugs_are_reported_as_the_group_they_came_in(self) -> None:
        group = ExceptionGroup("g", [Boom("one"), Boom("two")])
        assert sort_fault(group) == (FaultKind.BUG, group)
        assert exit_for(group) == Exit(ExitKind.CRASHED, group)

    def test_what_is_no_exception_is_raised_on(self) -> None:
        with pytest.raises(SystemExit):
            sort_fault(BaseExceptionGroup("g", [Boom(), SystemExit(3)]))


def test_the_words_of_an_exit_say_each_thing_once() -> None:
    assert str(Exit(ExitKind.STOPPED)) == "stopped"
    assert str(Exit(ExitKind.CRASHED, Boom("b"), "while handling x")) == "crashed: while handling x: Boom: b"
    assert str(Exit(ExitKind.START_FAILED, Boom("b"), "a: Boom: b")) == "start_failed: a: Boom: b"
    assert re.fullmatch("crashed: Boom: ", str(Exit(ExitKind.CRASHED, Boom())))
