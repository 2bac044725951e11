"""Who is named when the process dies: those whose code ran, nobody who waited."""

import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
import pytest
import trio

from bus import Bus, Remains, in_thread
from bus.message.envelope import OUTSIDE, Context
from bus.see.blackbox import SLOT, SLOTS, BlackBox
from bus.testing import open_test_mesh
from tests.bus.world import Aside, Puppet, Read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "black.box"


def box_at(path: Path) -> BlackBox:
    return BlackBox(path, boot="boot-1", item="turn")


def now(path: Path) -> tuple[str, ...]:
    """Who would be named if the process died now."""
    return tuple(doings(path))


def doings(path: Path) -> Mapping[str, str]:
    """The same, with what they would have been doing."""
    found = Remains.read(path)
    assert found.boot == "boot-1"
    return found.names


def on_behalf_of(turn: str) -> Context:
    return attrs.evolve(OUTSIDE, name="somebody", baggage={"turn": turn})


@asynccontextmanager
async def puppet(path: Path, **scripts: Callable[..., Any]) -> AsyncGenerator[Bus]:
    """An actor that does what a test says, recorded."""
    with box_at(path):
        async with open_test_mesh(seed=1) as mesh:
            await mesh.start(partial(Puppet, scripts), name="puppet")
            yield mesh.bus


# --- the loop -------------------------------------------------------------------------------------------------


async def test_a_handler_is_named_from_its_first_line_to_its_last_and_not_while_it_waits(path: Path) -> None:
    seen: list[tuple[str, ...]] = []

    async def look(_actor: Puppet, _request: Any) -> None:
        seen.append(now(path))
        await trio.lowlevel.checkpoint()
        seen.append(now(path))

    async with puppet(path, look=look) as bus:
        for request in (Read(do="look"), Aside(do="look")):
            with bus.baggage(turn="t1"):
                await bus.ask(request)
            await bus.ask(request)
    assert seen == [("t1",), ("t1",), (), ()] * 2


async def test_it_says_what_is_done(path: Path) -> None:
    seen: list[Mapping[str, str]] = []

    async def look(_actor: Puppet, _request: Any) -> None:
        seen.append(doings(path))
        await trio.to_thread.run_sync(in_thread(lambda: seen.append(doings(path))))

    async with puppet(path, look=look) as bus:
        with bus.baggage(turn="t1"):
            await bus.ask(Read(do="look"))
            await bus.ask(Aside(do="look"))
    assert seen == [{"t1": "world.Read@1"}] * 2 + [{"t1": "world.Aside@1"}] * 2


async def test_tasks_of_several_turns_are_told_apart(path: Path) -> None:
    seen: list[tuple[str, tuple[str, ...]]] = []

    async with puppet(path) as bus:

        async def work(turn: str) -> None:
            with bus.baggage(turn=turn):
                seen.append((turn, now(path)))
                with bus.baggage(turn="inner"):
                    assert now(path) == ("inner",)
                seen.append((turn, now(path)))
                await trio.lowlevel.checkpoint()
                seen.append((turn, now(path)))
            assert now(path) == ()

        async with trio.open_nursery() as nursery:
            for turn in "abc":
                nursery.start_soon(work, turn)
    assert len(seen) == 9
    assert all(found == (turn,) for turn, found in seen)


async def test_nobody_is_named_while_the_loop_sleeps(path: Path) -> None:
    seen: list[tuple[str, ...]] = []

    class Sleeper(trio.abc.Instrument):
        def after_io_wait(self, timeout: float) -> None:
            if timeout > 0:  # it has slept, and no task has run since
                seen.append(now(path))

    async with puppet(path) as bus:
        sleeper = Sleeper()
        trio.lowlevel.add_instrument(sleeper)
        with bus.baggage(turn="t1"):
            while not seen:  # a busy machine may be late, and then the loop does not sleep
                await trio.sleep(0.01)
            assert now(path) == ("t1",)
        trio.lowlevel.remove_instrument(sleeper)
    assert set(seen) == {()}


# --- threads --------------------------------------------------------------------------------------------------


async def test_a_thread_is_named_on_whose_behalf_it_runs(path: Path) -> None:
    async with puppet(path) as bus:
        with bus.baggage(turn="t1"):
            look = in_thread(now)
            assert in_thread(now)(path) == ("t1",), "named once, though in two slots"
        assert await trio.to_thread.run_sync(look, path) == ("t1",)
        assert now(path) == ()
        assert in_thread(now) is now, "there is nobody to name"


async def test_it_is_named_no_longer_when_it_has_raised(path: Path) -> None:
    async with puppet(path) as bus:
        with bus.baggage(turn="t1"):
            fail = in_thread(int)
        with pytest.raises(ValueError, match="invalid literal"):
            fail("x")
        assert now(path) == ()


async def test_more_threads_than_slots_run_all_the_same(path: Path) -> None:
    deepest: list[tuple[str, ...]] = []
    with box_at(path) as box:

        def nested(depth: int) -> int:
            if depth == 0:
                deepest.append(now(path))
                return 0
            return 1 + box.named(nested, f"t{depth}", "nesting")(depth - 1)

        assert nested(SLOTS) == SLOTS
        assert len(deepest[0]) == SLOTS - 2
        assert now(path) == ()


def test_without_a_box_nothing_is_wrapped() -> None:
    assert in_thread(len) is len


# --- the file -------------------------------------------------------------------------------------------------


def test_an_orderly_end_leaves_nothing(path: Path) -> None:
    async def live() -> None:
        with box_at(path) as box:
            box.enter(on_behalf_of("t1"))
            assert now(path) == ("t1",)

    path.write_text("what was there before", encoding="utf-8")
    trio.run(live)
    assert not path.exists()


def test_it_does_not_mind_that_its_folder_has_gone(tmp_path: Path) -> None:
    folder = tmp_path / "folder"

    async def live() -> None:
        with box_at(folder / "black.box"):
            (folder / "black.box").unlink()
            folder.rmdir()
            folder.touch()

    folder.mkdir()
    trio.run(live)


def test_it_is_its_owners_alone(path: Path) -> None:
    box_at(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_in_the_way_is_an_error(path: Path) -> None:
    path.mkdir()
    with pytest.raises(OSError, match=path.name):
        box_at(path)
    assert Remains.read(path) == Remains()


@pytest.mark.parametrize("name", ["t1", "ß" * 100, "\ud800", "n" * 100])
def test_any_name_is_kept_as_far_as_there_is_room(path: Path, name: str) -> None:
    box = box_at(path)
    box.enter(on_behalf_of(name))
    (found,) = now(path)
    assert found
    assert name.encode(errors="replace").decode().startswith(found)
    box.enter(OUTSIDE)
    assert now(path) == ()


def test_one_that_cannot_be_read_blames_nobody(path: Path) -> None:
    assert Remains.read(path) == Remains()
    path.write_bytes(b"x" * SLOT * SLOTS)
    assert Remains.read(path) == Remains()
    path.write_bytes(b"")
    assert Remains.read(path) == Remains()


def test_a_name_that_was_written_in_part_is_none(path: Path) -> None:
    box = box_at(path)
    box.enter(on_behalf_of("a" * 36))
    first = path.read_bytes()
    box.enter(on_behalf_of("b" * 36))
    second = path.read_bytes()
    for cut in range(SLOT + 1, 2 * SLOT):
        path.write_bytes(second[:cut] + first[cut:])
        assert set(now(path)) <= {"b" * 36}, cut
    path.write_bytes(second[:-1])
    assert Remains.read(path) == Remains()


def test_a_file_that_may_not_be_read_blames_nobody(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.touch()

    def refuse(_path: Path) -> bytes:
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert Remains.read(path) == Remains()


# --- processes ------------------------------------------------------------------------------------------------

PROGRAM: Final = """
import sys, time
from pathlib import Path
import trio
from bus import Actor, BlackBox, Child, Supervisor, in_thread, open_mesh

async def waits():
    print("ready", flush=True)
    await trio.sleep_forever()

async def spins():
    print("ready", flush=True)
    while True:
        pass

def sleep():
    print("ready", flush=True)
    time.sleep(60)

async def in_a_thread():
    await trio.to_thread.run_sync(in_thread(sleep))

class Stubborn(Actor):
    async def on_stop(self):
        with self.bus.baggage(turn="culprit"):
            await spins()

async def stops():
    await meshes[0].stop()

meshes = []

async def main(how, path):
    with BlackBox(Path(path), boot="boot-1", item="turn"):
        tree = Supervisor("root", "one_for_one", (Child("stubborn", Stubborn),))
        async with open_mesh(tree) as mesh, trio.open_nursery() as nursery:
            meshes.append(mesh)
            with mesh.bus.baggage(turn="bystander"):
                nursery.start_soon(trio.sleep_forever)
            with mesh.bus.baggage(turn="culprit"):
                await globals()[how]()

trio.run(main, *sys.argv[1:])
"""


@asynccontextmanager
async def killed(path: Path, how: str) -> AsyncGenerator[None]:
    """A process that does something while the block runs; then it is killed."""
    process = await trio.lowlevel.open_process(
        [sys.executable, "-c", PROGRAM, how, str(path)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        with trio.fail_after(60):
            assert await process.stdout.receive_some(), "it did not start"
            yield
    finally:
        process.kill()
        await process.wait()
        await process.stdout.aclose()


@pytest.mark.parametrize(
    ("how", "named"), [("waits", ()), ("spins", ("culprit",)), ("in_a_thread", ("culprit",))]
)
async def test_a_process_that_is_killed_leaves_the_names_of_those_who_did_something(
    path: Path, how: str, named: tuple[str, ...]
) -> None:
    async with killed(path, how):
        while now(path) != named:
            await trio.sleep(0.005)
    assert now(path) == named


async def test_whoever_is_busy_when_an_orderly_stop_is_cut_off_is_not_named(path: Path) -> None:
    async with killed(path, "stops"):
        pass
    assert Remains.read(path) == Remains()
