from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.gateway.limits import Limits
from actors.gateway.send_queue import SendQueue

LIMITS = Limits(send_queue=8, delta_window=1.0, delta_bytes=100)


def delta(text: str, seq: int) -> dict[str, Any]:
    return {"type": "text_delta", "session_id": "s", "seq": seq, "turn_id": "t", "text": text}


def an_queue(overflows: list[float] | None = None) -> SendQueue:
    def overflow() -> None:
        assert overflows is not None, "the queue overflowed"
        overflows.append(trio.current_time())

    return SendQueue(LIMITS, overflow)


async def test_a_frame_wakes_who_waits_for_it(nursery: trio.Nursery) -> None:
    queue = an_queue()
    got: list[Any] = []

    async def read() -> None:
        got.append(await queue.next())

    nursery.start_soon(read)
    await wait_all_tasks_blocked()
    queue.push({"type": "pong"})
    await wait_all_tasks_blocked()
    assert got == [{"type": "pong"}]


async def test_text_is_sent_at_once_then_once_per_window(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    queue = an_queue()
    sent: list[tuple[float, str]] = []

    async def read() -> None:
        while True:
            frame = await queue.next()
            sent.append((trio.current_time(), frame["text"]))

    nursery.start_soon(read)
    for step in range(10):
        queue.push(delta(str(step), step))
        await trio.sleep(0.3)
    await trio.sleep(5)
    assert sent == [(0.0, "0"), (1.0, "123"), (2.0, "456"), (3.0, "789")]
    nursery.cancel_scope.cancel()


async def test_an_idle_queue_has_no_timer(nursery: trio.Nursery) -> None:
    queue = an_queue()
    queue.push(delta("a", 1))
    await queue.next()
    nursery.start_soon(queue.next)
    await wait_all_tasks_blocked()
    assert trio.lowlevel.current_statistics().seconds_to_next_deadline == float("inf")
    nursery.cancel_scope.cancel()


async def test_a_client_that_does_not_read_is_reported(autojump_clock: MockClock) -> None:
    overflows: list[float] = []
    queue = an_queue(overflows)
    for _ in range(8):
        queue.push({"type": "pong"})
    assert overflows == []
    queue.push({"type": "pong"})
    assert overflows == [0.0]


async def test_a_replay_waits_for_its_reader_and_leaves_room_for_news(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    queue = an_queue()
    put: list[int] = []

    async def replay(first: int) -> None:
        for number in range(first, first + 6):
            await queue.put({"type": "tool_use", "session_id": "s", "seq": number})
            put.append(number)

    nursery.start_soon(replay, 0)
    nursery.start_soon(replay, 100)
    await wait_all_tasks_blocked()
    assert len(put) == 4
    for _ in range(4):
        queue.push({"type": "pong"})
    frames = [await queue.next() for _ in range(16)]
    numbers = [frame["seq"] for frame in frames if "seq" in frame]
    assert sorted(numbers) == [*range(6), *range(100, 106)]
    assert [number for number in numbers if number < 100] == list(range(6))


async def test_cancelling_a_reader_loses_nothing() -> None:
    queue = an_queue()
    queue.push({"type": "pong"})
    with trio.CancelScope() as scope:
        scope.cancel()
        await queue.next()
    assert scope.cancelled_caught
    assert await queue.next() == {"type": "pong"}


async def test_text_of_a_forgotten_conversation_is_not_held(autojump_clock: MockClock) -> None:
    queue = an_queue()
    queue.push(delta("a", 1))
    await queue.next()
    queue.push(delta("b", 2))
    queue.forget("s")
    with trio.fail_after(0.5):
        assert (await queue.next())["text"] == "b"


async def test_putting_can_be_cancelled_while_there_is_no_room() -> None:
    queue = an_queue()
    for _ in range(8):
        queue.push({"type": "pong"})
    with trio.move_on_after(0), pytest.raises(trio.Cancelled):
        await queue.put({"type": "pong"})
