"""The events of OpenAI's Responses interface as an answer."""

import json
from typing import Any

import pytest

from actors.llm.completion import END_TURN, FILTERED, MAX_TOKENS, REFUSAL, TOOL_USE, Tokens
from actors.llm.messages import (
    CompletionEvent,
    ModelError,
    ModelUnavailable,
    TextDelta,
    ThinkingDelta,
    ToolCallStarted,
)
from actors.llm.openai.responses_stream import Reader
from actors.vocabulary import ProviderData, Text, Thinking, ToolUse


def reader() -> Reader:
    return Reader("openai", lambda: "made-up")


def event(kind: str, at: int | None = None, **fields: Any) -> bytes:
    place = {} if at is None else {"output_index": at}
    return json.dumps({"type": f"response.{kind}" if kind != "error" else kind, **place, **fields}).encode()


def read(*events: bytes, by: Reader | None = None) -> tuple[Reader, list[CompletionEvent]]:
    by = by or reader()
    return by, [item for each in events for item in by.read(each)]


def message(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "id": "msg_1", "role": "assistant", "content": list(parts)}


def text(value: str) -> dict[str, Any]:
    return {"type": "output_text", "text": value}


def call(arguments: str, id: str = "call_1", name: str = "FileRead") -> dict[str, Any]:
    return {"type": "function_call", "id": f"fc_{id}", "call_id": id, "name": name, "arguments": arguments}


THOUGHT = {
    "type": "reasoning",
    "id": "rs_1",
    "encrypted_content": "gAAA",
    "summary": [{"type": "summary_text", "text": "First"}, {"type": "summary_text", "text": "then"}],
}
USAGE = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 60},
    "output_tokens": 30,
    "output_tokens_details": {"reasoning_tokens": 20},
}
CREATED = event("created", response={"model": "gpt-5.4-2026-03-05", "status": "in_progress"})


def end(*output: Any, **more: Any) -> bytes:
    return event(
        "completed", response={"status": "completed", "output": list(output), "usage": USAGE, **more}
    )


def test_words_are_handed_on_and_what_ends_them_only_confirms_them() -> None:
    by, items = read(
        CREATED,
        event("in_progress", response={}),
        event("output_item.added", 0, item=message()),
        event("content_part.added", 0, part=text("")),
        event("output_text.delta", 0, delta="Hel"),
        event("output_text.delta", 0, delta="lo"),
        event("output_text.done", 0, text="Hello"),
        event("output_item.done", 0, item=message(text("Hello"))),
        end(message(text("Hello"))),
    )
    assert items == [TextDelta(text="Hel"), TextDelta(text="lo")]
    answer = by.completion()
    assert answer.content == (Text(text="Hello"),)
    assert answer.stop_reason == END_TURN
    assert answer.tokens == Tokens(input=40, output=30, cache_read=60)
    assert by.whole


def test_what_came_in_no_pieces_comes_with_its_item() -> None:
    by, items = read(CREATED, event("output_item.done", 0, item=message(text("Hel"), text("lo"))), end())
    assert items == [TextDelta(text="Hello")]
    by, items = read(
        CREATED,
        event("output_text.delta", 0, delta="Hel"),
        event("output_item.done", 0, item=message(text("Hello"))),
    )
    assert items == [TextDelta(text="Hel"), TextDelta(text="lo")]
    assert not by.whole


def test_what_came_in_no_items_comes_with_the_end() -> None:
    by, items = read(end(THOUGHT, message(text("Hello")), call("{}")))
    assert items == [
        ThinkingDelta(text="First\n\nthen"),
        TextDelta(text="Hello"),
        ToolCallStarted(id="call_1", name="FileRead"),
    ]
    assert [type(block) for block in by.completion().content] == [Thinking, Text, ToolUse]


def test_a_whole_that_differs_does_not_double_what_was_said() -> None:
    by, items = read(
        event("output_text.delta", 0, delta="Hello"),
        event("output_item.done", 0, item=message(text("Bye"))),
        end(),
    )
    assert items == [TextDelta(text="Hello")]
    assert by.completion().content == (Text(text="Hello"),)


def test_reasoning_is_shown_and_kept_as_it_is_wanted_back() -> None:
    by, items = read(
        CREATED,
        event("output_item.added", 0, item={"type": "reasoning", "id": "rs_1", "summary": []}),
        event("reasoning_summary_text.delta", 0, summary_index=0, delta="First"),
        event("reasoning_summary_text.delta", 0, summary_index=1, delta="then"),
        event("output_item.done", 0, item=THOUGHT),
        event("output_text.delta", 1, delta="Hello"),
        end(),
    )
    assert items == [ThinkingDelta(text="First"), ThinkingDelta(text="\n\nthen"), TextDelta(text="Hello")]
    data = {"encrypted_content": "gAAA", "id": "rs_1", "model": "gpt-5.4-2026-03-05"}
    assert by.completion().content == (
        Thinking(text="First\n\nthen", provider_data=ProviderData(origin="openai", data=data)),
        Text(text="Hello"),
    )


def test_reasoning_of_open_models_is_read_and_hidden_one_is_kept() -> None:
    open_one = {
        "type": "reasoning",
        "id": "r",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "hm"}],
    }
    by, items = read(
        event("reasoning_text.delta", 0, delta="h"), event("output_item.done", 0, item=open_one), end()
    )
    assert items == [ThinkingDelta(text="h"), ThinkingDelta(text="m")]
    assert by.completion().content == (Thinking(text="hm"),)
    by, items = read(CREATED, event("output_item.done", 0, item={**THOUGHT, "summary": []}), end())
    assert items == []
    (hidden,) = by.completion().content
    assert isinstance(hidden, Thinking)
    assert hidden.provider_data is not None


def test_calls_are_put_together_side_by_side() -> None:
    by, items = read(
        event("output_item.added", 0, item=call("")),
        event("output_item.added", 1, item=call("", "call_2", "FileList")),
        event("function_call_arguments.delta", 0, delta='{"path"'),
        event("function_call_arguments.delta", 1, delta="{"),
        event("function_call_arguments.delta", 0, delta=':"a"}'),
        event("function_call_arguments.done", 0, arguments='{"path":"a"}'),
        event("output_item.done", 0, item=call('{"path":"a"}')),
        event("function_call_arguments.delta", 1, delta="}"),
        end(),
    )
    assert items == [
        ToolCallStarted(id="call_1", name="FileRead"),
        ToolCallStarted(id="call_2", name="FileList"),
    ]
    answer = by.completion()
    assert answer.content == (
        ToolUse(id="call_1", name="FileRead", input={"path": "a"}),
        ToolUse(id="call_2", name="FileList", input={}),
    )
    assert answer.stop_reason == TOOL_USE
    assert by.completion() == answer


def test_an_item_without_a_position_is_known_by_its_id() -> None:
    by, _ = read(
        event("output_item.added", item=call("", "call_1")),
        event("output_item.added", item=call("", "call_2")),
        event("function_call_arguments.delta", item_id="fc_call_2", delta='{"path":"b"}'),
        event("function_call_arguments.delta", item_id="fc_call_1", delta='{"path":"a"}'),
        end(),
    )
    assert [block.input for block in by.completion().content if isinstance(block, ToolUse)] == [
        {"path": "a"},
        {"path": "b"},
    ]
    with pytest.raises(ValueError, match="does not say of what it tells"):
        read(event("output_text.delta", delta="x"))


@pytest.mark.parametrize(
    ("why", "stop"),
    [
        ("max_output_tokens", MAX_TOKENS),
        ("content_filter", FILTERED),
        ("steered", END_TURN),
        (None, END_TURN),
    ],
)
def test_an_answer_that_is_not_complete_says_why(why: str | None, stop: str) -> None:
    response: Any = {"status": "incomplete", "incomplete_details": why and {"reason": why}, "output": []}
    by, _ = read(event("output_text.delta", 0, delta="Hel"), event("incomplete", response=response))
    assert by.whole
    assert by.completion().stop_reason == stop


def test_a_call_that_was_cut_is_not_run() -> None:
    response = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    by, _ = read(
        event("output_item.added", 0, item=call("")),
        event("function_call_arguments.delta", 0, delta='{"path'),
        event("incomplete", response=response),
    )
    (use,) = by.completion().content
    assert isinstance(use, ToolUse)
    assert "cut off" in (use.unreadable or "")


def test_a_refusal_is_told_as_one() -> None:
    by, items = read(event("refusal.delta", 0, delta="I won't"), end())
    assert items == [TextDelta(text="I won't")]
    assert by.completion().stop_reason == REFUSAL
    by, items = read(event("output_item.done", 0, item=message({"type": "refusal", "refusal": "No."})), end())
    assert items == [TextDelta(text="No.")]
    assert by.completion().stop_reason == REFUSAL


@pytest.mark.parametrize(
    ("failed", "kind", "said"),
    [
        (
            event("failed", response={"error": {"code": "server_error", "message": "sorry"}}),
            ModelUnavailable,
            "sorry",
        ),
        (event("failed", response={}), ModelUnavailable, "the answer failed"),
        (event("cancelled", response={"error": None}), ModelUnavailable, "the answer failed"),
        (event("error", code="rate_limit_exceeded", message="slow"), ModelUnavailable, "slow"),
        (event("error", error={"code": "insufficient_quota", "message": "pay"}), ModelError, "pay"),
        (b'{"error": {"message": "bad gateway"}}', ModelUnavailable, "bad gateway"),
    ],
)
def test_a_failure_inside_the_stream_is_told(failed: bytes, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        read(CREATED, failed)


def test_what_is_not_known_is_passed_over_and_nothing_behind_the_end_counts() -> None:
    by, items = read(
        b'{"type": "keepalive"}',
        event("output_item.added", 0, item={"type": "web_search_call", "id": "ws"}),
        event("output_item.done", 0, item={"type": "web_search_call", "id": "ws"}),
        end(),
        b"[DONE]",
        event("output_text.delta", 0, delta="x"),
    )
    assert items == []
    assert by.completion().content == ()


def test_characters_that_were_cut_in_two_are_joined() -> None:
    halves = [event("output_text.delta", 0, delta=half) for half in ("\ud83d", "\ude00")]
    _, items = read(*halves, event("output_item.done", 0, item=message(text("\U0001f600!"))))
    assert items == [TextDelta(text="\U0001f600"), TextDelta(text="!")]


def test_a_call_without_input_has_none() -> None:
    by, _ = read(event("output_item.done", 0, item=call("")), end())
    assert by.completion().content == (ToolUse(id="call_1", name="FileRead", input={}),)


def test_calls_at_one_place_are_told_apart_by_their_ids() -> None:
    events: list[bytes] = []
    for arguments, id in (('{"path": "a"}', "call_1"), ('{"path": "b"}', "call_2")):
        whole = call(arguments, id)
        events += [
            event("output_item.added", 0, item={**whole, "arguments": ""}),
            event("function_call_arguments.delta", 0, item_id=f"fc_{id}", delta=arguments),
            event("output_item.done", 0, item=whole),
        ]
    by, _ = read(CREATED, *events, event("completed", response={"status": "completed"}))
    assert [block.input for block in by.completion().content if isinstance(block, ToolUse)] == [
        {"path": "a"},
        {"path": "b"},
    ]


def test_a_whole_answer_in_the_place_of_events_is_one() -> None:
    whole = {"object": "response", "status": "completed", "output": [message(text("Hello"))], "usage": USAGE}
    by, items = read(json.dumps(whole).encode())
    assert items == [TextDelta(text="Hello")]
    assert by.whole
    assert by.tokens.output == 30


def test_arguments_may_come_as_an_object() -> None:
    whole = {**call(""), "arguments": {"path": "a"}}
    by, _ = read(event("output_item.done", 0, item=whole), event("completed", response={}))
    (found,) = by.completion().content
    assert isinstance(found, ToolUse)
    assert found.input == {"path": "a"}


def test_a_stream_that_says_it_is_done_is_done_once_something_came() -> None:
    by, _ = read(b"[DONE]")
    assert not by.whole
    read(event("output_item.done", 0, item=message(text("Hello"))), b"[DONE]", by=by)
    assert by.whole
    assert by.completion().content == (Text(text="Hello"),)
