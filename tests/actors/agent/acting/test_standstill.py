"""Who waits for a subagent that waits for a person."""

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.agent.acting.standstill import Standstill


async def test_a_turn_stands_still_as_long_as_any_of_its_calls_waits(autojump_clock: MockClock) -> None:
    standstill, seen = Standstill(), list[tuple[float, bool]]()

    async def watch(turn: str) -> None:
        while True:
            await standstill.begun(turn)
            seen.append((trio.current_time(), True))
            await standstill.over(turn)
            seen.append((trio.current_time(), False))

    async def wait(call: str, seconds: float) -> None:
        with standstill.above(call):
            await trio.sleep(seconds)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait, "t:2", 10)
        nursery.start_soon(wait, "t:3", 5)
        nursery.start_soon(wait, "another:3", 20)
        await wait_all_tasks_blocked()
        await trio.sleep(1)
        nursery.start_soon(watch, "t")  # it finds what began before
        await trio.sleep(20)
        assert seen == [(1.0, True), (10.0, False)]
        nursery.start_soon(wait, "t:4", 1)
        await trio.sleep(2)
        assert seen[2:] == [(21.0, True), (22.0, False)]
        nursery.cancel_scope.cancel()


def test_whom_nobody_has_called_keeps_nobody() -> None:
    standstill = Standstill()
    with standstill.above(None), standstill.above("t:2"):
        pass
    assert not standstill._standing
