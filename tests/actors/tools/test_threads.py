"""Work in threads is stopped when nobody waits for it; a thread that does not hear it holds up nobody."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from actors.tools.messages import FileNotFound, FileSystemRefused
from actors.tools.paths import GoOn
from actors.tools.threads import Threads
from bus import BlackBox, Remains
from bus.testing import open_test_mesh


class Work:
    """Goes on for ever, until it is told to stop."""

    def __init__(self) -> None:
        self.began, self.ended = threading.Event(), threading.Event()

    def listening(self, go_on: GoOn) -> None:
        self.began.set()
        try:
            while True:
                go_on()
                self.ended.wait(0.001)
        finally:
            self.ended.set()

    def stuck(self, go_on: GoOn) -> None:
        """As a thread in a call to a disk that does not answer, until `ended` is set."""
        self.began.set()
        self.ended.wait()


def one(_: GoOn) -> int:
    return 1


def in_main_thread(_: GoOn) -> bool:
    return threading.current_thread() is threading.main_thread()


@pytest.fixture
def work() -> Iterator[Work]:
    work = Work()
    yield work
    work.ended.set()


async def test_it_is_recorded_for_whom_a_thread_works(tmp_path: Path) -> None:
    path = tmp_path / "black.box"
    with BlackBox(path, boot="boot-1", item="turn"):
        async with open_test_mesh(seed=1) as mesh:
            with mesh.bus.baggage(turn="t1"):
                assert await Threads().run(lambda _: Remains.read(path).names, "x") == {"t1": ""}
            assert Remains.read(path).names == {}


async def test_work_gives_its_value_or_its_error() -> None:
    def fail(go_on: GoOn) -> None:
        raise FileNotFound(path="a.txt")

    threads = Threads()
    assert await threads.run(in_main_thread, "a") is False
    with pytest.raises(FileNotFound):
        await threads.run(fail, "a")


async def test_work_that_nobody_waits_for_is_told_to_stop(work: Work) -> None:
    threads = Threads()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(threads.run, work.listening, "a")
        await trio.to_thread.run_sync(work.began.wait)
        nursery.cancel_scope.cancel()
    assert await trio.to_thread.run_sync(work.ended.wait, 60)


async def test_work_that_takes_too_long_is_told_to_stop(work: Work) -> None:
    with pytest.raises(FileSystemRefused, match=r"Cannot use a.txt: it took longer than 0.01 s"):
        await Threads(longest=0.01).run(work.listening, "a.txt")
    assert await trio.to_thread.run_sync(work.ended.wait, 60)


async def test_a_thread_that_does_not_hear_it_is_left_behind_and_counts_until_it_ends(work: Work) -> None:
    threads = Threads(at_most=2)

    async def leave_one_behind() -> None:
        work.began.clear()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(threads.run, work.stuck, "a")
            await trio.to_thread.run_sync(work.began.wait)
            nursery.cancel_scope.cancel()

    await leave_one_behind()
    assert await threads.run(one, "a") == 1
    await leave_one_behind()
    with pytest.raises(FileSystemRefused, match="the disk does not answer"):
        await threads.run(one, "a")
    work.ended.set()
    while True:
        try:
            assert await threads.run(one, "a") == 1
        except FileSystemRefused:
            await trio.sleep(0.001)  # until the threads have ended
        else:
            break


async def test_when_no_thread_can_be_started_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = Threads(at_most=1)
    real = trio.to_thread.run_sync

    async def refused(*_: object, **__: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(trio.to_thread, "run_sync", refused)
    with pytest.raises(FileSystemRefused, match="no thread could be started: can't start new thread"):
        await threads.run(one, "a")
    monkeypatch.setattr(trio.to_thread, "run_sync", real)
    assert await threads.run(one, "a") == 1
