"""Numbered envelopes, for tests of mailboxes."""

from typing import Any

import trio

from bus import Message
from bus.message.envelope import INFINITY, NO_BAGGAGE, Envelope
from tests.bus.world import Poke


def envelope(n: int, message: Message | None = None) -> Envelope:
    return Envelope(
        n, "tell", message or Poke(do="", n=n), 1, 0, "sender", "to", float(n), INFINITY, NO_BAGGAGE
    )


def numbers(lane: Any) -> list[int]:
    return [each.seq for each in lane]


async def settle() -> None:
    await trio.testing.wait_all_tasks_blocked()
