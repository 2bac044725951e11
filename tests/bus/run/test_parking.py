"""What a woken task gets, as often as needed."""

from collections.abc import AsyncGenerator, Generator

import trio
from trio.lowlevel import Abort, current_task, reschedule, wait_task_rescheduled

from bus.run.parking import GO_ON


async def test_a_task_goes_on_however_often_it_is_woken(nursery: trio.Nursery) -> None:
    async def sleep() -> None:
        tasks.append(current_task())
        while len(woken) < 3:
            woken.append(await wait_task_rescheduled(lambda _: Abort.SUCCEEDED))

    tasks: list[trio.lowlevel.Task] = []
    woken: list[object] = []
    nursery.start_soon(sleep)
    for n in range(3):
        await trio.testing.wait_all_tasks_blocked()
        assert len(woken) == n
        reschedule(tasks[0], GO_ON)
    await trio.testing.wait_all_tasks_blocked()
    assert woken == [None, None, None]


async def test_it_is_an_outcome_like_any_other() -> None:
    def plain() -> Generator[str, None, None]:
        seen.append((yield "first"))
        yield "second"

    async def asynchronous() -> AsyncGenerator[str, None]:
        seen.append((yield "first"))
        yield "second"

    seen: list[object] = []
    one, other = plain(), asynchronous()
    assert (next(one), await anext(other)) == ("first", "first")
    assert (GO_ON.send(one), await GO_ON.asend(other)) == ("second", "second")
    await other.aclose()
    assert seen == [None, None]
