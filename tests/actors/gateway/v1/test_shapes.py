"""Answers as OpenAI's own types have them."""

import json
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from openai.types import CompletionUsage, Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from actors.agent.messages import Answer
from actors.gateway.v1 import shapes
from actors.vocabulary import Attachment, Usage
from tests.actors.gateway.world import USED, an_ended_turn

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FILE = Attachment(name="x.png", media_type="image/png", path="documents/x.png", size=3)
FOUND = Answer(turn="t1", answered_by=an_ended_turn("t1"), text="Hello", attachments=(), notice=None)


def data(event: bytes) -> Any:
    assert event.startswith(b"data: ")
    assert event.endswith(b"\n\n")
    return json.loads(event[6:])


def test_a_whole_answer() -> None:
    whole = ChatCompletion.model_validate(shapes.completion(FOUND, AT), strict=True)
    assert (whole.id, whole.model, whole.created) == ("chatcmpl-t1", "offline/offline", 1767323045)
    assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == ("Hello", "stop")
    assert whole.usage == CompletionUsage.model_validate(
        {
            "prompt_tokens": 100,
            "completion_tokens": 7,
            "total_tokens": 107,
            "prompt_tokens_details": {"cached_tokens": 60},
        }
    )


def test_what_the_agent_adds_to_the_words_of_the_model() -> None:
    turn = an_ended_turn("t1", outcome="max_turns", usage=Usage())
    found = attrs.evolve(FOUND, answered_by=turn, notice="Stopped.", attachments=(FILE,))
    choice = ChatCompletion.model_validate(shapes.completion(found, AT)).choices[0]
    assert choice.message.content == "Hello\n\nStopped.\n\n[Files: documents/x.png]"
    assert choice.finish_reason == "length"


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [("success", "stop"), ("refusal", "content_filter"), ("budget", "length"), (None, "length")],
)
def test_why_an_answer_ended(outcome: str | None, reason: str) -> None:
    assert shapes.finish(outcome) == reason


def test_pieces() -> None:
    first = data(shapes.chunk("t1", AT, None, {"role": "assistant", "content": ""}))
    last = data(shapes.chunk("t1", AT, "a/b", {}, "stop"))
    cost = data(shapes.closing("t1", AT, USED))
    assert [ChatCompletionChunk.model_validate(each, strict=True).model for each in (first, last, cost)] == [
        "starpod",
        "a/b",
        "offline/offline",
    ]
    assert (last["choices"][0]["finish_reason"], cost["choices"]) == ("stop", [])


def test_models() -> None:
    listed = shapes.models(["openai/gpt-5"])
    assert [Model.model_validate(each, strict=True).owned_by for each in listed["data"]] == [
        "starpod",
        "openai",
    ]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (404, "not_found_error"),
        (429, "rate_limit_error"),
        (502, "server_error"),
    ],
)
def test_refusals(status: int, kind: str) -> None:
    assert shapes.error(status, "no", "why") == {
        "error": {"message": "no", "type": kind, "param": None, "code": "why"}
    }
