import json
from collections.abc import Iterable
from typing import Any

import pytest

from actors.llm.anthropic import format as anthropic_format
from actors.llm.completion import Completion, Tokens
from actors.llm.messages import (
    CompletionEvent,
    ModelUnavailable,
    TextDelta,
    ThinkingDelta,
    ToolCallStarted,
)
from actors.vocabulary import (
    ProviderData,
    Text,
    Thinking,
    ToolUse,
)

SIGNED = ProviderData(origin="anthropic", data={"signature": "sig"})
REDACTED = ProviderData(origin="anthropic", data={"redacted": "opaque"})


def start(**usage: int) -> dict[str, Any]:
    return {
        "type": "message_start",
        "message": {"id": "m", "usage": {"input_tokens": 10, "output_tokens": 1, **usage}},
    }


def block(index: int, **content: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": content}


def delta(index: int, **content: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": content}


def stop(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def end(reason: str, **usage: int) -> list[dict[str, Any]]:
    return [
        {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"},
    ]


def read(
    events: Iterable[dict[str, Any]],
) -> tuple[list[CompletionEvent], Completion, anthropic_format.Reader]:
    reader = anthropic_format.Reader("anthropic", lambda: "made-up")
    items = [item for event in events for item in reader.read(json.dumps(event).encode())]
    return items, reader.completion(), reader


def test_a_whole_answer_is_read() -> None:
    items, answer, reader = read([
        start(cache_read_input_tokens=100, cache_creation_input_tokens=7),
        block(0, type="thinking", thinking="", signature=""),
        delta(0, type="thinking_delta", thinking="hm"),
        delta(0, type="signature_delta", signature="sig"),
        stop(0),
        block(1, type="text", text=""),
        {"type": "ping"},
        delta(1, type="text_delta", text="Grüß"),
        delta(1, type="text_delta", text=" dich"),
        stop(1),
        block(2, type="tool_use", id="a", name="FileRead", input={}),
        delta(2, type="input_json_delta", partial_json=""),
        delta(2, type="input_json_delta", partial_json='{"path": "a'),
        block(3, type="tool_use", id="b", name="FileList", input={}),
        delta(2, type="input_json_delta", partial_json='.md"}'),
        *end("tool_use", output_tokens=42),
    ])  # fmt: skip
    assert items == [
        ThinkingDelta(text="hm"),
        TextDelta(text="Grüß"),
        TextDelta(text=" dich"),
        ToolCallStarted(id="a", name="FileRead"),
        ToolCallStarted(id="b", name="FileList"),
    ]
    assert answer == Completion(
        content=(
            Thinking(text="hm", provider_data=SIGNED),
            Text(text="Grüß dich"),
            ToolUse(id="a", name="FileRead", input={"path": "a.md"}),
            ToolUse(id="b", name="FileList", input={}),
        ),
        stop_reason="tool_use",
        tokens=Tokens(input=10, output=42, cache_read=100, cache_write=7),
    )
    assert reader.finished


def test_unknown_events_blocks_and_deltas_are_passed_over() -> None:
    items, answer, _ = read([
        start(),
        {"type": "brand_new"},
        block(0, type="server_tool_use", id="x", name="web", input={}),
        delta(0, type="input_json_delta", partial_json="{}"),
        block(1, type="text", text=""),
        delta(1, type="citations_delta", citation={}),
        delta(1, type="text_delta", text="ok"),
        block(2, type="redacted_thinking", data="opaque"),
        *end("end_turn"),
    ])  # fmt: skip
    assert items == [TextDelta(text="ok")]
    assert answer.content == (Text(text="ok"), Thinking(text="", provider_data=REDACTED))


def test_what_a_block_holds_from_the_start_counts() -> None:
    items, answer, _ = read([
        start(),
        block(0, type="text", text="Hel"),
        delta(0, type="text_delta", text="lo"),
        block(1, type="tool_use", id="a", name="T", input={"x": 1}),
        *end("tool_use"),
    ])  # fmt: skip
    assert items[:2] == [TextDelta(text="Hel"), TextDelta(text="lo")]
    assert answer.content == (Text(text="Hello"), ToolUse(id="a", name="T", input={"x": 1}))


def test_a_call_without_a_name_and_a_thought_without_words_are_nothing() -> None:
    items, answer, _ = read([
        start(),
        block(0, type="tool_use", id="a", name="", input={}),
        block(1, type="thinking", thinking="", signature=""),
        delta(1, type="thinking_delta", thinking=""),
        delta(1, type="thinking_delta", thinking="hm"),
        *end("end_turn"),
    ])  # fmt: skip
    assert items == [ThinkingDelta(text="hm")]
    assert answer.content == (Thinking(text="hm"),)


def test_later_counters_replace_earlier_ones_where_they_say_something() -> None:
    _, answer, _ = read(
        [start(), *end("end_turn", input_tokens=12, output_tokens=3, cache_read_input_tokens=0)]
    )
    assert answer.tokens == Tokens(input=12, output=3)


def test_blocks_without_an_end_are_kept() -> None:
    _, answer, reader = read(
        [start(), block(0, type="text", text=""), delta(0, type="text_delta", text="cut")]
    )
    assert answer.content == (Text(text="cut"),)
    assert not reader.whole


def test_the_reason_to_stop_makes_an_answer_whole_even_without_the_last_event() -> None:
    _, answer, reader = read([start(), end("max_tokens", output_tokens=9)[0]])
    assert reader.whole
    assert answer.stop_reason == "max_tokens"


def test_a_call_cut_off_at_the_token_limit_says_so() -> None:
    _, answer, _ = read([
        start(),
        block(0, type="tool_use", id="a", name="T", input={}),
        delta(0, type="input_json_delta", partial_json='{"x": "y'),
        *end("max_tokens"),
    ])  # fmt: skip
    (call,) = answer.content
    assert isinstance(call, ToolUse)
    assert call.unreadable is not None


@pytest.mark.parametrize(
    ("reason", "meaning"),
    [
        ("refusal", "refusal"),
        ("pause_turn", "pause_turn"),
        ("stop_sequence", "end_turn"),
        ("model_context_window_exceeded", "max_tokens"),
        ("brand_new", "end_turn"),
    ],
)
def test_reasons_to_stop_have_names_of_ours(reason: str, meaning: str) -> None:
    assert read([start(), *end(reason)])[1].stop_reason == meaning


def test_an_answer_that_ended_with_an_error_failed() -> None:
    with pytest.raises(ModelUnavailable, match="ended with 'error'"):
        read([start(), *end("error")])


def test_an_error_event_is_raised() -> None:
    with pytest.raises(ModelUnavailable, match="anthropic: Overloaded"):
        read([start(), {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}])


@pytest.mark.parametrize("data", [b"[]", b"\xff", b'"x"', b"[DONE]", b": hello"])
def test_what_is_no_object_is_passed_over(data: bytes) -> None:
    reader = anthropic_format.Reader("anthropic", lambda: "made-up")
    assert list(reader.read(data)) == []
    assert not reader.whole


@pytest.mark.parametrize("data", [b"{", b"{\xff}", b'{"type":"content_block_delta","delta":3}'])
def test_what_is_no_event_is_refused_in_words(data: bytes) -> None:
    reader = anthropic_format.Reader("anthropic", lambda: "made-up")
    with pytest.raises(ValueError, match=r"^[a-z'].*[a-z0-9]$"):
        list(reader.read(data))


# --- what only resembles the interface ---------------------------------------------------------------------


def test_a_whole_message_in_place_of_a_stream_is_an_answer() -> None:
    items, answer, reader = read(
        [
            {
                "type": "message",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "sig"},
                    {"type": "text", "text": "Hello"},
                    {"type": "tool_use", "id": "a", "name": "T", "input": {"x": 1}},
                ],
                "stop_reason": "tool_use",
                "usage": {"input_tokens": 3, "output_tokens": 2},
            }
        ]
    )
    assert items == [ThinkingDelta(text="hm"), TextDelta(text="Hello"), ToolCallStarted(id="a", name="T")]
    assert answer.content == (
        Thinking(text="hm", provider_data=SIGNED),
        Text(text="Hello"),
        ToolUse(id="a", name="T", input={"x": 1}),
    )
    assert answer.tokens == Tokens(input=3, output=2)
    assert reader.finished


def test_blocks_may_all_have_the_same_index() -> None:
    _, answer, _ = read([
        start(),
        block(0, type="text"),
        delta(0, type="text_delta", text="I look."),
        stop(0),
        block(0, type="tool_use", id="a", name="T"),
        block(0, type="tool_use", id="a", name="T", input={}),
        delta(0, type="input_json_delta", partial_json="{}"),
        block(0, type="tool_use", id="b", name="T", input={"x": 1}),
        block(0, type="server_tool_use", id="c", name="web"),
        delta(0, type="text_delta", text="not for us"),
        stop(0),
        *end("tool_use"),
    ])  # fmt: skip
    assert answer.content == (
        Text(text="I look."),
        ToolUse(id="a", name="T", input={}),
        ToolUse(id="b", name="T", input={"x": 1}),
    )


def test_the_beginning_of_a_block_and_the_types_of_events_may_be_missing() -> None:
    events = [
        start(),
        delta(0, type="thinking_delta", thinking="hm"),
        delta(0, type="signature_delta", signature="sig"),
        stop(0),
        block(1, type="text", text=""),
        delta(1, type="text_delta", text="Hello"),
        delta(2, type=None),
        delta(3, type="input_json_delta", partial_json="{}"),
        *end("end_turn", output_tokens=3)[:1],
    ]
    untyped = [{key: value for key, value in event.items() if key != "type"} for event in events]
    for told in (events, untyped, [*untyped, {}, {"x": 1}]):
        _, answer, reader = read(told)
        assert answer.content == (Thinking(text="hm", provider_data=SIGNED), Text(text="Hello"))
        assert reader.whole
    with pytest.raises(ModelUnavailable, match="Overloaded"):
        read([{"error": {"type": "overloaded_error", "message": "Overloaded"}}])


def test_the_mark_of_another_format_ends_an_answer_that_began() -> None:
    reader = anthropic_format.Reader("anthropic", lambda: "made-up")
    for event in (block(0, type="text", text="Hello"), stop(0)):
        list(reader.read(json.dumps(event).encode()))
    assert list(reader.read(b"[DONE]")) == []
    assert reader.finished
    assert reader.completion().stop_reason == "end_turn"
