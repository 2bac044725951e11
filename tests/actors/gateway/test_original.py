"""Clients of the original's protocol: frames that they know, numbers where they want numbers, bytes in the frame."""

from typing import Any

import pytest

from actors.endpoints import BadMessage
from actors.gateway.client_frames import ClientMessage
from actors.gateway.original import Original, Spoken, shortened


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
