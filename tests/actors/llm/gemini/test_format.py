"""What Gemini's streams mean."""

import json
from typing import Any

import pytest

from actors.llm.completion import Completion, Tokens
from actors.llm.gemini import format as gemini_format
from actors.llm.messages import (
    CompletionEvent,
    ModelError,
    ModelUnavailable,
    TextDelta,
    ThinkingDelta,
    ToolCallStarted,
)
from actors.vocabulary import ProviderData, Text, Thinking, ToolUse

DONE = {"finishReason": "STOP"}


def response(*parts: Any, **candidate: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, **candidate}]}


def read(*responses: Any) -> tuple[list[CompletionEvent], Completion]:
    ids = iter(range(9))
    reader = gemini_format.Reader("gemini", lambda: f"id-{next(ids)}")
    items = [
        item
        for each in responses
        for item in reader.read(each if isinstance(each, bytes) else json.dumps(each).encode())
    ]
    assert reader.whole
    return items, reader.completion()


def kept(**data: Any) -> ProviderData:
    return ProviderData(origin="gemini", data=data)


def call(name: str = "FileRead", **fields: Any) -> dict[str, Any]:
    return {"functionCall": {"name": name, **fields}}


def signed(part: dict[str, Any], signature: str = "sig") -> dict[str, Any]:
    return {**part, "thoughtSignature": signature}


def test_words_thoughts_calls_and_usage() -> None:
    items, answer = read(
        {**response({"text": "hm", "thought": True}), "usageMetadata": {"promptTokenCount": 90}},
        response({"text": "m", "thought": True}, {"text": "Grüß "}),
        response({"text": "dich"}, call(args={"path": "a"}), call(args={"n": 1})),
        {
            **response(**DONE),
            "usageMetadata": {
                "promptTokenCount": 100,
                "cachedContentTokenCount": 60,
                "candidatesTokenCount": 7,
                "thoughtsTokenCount": 5,
                "toolUsePromptTokenCount": 2,
            },
        },
    )
    assert items == [
        ThinkingDelta(text="hm"),
        ThinkingDelta(text="m"),
        TextDelta(text="Grüß "),
        TextDelta(text="dich"),
        ToolCallStarted(id="id-0", name="FileRead"),
        ToolCallStarted(id="id-1", name="FileRead"),
    ]
    assert answer == Completion(
        content=(
            Thinking(text="hmm"),
            Text(text="Grüß dich"),
            ToolUse(id="id-0", name="FileRead", input={"path": "a"}),
            ToolUse(id="id-1", name="FileRead", input={"n": 1}),
        ),
        stop_reason="tool_use",
        tokens=Tokens(input=42, output=12, cache_read=60),
    )


def test_signatures_are_kept_with_what_they_came_with() -> None:
    _, answer = read(
        response(signed({"text": "A thought.", "thought": True}, "s1")),
        response({"text": "Hel"}),
        response(signed({"text": "lo"}, "s2")),
        response(signed(call(id="g1"), "s3"), call()),
        response(signed({"text": ""}, "s4"), **DONE),
    )
    assert answer.content == (
        Thinking(text="A thought.", provider_data=kept(signature="s1", thought="true")),
        Text(text="Hello"),
        Thinking(text="", provider_data=kept(signature="s2", text="lo")),
        ToolUse(id="id-0", name="FileRead", input={}, provider_data=kept(signature="s3", id="g1")),
        ToolUse(id="id-1", name="FileRead", input={}),
        Thinking(text="", provider_data=kept(signature="s4")),
    )


def test_signed_reasoning_stays_apart_from_other() -> None:
    _, answer = read(
        response({"text": "one", "thought": True}),
        response(signed({"text": "two", "thought": True})),
        response({"text": "three", "thought": True}, signed({"thought": True})),
        response({"text": "Done."}, **DONE),
    )
    assert answer.content == (
        Thinking(text="one"),
        Thinking(text="two", provider_data=kept(signature="sig", thought="true")),
        Thinking(text="three"),
        Thinking(text="", provider_data=kept(signature="sig", thought="true")),
        Text(text="Done."),
    )


def test_words_behind_a_signature_are_words_of_their_own() -> None:
    _, answer = read(response(signed({"text": "a"}), {"text": "b"}, **DONE))
    assert [block.text for block in answer.content if isinstance(block, Text)] == ["a", "b"]


def test_calls_have_ids_of_ours_and_none_comes_twice() -> None:
    items, answer = read(
        response(call(id="x", args={"n": 1})),
        response(call(id="x", args={"n": 1}), call("FileList", id="x"), call("A")),
        response(call(""), {"functionCall": {}}, **DONE),
    )
    assert items == [
        ToolCallStarted(id="id-0", name="FileRead"),
        ToolCallStarted(id="id-1", name="FileList"),
        ToolCallStarted(id="id-2", name="A"),
    ]
    assert len(answer.content) == 3


def test_half_an_emoji_waits_for_the_other() -> None:
    items, answer = read(
        b'{"candidates":[{"content":{"parts":[{"text":"\\ud83d"}]}}]}',
        b'{"candidates":[{"content":{"parts":[{"text":"\\ude42"}]},"finishReason":"STOP"}]}',
    )
    assert items == [TextDelta(text="🙂")]
    assert answer.content == (Text(text="🙂"),)


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("STOP", "end_turn"),
        ("MAX_TOKENS", "max_tokens"),
        *((reason, "content_filter") for reason in (
            "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "OTHER", "IMAGE_SAFETY",
        )),
        ("FINISH_REASON_UNSPECIFIED", "end_turn"),
        ("SOMETHING_NEW", "end_turn"),
    ],
)  # fmt: skip
def test_every_end_has_its_word(reason: str, stop: str) -> None:
    assert read(response({"text": "x"}, finishReason=reason))[1].stop_reason == stop
    assert read({"candidates": [{"finishReason": reason}]})[1].content == ()


@pytest.mark.parametrize("reason", ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "NEW"])
def test_a_prompt_that_is_refused_is_withheld(reason: str) -> None:
    items, answer = read(
        {"promptFeedback": {"blockReason": reason}, "usageMetadata": {"promptTokenCount": 3}}
    )
    assert items == []
    assert (answer.content, answer.stop_reason, answer.tokens.input) == ((), "content_filter", 3)


@pytest.mark.parametrize("reason", ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE"])
def test_a_slip_of_the_model_is_asked_again(reason: str) -> None:
    with pytest.raises(ModelUnavailable, match="the model"):
        read({"candidates": [{"finishReason": reason, "finishMessage": "print(default_api"}]})


def test_a_signature_that_is_missing_is_our_mistake() -> None:
    with pytest.raises(ModelError, match="signature"):
        read({"candidates": [{"finishReason": "MISSING_THOUGHT_SIGNATURE"}]})


def test_a_call_cut_off_at_the_limit_is_not_run() -> None:
    _, answer = read(response(call(args='{"path": "a'), finishReason="MAX_TOKENS"))
    (use,) = answer.content
    assert isinstance(use, ToolUse)
    assert use.unreadable is not None
    assert answer.stop_reason == "max_tokens"


def test_an_error_in_the_stream_is_raised() -> None:
    error = {"error": {"code": 503, "status": "UNAVAILABLE", "message": "The model is overloaded."}}
    with pytest.raises(ModelUnavailable, match="overloaded") as caught:
        read(response({"text": "x"}), error)
    assert caught.value.reason == "overloaded"


def test_what_is_not_known_is_passed_over() -> None:
    items, answer = read(
        {
            "modelVersion": "x",
            "candidates": [{"content": {"parts": [{"executableCode": {}}, {}]}, "index": 0}],
        },
        response({"text": "x"}, **DONE),
        b"[DONE]",
    )
    assert items == [TextDelta(text="x")]
    assert answer.content == (Text(text="x"),)


def test_it_is_not_whole_before_it_says_why_it_ends() -> None:
    reader = gemini_format.Reader("gemini", str)
    assert not reader.whole
    list(reader.read(json.dumps(response({"text": "x"})).encode()))
    assert not reader.whole
    list(reader.read(b"[DONE]"))
    assert reader.finished
    assert not reader.whole
