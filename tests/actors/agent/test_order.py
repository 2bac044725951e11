"""Messages are delivered as the store has numbered them, in whatever order its answers come."""

from functools import partial
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from actors.agent.order import Order
from actors.session.messages import Accepted, Incoming


class Deliveries:
    """Messages that are stored with the numbers and the delays that a test says; into "new2" number 2 is the first."""

    def __init__(self) -> None:
        self.order = Order()
        self.seen: list[tuple[float, int]] = []
        """When each number was delivered."""

    async def send(self, seq: int, *, seconds: float, into: str = "s", by: dict[str, Any]) -> None:
        async def store() -> Accepted:
            await trio.sleep(seconds)
            if seq == 0:
                raise ZeroDivisionError
            return Accepted(
                session=into,
                turn=f"t{seq}",
                seq=seq,
                state="accepted",
                duplicate=False,
                created=into == f"new{seq}",
                closed=None,
            )

        async with self.order.stored(Incoming(text="x", user="ada", **by), store()):
            await trio.lowlevel.checkpoint()
            self.seen.append((trio.current_time(), seq))


BY_KEY = {"key": "main"}
BY_ID = {"session": "s"}


async def delivered(*messages: tuple[int, float, str, dict[str, Any]]) -> list[tuple[float, int]]:
    """Send messages at the same instant: number, seconds until it is answered, conversation, address."""
    deliveries = Deliveries()
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        for seq, seconds, into, by in messages:
            nursery.start_soon(partial(deliveries.send, seq, seconds=seconds, into=into, by=by))
    return [(round(at - began), seq) for at, seq in deliveries.seen]


@pytest.mark.parametrize("first", [BY_KEY, BY_ID, {}])
@pytest.mark.parametrize("second", [BY_KEY, BY_ID])
async def test_one_that_was_stored_before_is_delivered_before(
    autojump_clock: MockClock, first: dict[str, Any], second: dict[str, Any]
) -> None:
    assert await delivered((2, 1, "s", second), (1, 3, "s", first)) == [(3, 1), (3, 2)]


async def test_one_that_starts_a_conversation_waits_for_nobody(autojump_clock: MockClock) -> None:
    assert await delivered((2, 1, "new2", {}), (1, 3, "new1", {})) == [(1, 2), (3, 1)]


@pytest.mark.parametrize(
    ("own", "other"), [(BY_KEY, {"key": "aside"}), (BY_ID, {"session": "r"}), (BY_KEY, {"session": "r"})]
)
async def test_nobody_waits_for_another_conversation(
    autojump_clock: MockClock, own: dict[str, Any], other: dict[str, Any]
) -> None:
    assert await delivered((2, 1, "s", own), (1, 3, "r", other)) == [(1, 2), (3, 1)]


async def test_one_that_is_refused_keeps_nobody_waiting_for_longer(autojump_clock: MockClock) -> None:
    deliveries = Deliveries()
    with pytest.RaisesGroup(ZeroDivisionError):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(deliveries.send, 1, seconds=1, by=BY_KEY))
            nursery.start_soon(partial(deliveries.send, 0, seconds=1, by=BY_KEY))
    await deliveries.send(2, seconds=0, by=BY_ID)
    assert deliveries.seen[-1][1] == 2


async def test_one_that_comes_twice_at_once_is_delivered_twice(autojump_clock: MockClock) -> None:
    assert await delivered((1, 1, "s", BY_KEY), (1, 1, "s", BY_KEY)) == [(1, 1), (1, 1)]
