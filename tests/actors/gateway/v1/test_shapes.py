"""Answers as OpenAI's own types have them."""

import json
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from openai.types import CompletionUsage, Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from actors.agent.messages import Answer
from actors.gateway.v1 import shapes
from actors.gateway.v1.completions import Chunks, completion, finish
from actors.gateway.v1.responses import Events, Head, response
from actors.vocabulary import Attachment, Usage
from tests.actors.gateway.values import USED, an_ended_turn

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FILE = Attachment(name="x.png", media_type="image/png", path="documents/x.png", size=3)
FOUND = Answer(turn="t1", answered_by=an_ended_turn("t1"), text="Hello", attachments=(), notice=None)
EVENT: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)
HEAD = Head(turn="t1", at=AT, model=None)


def data(events: bytes) -> list[Any]:
    """What server-sent events carry."""
    lines = [line for event in events.split(b"\n\n") for line in event.split(b"\n")]
    found = [line.removeprefix(b"data: ") for line in lines if line.startswith(b"data: ")]
    return [json.loads(each) for each in found if each != b"[DONE]"]


def test_a_whole_answer() -> None:
    whole = ChatCompletion.model_validate(completion(FOUND, AT), strict=True)
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
    choice = ChatCompletion.model_validate(completion(found, AT)).choices[0]
    assert choice.message.content == "Hello\n\nStopped.\n\n[Files: documents/x.png]"
    assert choice.finish_reason == "length"


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [("success", "stop"), ("refusal", "content_filter"), ("budget", "length"), (None, "length")],
)
def test_why_an_answer_ended(outcome: str | None, reason: str) -> None:
    assert finish(outcome) == reason


def test_pieces() -> None:
    chunks = Chunks(turn="t1", at=AT, model=None, usage=True)
    events = data(chunks.begun() + chunks.text("Hi") + chunks.ended("success", USED))
    first, piece, last, cost = (ChatCompletionChunk.model_validate(each, strict=True) for each in events)
    assert (first.model, piece.choices[0].delta.content, last.model) == ("starpod", "Hi", "offline/offline")
    assert (last.choices[0].finish_reason, cost.choices) == ("stop", [])
    assert cost.usage is not None
    frugal = attrs.evolve(chunks, usage=False)
    assert len(data(frugal.ended("success", USED))) == 1
    assert frugal.ended("success", USED).endswith(b"data: [DONE]\n\n")
    assert data(frugal.failed(502, "no", "why"))[0]["error"]["code"] == "why"


def test_a_whole_response() -> None:
    whole = Response.model_validate(response(FOUND, attrs.evolve(HEAD, previous="resp_t0")))
    assert (whole.id, whole.status, whole.output_text, whole.model) == (
        "resp_t1",
        "completed",
        "Hello",
        "offline/offline",
    )
    assert whole.previous_response_id == "resp_t0"
    assert whole.usage is not None
    assert (whole.usage.input_tokens, whole.usage.input_tokens_details.cached_tokens) == (100, 60)


@pytest.mark.parametrize(("outcome", "why"), [("refusal", "content_filter"), ("budget", "max_output_tokens")])
def test_a_response_that_is_not_complete(outcome: str, why: Any) -> None:
    found = attrs.evolve(FOUND, answered_by=an_ended_turn("t1", outcome=outcome))
    whole = Response.model_validate(response(found, HEAD))
    assert whole.incomplete_details is not None
    assert (whole.status, whole.incomplete_details.reason) == ("incomplete", why)


def test_events_of_a_response() -> None:
    events = Events(HEAD)
    written = data(events.begun() + events.text("He") + events.text("llo") + events.ended("success", USED))
    read = [EVENT.validate_python(each) for each in written]
    assert [event.type for event in read] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in read] == list(range(10))
    assert Response.model_validate(written[-1]["response"]).output_text == "Hello"
    (failed,) = data(Events(HEAD).failed(502, "no"))
    assert failed["response"]["error"] == {"code": "server_error", "message": "no"}
    assert EVENT.validate_python(failed).type == "response.failed"


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
