"""Work that nobody is kept waiting by."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.gateway.share import LONGEST, Share


class Thread:
    """A thread that does nothing unless told."""

    used = 0.0

    def __call__(self) -> float:
        return self.used

    async def work(self, seconds: float) -> None:
        self.used += seconds
        await trio.sleep(seconds)


@pytest.fixture
def thread() -> Thread:
    return Thread()


async def test_the_first_piece_waits_for_nothing(autojump_clock: MockClock) -> None:
    began = trio.current_time()
    share = Share(0.25)
    await share.rest()
    with share.piece():
        pass
    assert trio.current_time() == began


async def test_after_a_piece_there_is_a_rest(autojump_clock: MockClock, thread: Thread) -> None:
    share, began = Share(0.25, thread), trio.current_time()
    for _ in range(3):
        await share.rest()
        with share.piece():
            await thread.work(0.01)
    assert round(trio.current_time() - began, 3) == 0.01 + 2 * 0.04


async def test_a_piece_that_waits_keeps_nobody_waiting(autojump_clock: MockClock, thread: Thread) -> None:
    share = Share(0.25, thread)

    async def wait() -> None:
        with share.piece():
            await trio.sleep(60)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await wait_all_tasks_blocked()
        began = trio.current_time()
        for _ in range(3):
            await share.rest()
            with share.piece():
                pass
        assert trio.current_time() == began
    await share.rest()
    assert trio.current_time() == began + 60, "and costs nothing"


async def test_what_several_do_at_once_counts_once(autojump_clock: MockClock, thread: Thread) -> None:
    share, began = Share(0.25, thread), trio.current_time()

    async def work() -> None:
        with share.piece():
            await thread.work(0.01)

    async with trio.open_nursery() as nursery:
        for _ in range(4):
            nursery.start_soon(work)
    await share.rest()
    assert round(trio.current_time() - began, 3) == 4 * 0.03


async def test_what_is_paid_at_once_is_bounded(autojump_clock: MockClock, thread: Thread) -> None:
    share = Share(0.5, thread)
    with share.piece():
        thread.used += 60
    began = trio.current_time()
    await share.rest()
    assert trio.current_time() - began == LONGEST


async def test_all_who_have_worked_pay_one_after_the_other(autojump_clock: MockClock) -> None:
    share, began = Share(0.25), trio.current_time()
    async with trio.open_nursery() as nursery:
        for _ in range(4):
            nursery.start_soon(share.pay, 0.01)
    assert round(trio.current_time() - began, 3) == 4 * 0.03
