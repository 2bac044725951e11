"""Clients of the original's protocol: frames that they know, numbers where they want numbers, bytes in the frame."""

from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from actors.cron import messages as cron
from actors.endpoints import BadMessage
from actors.gateway.client_frames import ClientMessage
from actors.gateway.original import TIMES, Original, Spoken, answered, shortened
from actors.gateway.protocol import wire
from actors.instances import messages as instances
from actors.session import messages as session

THEN = datetime(2026, 3, 17, 9, tzinfo=UTC)
JOB = cron.Job(
    id="1",
    name="tea",
    user_id="ada",
    prompt="help",
    schedule=cron.Interval(every_ms=3_600_000),
    timezone="UTC",
    words="every hour",
    enabled=True,
    delete_after_run=False,
    session_mode="isolated",
    max_retries=3,
    timeout_secs=60,
    missed="run_once",
    missed_secs=60,
    overlap="skip",
    jitter_secs=0,
    budget_usd=0.0,
    model=None,
    builtin=None,
    created_at=THEN,
    next_run_at=THEN,
    last_run_at=None,
    last_state=None,
    last_session=None,
    last_error=None,
    retry_count=0,
    retry_at=None,
    running=False,
)


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "session_id": "s1", "turn_id": "t1", **fields}


@pytest.mark.parametrize(
    ("query", "spoken"),
    [
        ({}, Spoken()),
        ({"inline": "1"}, Spoken(inline=True)),
        ({"protocol": "1"}, Spoken()),
        ({"protocol": "0"}, Spoken(original=True, inline=True)),
        ({"token": "k"}, Spoken(original=True, inline=True)),
        ({"token": "k", "protocol": "1"}, Spoken()),
    ],
)
def test_a_client_says_what_it_speaks_when_it_connects(query: dict[str, str], spoken: Spoken) -> None:
    assert Spoken.of(query) == spoken


@pytest.mark.parametrize(
    ("query", "key", "authorization", "original"),
    [
        ({}, None, None, False),
        ({}, "k", None, True),
        ({}, "k", "Basic YTpi", True),
        ({}, "k", "Bearer b", False),
        ({}, None, "bearer b", False),
        ({"protocol": "1"}, "k", None, False),
        ({"protocol": "0"}, None, "Bearer b", True),
    ],
)
def test_over_http_it_is_known_by_where_its_key_is(
    query: dict[str, str], key: str | None, authorization: str | None, *, original: bool
) -> None:
    assert Spoken.over_http(query, key, authorization).original is original


def test_a_job_has_its_times_in_seconds() -> None:
    found = answered((JOB,))[0]
    assert {name: found[name] for name in TIMES} == {
        "created_at": 1_773_738_000,
        "last_run_at": None,
        "next_run_at": 1_773_738_000,
        "retry_at": None,
    }
    assert found | dict.fromkeys(TIMES) == wire.json(JOB) | dict.fromkeys(TIMES)
    assert answered(JOB) == found


def test_an_instance_and_its_health_have_whole_numbers() -> None:
    health = instances.Health(
        cpu_percent=1.5, memory_mb=2.5, disk_mb=3.5, last_heartbeat=1.773738e9, uptime_secs=4.5
    )
    told = {
        "cpu_percent": 1.5,
        "memory_mb": 2,
        "disk_mb": 3,
        "last_heartbeat": 1_773_738_000,
        "uptime_secs": 4,
    }
    assert repr(answered(health)) == repr(told)
    one = instances.Instance(id="i", status="running", said="running", created_at=1.773738e9, health=health)
    (found,) = answered((one,))
    assert repr((found["created_at"], found["updated_at"], found["health"])) == repr(
        (1_773_738_000, None, told)
    )
    assert answered(attrs.evolve(one, health=None))["health"] is None


@pytest.mark.parametrize(
    ("channel", "told"),
    [("main", "main"), ("telegram", "telegram"), ("email", "email"), ("scheduler", "main")],
)
def test_a_conversation_came_by_a_channel_that_it_knows(channel: str, told: str) -> None:
    fields: dict[str, Any] = dict.fromkeys(("key", "title", "summary", "triggered_by"))
    flags: dict[str, Any] = {"is_closed": False, "is_read": True, "message_count": 1}
    one = session.Session(
        id="s", user="ada", channel=channel, created_at=THEN, last_message_at=THEN, **fields, **flags
    )
    assert answered((one,)) == (attrs.evolve(one, channel=told),)


def test_a_protocol_that_there_is_not_is_refused() -> None:
    with pytest.raises(BadMessage, match="no protocol '2'"):
        Spoken.of({"protocol": "2"})


@pytest.mark.parametrize(
    "kind",
    ["hello", "accepted", "backlog", "sessions_updated", "thinking_delta", "notice", "approval", "path"],
)
def test_frames_that_it_does_not_know_are_left_out(kind: str) -> None:
    assert Original().told(event(kind)) == []


@pytest.mark.parametrize("kind", ["text_delta", "tool_use", "error", "pong"])
def test_others_are_as_they_are(kind: str) -> None:
    assert Original().told(event(kind)) == [event(kind)]


def test_files_come_after_the_end_of_their_stream_and_a_stream_begins_once() -> None:
    told = Original().told
    assert told(event("stream_start", attempt=1)) == [event("stream_start", attempt=1)]
    assert told(event("attachment", path="a")) == []
    assert told(event("stream_start", attempt=2)) == []
    assert told(event("stream_end")) == [event("stream_end"), event("attachment", path="a")]
    assert told(event("stream_end")) == [event("stream_end")]


def test_results_are_cut_at_500_bytes_between_characters() -> None:
    (told,) = Original().told(event("tool_result", content="ä" * 300))
    assert told["content"] == "ä" * 250 + "..."
    assert shortened("x" * 500) == "x" * 500
    assert shortened("x" + "ä" * 250) == "x" + "ä" * 249 + "..."


def test_a_notification_has_no_null() -> None:
    frame = {"type": "notification", "session_id": None, "success": None, "result_preview": "x" * 600}
    plain = {"type": "notification", "session_id": "", "success": True, "result_preview": "x" * 500}
    assert Original().told(frame) == [plain]
    failed = {**plain, "session_id": "s1", "success": False}
    assert Original().told(failed) == [failed]


def test_a_message_without_a_place_follows_what_is_being_answered() -> None:
    original, message = Original(), ClientMessage(text="and")
    assert original.placed(message) is message
    original.told(event("stream_start"))
    assert original.placed(message).session_id == "s1"
    named = ClientMessage(text="and", channel_session_key="k")
    assert original.placed(named) is named
    original.told(event("stream_end"))
    assert original.placed(message) is message
