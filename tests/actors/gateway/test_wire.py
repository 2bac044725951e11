import json
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any, get_args

import pytest

from actors.agent import messages as agent
from actors.gateway.wire import cut, encode, event_json, message_json, session_json, timestamp
from actors.session import messages as session
from actors.vocabulary import Attachment
from tests.actors.gateway.world import ENDED, STARTED, THEN, a_session

FILE = Attachment(name="cat.png", media_type="image/png", path="downloads/cat.png", size=12)
FILE_JSON = {"file_name": "cat.png", "mime_type": "image/png", "path": "downloads/cat.png", "size": 12}

EVENTS: list[tuple[type[agent.TurnEvent], dict[str, Any], dict[str, Any]]] = [
    (
        agent.TurnStarted,
        {**STARTED, "text": "hi", "attachments": (FILE,), "client_message_id": "c", "attempt": 2},
        {
            "type": "stream_start",
            "text": "hi",
            "attachments": [FILE_JSON],
            "source": "web",
            "client_message_id": "c",
            "attempt": 2,
        },
    ),
    (
        agent.CompletionStarted,
        {"iteration": 1, "model": "a/b"},
        {"type": "completion_start", "iteration": 1, "model": "a/b"},
    ),
    (agent.TextDelta, {"text": "x"}, {"type": "text_delta", "text": "x"}),
    (agent.ThinkingDelta, {"text": "y"}, {"type": "thinking_delta", "text": "y"}),
    (
        agent.ToolStarted,
        {"call": "c1", "name": "FileRead", "input": {"path": "a"}},
        {"type": "tool_use", "id": "c1", "name": "FileRead", "input": {"path": "a"}},
    ),
    (
        agent.ToolFinished,
        {"call": "c1", "name": "FileRead", "content": "text", "is_error": False, "elapsed": 0.5},
        {
            "type": "tool_result",
            "tool_use_id": "c1",
            "name": "FileRead",
            "content": "text",
            "truncated": False,
            "is_error": False,
            "elapsed": 0.5,
        },
    ),
    (agent.Attached, {"attachment": FILE}, {"type": "attachment", **FILE_JSON}),
    (
        agent.FollowupFate,
        {"fate": "merged", "into": "t0", "iteration": 3, "text": "and", "client_message_id": "c"},
        {
            "type": "followup",
            "fate": "merged",
            "into": "t0",
            "iteration": 3,
            "text": "and",
            "attachments": [],
            "client_message_id": "c",
        },
    ),
    (
        agent.Notice,
        {"kind": "retrying", "text": "wait"},
        {"type": "notice", "kind": "retrying", "text": "wait"},
    ),
    (
        agent.TurnEnded,
        {**ENDED, "text": "all", "tool_rounds": 2},
        {
            "type": "stream_end",
            "outcome": "success",
            "num_turns": 2,
            "cost_usd": 0.5,
            "input_tokens": 100,
            "output_tokens": 7,
            "cache_read_input_tokens": 60,
            "cache_creation_input_tokens": 10,
            "is_error": False,
            "model": "offline/offline",
            "elapsed": 0.25,
            "text": "all",
        },
    ),
    (
        agent.TurnFailed,
        {"outcome": "error", "reason": "no network", "text": "part"},
        {
            "type": "stream_end",
            "outcome": "error",
            "num_turns": 0,
            "cost_usd": None,
            "input_tokens": 0,
            "output_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation_input_tokens": 0,
            "is_error": True,
            "errors": ["no network"],
            "model": None,
            "elapsed": 0.0,
            "text": "part",
        },
    ),
]


@pytest.mark.parametrize(("kind", "fields", "frame"), EVENTS)
def test_an_event_has_its_frame(
    kind: type[agent.TurnEvent], fields: dict[str, Any], frame: dict[str, Any]
) -> None:
    shown = event_json(kind(session="s", n=4, turn="t", **fields))
    assert shown == {"session_id": "s", "seq": 4, "turn_id": "t", **frame}
    assert json.loads(encode(shown)) == shown


def test_no_event_is_forgotten() -> None:
    assert {kind for kind, _, _ in EVENTS} == set(agent.TURN_EVENTS) == set(get_args(agent.TurnEvent))


def test_a_long_tool_result_is_cut_between_characters() -> None:
    content = "ä" * 3000
    result = agent.ToolFinished(
        session="s", n=1, turn="t", call="c", name="X", content=content, is_error=True, elapsed=0
    )
    shown = event_json(result)
    assert (shown["content"], shown["truncated"], shown["is_error"]) == ("ä" * 2048, True, True)


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [("abcd", 4, "abcd"), ("abcde", 4, "abcd"), ("€€", 5, "€"), ("😀😀", 7, "😀"), ("", 4, "")],
)
def test_text_is_cut_to_bytes(text: str, limit: int, kept: str) -> None:
    assert cut(text, limit) == (kept, kept != text)


def test_times_are_utc_to_the_millisecond() -> None:
    elsewhere = datetime(2026, 1, 2, 5, 4, 5, 678901, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(elsewhere) == timestamp(THEN) == "2026-01-02T03:04:05.678Z"
    assert timestamp(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00.000Z"


def test_a_conversation_has_its_json() -> None:
    assert session_json(a_session(key="k", summary="sum", triggered_by="job", running=True)) == {
        "id": "s1",
        "created_at": "2026-01-02T03:04:05.678Z",
        "last_message_at": "2026-01-02T03:04:05.678Z",
        "is_closed": False,
        "summary": "sum",
        "title": "A title",
        "message_count": 1,
        "channel": "main",
        "channel_session_key": "k",
        "user_id": "admin",
        "is_read": True,
        "triggered_by": "job",
        "running": True,
    }


def test_a_message_has_its_json() -> None:
    message = session.Message(
        id=3, session="s", turn="t", role="user", content="hi", attachments=(FILE,), timestamp=THEN
    )
    assert message_json(message) == {
        "id": 3,
        "session_id": "s",
        "turn_id": "t",
        "role": "user",
        "content": "hi",
        "attachments": [FILE_JSON],
        "timestamp": "2026-01-02T03:04:05.678Z",
    }


def test_immutable_containers_are_written_like_their_mutable_kin() -> None:
    assert encode({"a": MappingProxyType({"b": (1, frozenset({2}))})}) == '{"a":{"b":[1,[2]]}}'


def test_what_is_no_json_is_a_bug() -> None:
    with pytest.raises(TypeError, match="object is not JSON"):
        encode({"a": object()})


def test_text_that_is_no_unicode_still_travels() -> None:
    text = encode({"text": "a\ud83dä"})
    assert text.encode()
    assert json.loads(text) == {"text": "a\ud83dä"}
