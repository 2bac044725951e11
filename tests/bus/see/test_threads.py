"""Work in threads, and on whose behalf it is done."""

import threading
from functools import partial
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from bus import BlackBox, Remains, run_in_thread
from bus.testing import open_test_mesh


async def test_the_black_box_knows_on_whose_behalf_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "black.box"
    with BlackBox(path, boot="boot-1", item="turn"):
        async with open_test_mesh() as mesh:
            with mesh.bus.baggage(turn="t1"):
                found = await run_in_thread(partial(Remains.read, path), limiter=trio.CapacityLimiter(1))
    assert list(found.names) == ["t1"]


async def test_it_runs_beside_the_loop_as_often_as_the_limiter_lets_it() -> None:
    limiter, go_on = trio.CapacityLimiter(1), threading.Event()
    begun = trio.Event()
    at_work: list[int] = []

    def work() -> None:
        at_work.append(threading.get_ident())
        trio.from_thread.run_sync(begun.set)
        assert go_on.wait(60)

    async def run() -> None:
        await run_in_thread(work, limiter=limiter)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run)
        nursery.start_soon(run)
        await begun.wait()
        assert (len(at_work), limiter.statistics().tasks_waiting) == (1, 1)
        go_on.set()
    assert len(at_work) == 2
    assert threading.get_ident() not in at_work


async def test_under_a_virtual_clock_it_is_done_here(autojump_clock: MockClock) -> None:
    assert await run_in_thread(threading.get_ident, limiter=trio.CapacityLimiter(1)) == threading.get_ident()


async def test_it_raises_what_the_work_raises() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        await run_in_thread(partial(int, "x"), limiter=trio.CapacityLimiter(1))


async def test_who_is_cancelled_may_leave_the_thread_behind() -> None:
    go_on, begun = threading.Event(), trio.Event()

    def work() -> None:
        trio.from_thread.run_sync(begun.set)
        go_on.wait(60)

    async def leave(scope: trio.CancelScope) -> None:
        await begun.wait()
        scope.cancel()

    async with trio.open_nursery() as nursery:
        with trio.CancelScope() as scope:
            nursery.start_soon(leave, scope)
            await run_in_thread(work, limiter=trio.CapacityLimiter(1), abandon_on_cancel=True)
    assert scope.cancelled_caught
    go_on.set()
