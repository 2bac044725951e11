"""Conversations, turns and what is told of them, with plain fields."""

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from actors.session import messages as session
from actors.vocabulary import ADMIN, Text, Usage

THEN = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def a_session(id: str = "s1", **changes: Any) -> session.Session:
    plain = session.Session(
        id=id,
        user=ADMIN,
        channel="main",
        key=None,
        title="A title",
        summary=None,
        created_at=THEN,
        last_message_at=THEN,
        message_count=1,
        is_closed=False,
        is_read=True,
        triggered_by=None,
    )
    return attrs.evolve(plain, **changes)


def a_turn(id: str, **changes: Any) -> session.Turn:
    plain = session.Turn(
        id=id,
        seq=1,
        session="s1",
        user=ADMIN,
        role="admin",
        channel="main",
        key="k",
        state="done",
        attempt=1,
        text="hello",
        attachments=(),
        content=(Text(text="hello"),),
        options=session.TurnOptions(),
        mode="inject",
        source="http",
        client_message_id=None,
        accepted_at=THEN,
    )
    return attrs.evolve(plain, **changes)


USED = Usage(
    input_tokens=30,
    output_tokens=7,
    cache_read_tokens=60,
    cache_write_tokens=10,
    cost_usd=0.5,
    model="offline/offline",
)


def an_ended_turn(id: str, **changes: Any) -> session.Turn:
    """One with times and sums."""
    plain = a_turn(
        id,
        outcome="success",
        started_at=THEN + timedelta(seconds=1),
        finished_at=THEN + timedelta(seconds=3.5),
        tool_rounds=1,
        completions=2,
        usage=USED,
    )
    return attrs.evolve(plain, **changes)


ENDED: dict[str, Any] = {
    "outcome": "success",
    "attachments": (),
    "tool_rounds": 0,
    "usage": USED,
    "elapsed": 0.25,
}
"""Fields of a plain TurnEnded, its text excepted."""
FAILED: dict[str, Any] = {
    "outcome": "error",
    "reason": "no network",
    "tool_rounds": 0,
    "usage": Usage(),
    "elapsed": 0.25,
}
"""Fields of a plain TurnFailed, its text excepted."""
STARTED: dict[str, Any] = {
    "attachments": (),
    "source": "web",
    "client_message_id": None,
    "attempt": 1,
    "at": THEN,
}
"""Fields of a plain TurnStarted, its text excepted."""
