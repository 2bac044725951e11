"""What is done for one user waits for nobody else's."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import trio
import trio.testing

from actors.hooks.lanes import MOST, Lanes, Progress


async def test_work_of_one_user_is_done_in_order_and_does_not_wait_for_that_of_another(
    autojump_clock: trio.testing.MockClock,
) -> None:
    done: list[str] = []

    async def work(name: str, seconds: float) -> None:
        await trio.sleep(seconds)
        done.append(name)

    async with trio.open_nursery() as nursery:

        def spawn(run: Callable[[str], Coroutine[Any, Any, None]], user: str) -> None:
            nursery.start_soon(run, user)

        lanes = Lanes(spawn)
        for user, seconds in (("ada", 60.0), ("grace", 1.0), ("ada", 0.0), ("grace", 2.0)):
            lanes.put(user, partial(work, user, seconds))
        await trio.sleep(5)
        assert done == ["grace", "grace"]
        lanes.put("grace", partial(work, "grace again", 0.0))
    assert done == ["grace", "grace", "grace again", "ada", "ada"]


def test_a_ledger_is_dealt_with_up_to_the_first_end_that_is_not() -> None:
    progress = Progress(4)
    for seq in (5, 6, 9):
        progress.begin(seq)
    assert progress.read == 9
    assert [progress.end(seq) for seq in (6, 9, 5)] == [4, 4, 9]


def test_no_more_is_read_than_can_be_kept_in_mind() -> None:
    progress = Progress(0)
    for seq in range(1, MOST + 1):
        assert not progress.is_full
        progress.begin(seq)
    assert progress.is_full
    assert progress.end(1) == 1
    assert not progress.is_full
