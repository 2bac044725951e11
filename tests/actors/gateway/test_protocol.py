import json
from typing import Any, get_args

import pytest

from actors.agent import messages as agent
from actors.gateway.protocol import cut, wire
from actors.session import messages as session
from actors.vocabulary import Attachment
from actors.wire import encode
from tests.actors.gateway.values import ENDED, FAILED, STARTED, THEN, a_session

FILE = Attachment(name="cat.png", media_type="image/png", path="downloads/cat.png", size=12)
FILE_JSON = {"file_name": "cat.png", "mime_type": "image/png", "path": "downloads/cat.png", "size": 12}

EVENTS: list[tuple[type[agent.TurnEvent], dict[str, Any], dict[str, Any]]] = [
    (agent.PathChosen, {"end": "t1"}, {"type": "path", "end_turn_id": "t1"}),
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
            "at": "2026-01-02T03:04:05.678Z",
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
        {"call": "c1", "name": "FileRead", "input": {"path": "a"}, "at": THEN},
        {
            "type": "tool_use",
            "id": "c1",
            "name": "FileRead",
            "input": {"path": "a"},
            "at": "2026-01-02T03:04:05.678Z",
        },
    ),
    (
        agent.ApprovalWanted,
        {"call": "c1", "name": "Bash", "approval": "a1", "reason": "rule 1", "expires_at": THEN},
        {
            "type": "approval_wanted",
            "tool_use_id": "c1",
            "name": "Bash",
            "approval": "a1",
            "reason": "rule 1",
            "expires_at": "2026-01-02T03:04:05.678Z",
        },
    ),
    (
        agent.ApprovalGiven,
        {"call": "c1", "approval": "a1", "allowed": False, "by": "person ada"},
        {
            "type": "approval_given",
            "tool_use_id": "c1",
            "approval": "a1",
            "allowed": False,
            "by": "person ada",
        },
    ),
    (
        agent.ToolFinished,
        {"call": "c1", "name": "Edit", "content": "text", "is_error": False, "diff": "+a", "elapsed": 0.5},
        {
            "type": "tool_result",
            "tool_use_id": "c1",
            "name": "Edit",
            "content": "text",
            "truncated": False,
            "is_error": False,
            "diff": "+a",
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
        {"type": "notice", "kind": "retrying", "text": "wait", "data": {}},
    ),
    (
        agent.TurnEnded,
        {**ENDED, "text": "all", "tool_rounds": 2},
        {
            "type": "stream_end",
            "outcome": "success",
            "num_turns": 2,
            "usage": {
                "model": "offline/offline",
                "input_tokens": 30,
                "output_tokens": 7,
                "cache_read_tokens": 60,
                "cache_write_tokens": 10,
                "cost_usd": 0.5,
            },
            "input_tokens": 100,
            "output_tokens": 7,
            "cache_read_input_tokens": 60,
            "cache_creation_input_tokens": 10,
            "cost_usd": 0.5,
            "cost_known": True,
            "model": "offline/offline",
            "is_error": False,
            "elapsed": 0.25,
            "text": "all",
            "notice": None,
        },
    ),
    (
        agent.TurnFailed,
        {**FAILED, "text": "part"},
        {
            "type": "stream_end",
            "outcome": "error",
            "num_turns": 0,
            "usage": {
                "model": None,
                "input_tokens": 0,
                "output_tokens": 0,
                "cache_read_tokens": 0,
                "cache_write_tokens": 0,
                "cost_usd": None,
            },
            "input_tokens": 0,
            "output_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation_input_tokens": 0,
            "cost_usd": 0.0,
            "cost_known": False,
            "model": None,
            "is_error": True,
            "error": "no network",
            "errors": ["no network"],
            "elapsed": 0.25,
            "text": "part",
        },
    ),
]


@pytest.mark.parametrize(("kind", "fields", "frame"), EVENTS)
def test_an_event_has_its_frame(
    kind: type[agent.TurnEvent], fields: dict[str, Any], frame: dict[str, Any]
) -> None:
    shown = wire.json(kind(session="s", n=4, turn="t", **fields))
    assert shown == {"session_id": "s", "seq": 4, "turn_id": "t", **frame}
    assert json.loads(encode(shown)) == shown


def test_no_event_is_forgotten() -> None:
    assert {kind for kind, _, _ in EVENTS} == set(agent.TURN_EVENTS) == set(get_args(agent.TurnEvent))


def test_a_long_tool_result_is_cut_between_characters() -> None:
    content = "ä" * 3000
    result = agent.ToolFinished(
        session="s", n=1, turn="t", call="c", name="X", content=content, is_error=True, elapsed=0
    )
    shown = wire.json(result)
    assert (shown["content"], shown["truncated"], shown["is_error"]) == ("ä" * 2048, True, True)


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [("abcd", 4, "abcd"), ("abcde", 4, "abcd"), ("€€", 5, "€"), ("😀😀", 7, "😀"), ("", 4, "")],
)
def test_text_is_cut_to_bytes(text: str, limit: int, kept: str) -> None:
    assert cut(text, limit) == (kept, kept != text)


def test_a_conversation_has_its_json() -> None:
    assert wire.json(a_session(key="k", summary="sum", triggered_by="job", running=True)) == {
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
        "model": None,
        "effort": None,
        "delegated_by": None,
        "parent": None,
        "is_archived": False,
        "pinned": False,
        "labels": [],
    }


def test_a_message_has_its_json() -> None:
    message = session.Message(
        id=3, session="s", turn="t", role="user", content="hi", attachments=(FILE,), timestamp=THEN
    )
    assert wire.json(message) == {
        "id": 3,
        "session_id": "s",
        "turn_id": "t",
        "role": "user",
        "content": "hi",
        "attachments": [FILE_JSON],
        "timestamp": "2026-01-02T03:04:05.678Z",
    }
