"""Whatever a provider's stream holds, a reader says what it understood or refuses in words of people."""

import json
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import jsontext
from actors.llm.anthropic import format as anthropic_format
from actors.llm.failures.failures import read_report
from actors.llm.format import Format
from actors.llm.gemini import format as gemini_format
from actors.llm.messages import CompletionEvent, ModelError, ModelUnavailable, TextDelta
from actors.llm.ollama import format as ollama_format
from actors.llm.openai import format as openai_format
from actors.llm.openai import responses as responses_format
from actors.vocabulary import Text, Thinking, ToolUse

WORDS = st.sampled_from([
    "type", "index", "delta", "content_block", "message", "usage", "error", "text", "thinking", "signature", "data",
    "id", "name", "input", "partial_json", "stop_reason", "choices", "finish_reason", "content", "reasoning", "refusal",
    "tool_calls", "function", "arguments", "prompt_tokens", "completion_tokens", "prompt_tokens_details", "code",
    "cached_tokens", "input_tokens", "output_tokens", "x_groq", "parts", "functionCall", "args", "thought",
    "thoughtSignature", "finishReason", "blockReason", "promptTokenCount",
    "done", "done_reason", "response", "item", "output",
    "item_id", "output_index", "summary", "encrypted_content", "call_id", "status", "incomplete_details",
])  # fmt: skip
NAMES = st.sampled_from([
    "content_block_delta", "content_block_start", "message_start", "message_delta", "message_stop", "error",
    "text_delta", "input_json_delta", "thinking_delta", "signature_delta", "tool_use", "thinking",
    "redacted_thinking", "max_tokens", "length", "stop", "tool_calls", "²", "\ud83d",
    "response.output_text.delta", "response.output_item.added", "response.output_item.done", "response.completed",
    "response.function_call_arguments.delta", "response.reasoning_summary_text.delta", "response.incomplete",
    "message", "function_call", "reasoning", "incomplete",
])  # fmt: skip
NUMBERS = st.integers(-2, 3) | st.floats() | st.sampled_from([2**63, 10**30, -1])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | NAMES | st.text(max_size=3) | st.just('{"a": 1}'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
PARTS = st.dictionaries(
    st.sampled_from(["text", "thought", "functionCall", "thoughtSignature"]), VALUES, max_size=3
)
CANDIDATES = st.fixed_dictionaries(
    {"content": st.fixed_dictionaries({"parts": st.lists(PARTS, max_size=3) | VALUES}) | VALUES},
    optional={"finishReason": st.sampled_from(["STOP", "MAX_TOKENS", "SAFETY", "MALFORMED_FUNCTION_CALL"])},
)
SHAPED = st.fixed_dictionaries(
    {"type": NAMES | VALUES, "index": st.integers(0, 2) | VALUES},
    optional={
        "delta": VALUES,
        "content_block": st.fixed_dictionaries({"type": NAMES}, optional={"input": VALUES, "id": VALUES})
        | VALUES,
        "message": VALUES,
        "usage": VALUES,
        "error": VALUES,
        "output_index": st.integers(0, 2) | VALUES,
        "item": st.fixed_dictionaries(
            {"type": NAMES}, optional={"name": VALUES, "content": VALUES, "summary": VALUES}
        )
        | VALUES,
        "response": VALUES,
        "done": VALUES,
        "choices": st.lists(VALUES, max_size=2) | VALUES,
        "candidates": st.lists(CANDIDATES | VALUES, max_size=2) | VALUES,
        "promptFeedback": VALUES,
        "usageMetadata": VALUES,
    },
)
EVENTS = st.lists((SHAPED | VALUES).map(json.dumps).map(str.encode) | st.binary(max_size=20), max_size=8)
FORMATS = pytest.mark.parametrize(
    "format",
    [
        anthropic_format.FORMAT,
        openai_format.FORMAT,
        gemini_format.FORMAT,
        responses_format.FORMAT,
        ollama_format.format_at("", lambda: 0.0),
    ],
)


@FORMATS
def test_of_what_has_not_begun_nothing_is_written(format: Format) -> None:
    assert format.reader("provider", lambda: "made-up").written == 0


@FORMATS
@given(EVENTS)
def test_any_stream_is_read_or_refused(format: Format, events: list[bytes]) -> None:
    reader = format.reader("provider", lambda: "made-up")
    told: list[CompletionEvent] = []
    for event in events:
        try:
            told += reader.read(event)
        except (ModelError, ModelUnavailable, ValueError) as refused:
            said = str(refused)
            assert said, event
            assert not any(word in said for word in ("KeyError", "object has no", "NoneType")), event
    assert reader.written >= sum(len(item.text) for item in told if isinstance(item, TextDelta))
    completion = reader.completion()
    assert all(isinstance(block, Text | Thinking | ToolUse) for block in completion.content)
    assert all(isinstance(count, int) and count >= 0 for count in attrs.astuple(completion.tokens))
    stored = jsontext.write([attrs.asdict(block) for block in completion.content])
    jsontext.read(stored, depth=jsontext.OWN_DEPTH)


@FORMATS
@pytest.mark.parametrize("value", ["[" * 5000 + "]" * 5000, '{"type":' * 5000 + "1" + "}" * 5000])
def test_an_event_nested_without_sense_is_refused(format: Format, value: str) -> None:
    reader = format.reader("provider", lambda: "made-up")
    with pytest.raises(ValueError, match="nests"):
        list(reader.read(b'{"type":"ping","x":' + value.encode() + b"}"))


@given(VALUES.map(json.dumps) | st.text(), st.none() | st.integers(100, 599))
def test_any_report_of_a_failure_can_be_told(body: str, status: int | None) -> None:
    report = read_report(status, body)
    assert isinstance(report.message, str)
    assert status is None or status < 400 or report.status == status
