"""Work that nobody is kept waiting by."""

import trio
from trio.testing import MockClock

from actors.gateway.share import LONGEST, Share


async def test_the_first_piece_waits_for_nothing(autojump_clock: MockClock) -> None:
    began = trio.current_time()
    async with Share(0.25).piece():
        pass
    assert trio.current_time() == began


async def test_after_a_piece_there_is_a_rest(autojump_clock: MockClock) -> None:
    share, began = Share(0.25), trio.current_time()
    for _ in range(3):
        async with share.piece():
            await trio.sleep(0.01)
    assert round(trio.current_time() - began, 3) == 0.01 + 2 * 0.04


async def test_work_that_waits_for_others_counts_for_a_bounded_time(autojump_clock: MockClock) -> None:
    share = Share(0.5)
    async with share.piece():
        await trio.sleep(60)
    began = trio.current_time()
    async with share.piece():
        assert trio.current_time() - began == LONGEST


async def test_all_who_have_worked_pay_one_after_the_other(autojump_clock: MockClock) -> None:
    share, began = Share(0.25), trio.current_time()
    async with trio.open_nursery() as nursery:
        for _ in range(4):
            nursery.start_soon(share.pay, 0.01)
    assert round(trio.current_time() - began, 3) == 4 * 0.03
