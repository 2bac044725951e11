import json
from collections.abc import Iterable
from typing import Any

import pytest

from actors.llm.completion import Completion, Tokens
from actors.llm.messages import (
    CompletionEvent,
    ModelUnavailable,
    TextDelta,
    ThinkingDelta,
    ToolCallStarted,
)
from actors.llm.openai import format as openai_format
from actors.vocabulary import ProviderData, Text, Thinking, ToolUse


def reasoned(text: str, **data: Any) -> Thinking:
    return Thinking(text=text, provider_data=ProviderData(origin="openai", data=data))


def chunk(delta: Any = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": "x",
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **more,
    }


def call(
    index: int | None = None, id: str | None = None, name: str | None = None, arguments: Any = ...
) -> Any:
    function: dict[str, Any] = {} if name is None else {"name": name}
    if arguments is not ...:
        function["arguments"] = arguments
    position = {} if index is None else {"index": index}
    return {"tool_calls": [{**position, "id": id, "function": function}]}


def read(
    events: Iterable[Any], *, done: bool = True
) -> tuple[list[CompletionEvent], Completion, openai_format.Reader]:
    reader = openai_format.Reader("openai", lambda: "made-up")
    data = [json.dumps(event).encode() for event in events] + ([b"[DONE]"] if done else [])
    items = [item for each in data for item in reader.read(each)]
    return items, reader.completion(), reader


def test_a_whole_answer_is_read_with_the_usage_of_the_last_chunk() -> None:
    usage = {"prompt_tokens": 110, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 100}}
    items, answer, reader = read([
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "Hel"}),
        chunk({"content": "lo"}),
        chunk(call(0, "a", "FileRead", "")),
        chunk(call(1, "b", "FileList", "")),
        chunk(call(0, arguments='{"path"')),
        chunk(call(1, arguments="{}")),
        chunk(call(0, arguments=': "a"}')),
        chunk({}, "tool_calls"),
        {"id": "x", "choices": [], "usage": usage},
    ])  # fmt: skip
    assert items == [
        TextDelta(text="Hel"),
        TextDelta(text="lo"),
        ToolCallStarted(id="a", name="FileRead"),
        ToolCallStarted(id="b", name="FileList"),
    ]
    assert answer == Completion(
        content=(
            Text(text="Hello"),
            ToolUse(id="a", name="FileRead", input={"path": "a"}),
            ToolUse(id="b", name="FileList", input={}),
        ),
        stop_reason="tool_use",
        tokens=Tokens(input=10, output=5, cache_read=100),
    )
    assert reader.finished


@pytest.mark.parametrize(
    "usage",
    [
        {"usage": {"prompt_tokens": 10, "completion_tokens": 2, "prompt_cache_hit_tokens": 4}},
        {"x_groq": {"usage": {"prompt_tokens": 10, "completion_tokens": 2, "prompt_cache_hit_tokens": 4}}},
    ],
)
def test_relatives_count_in_their_own_words(usage: dict[str, Any]) -> None:
    _, answer, _ = read([chunk({"content": "x"}, "stop", **usage)])
    assert answer.tokens == Tokens(input=6, output=2, cache_read=4)


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        (None, Tokens()),
        ("free", Tokens()),
        ({"prompt_tokens": 10, "prompt_tokens_details": True}, Tokens(input=10)),
    ],
)
def test_a_bill_that_cannot_be_read_costs_no_answer(usage: Any, counted: Tokens) -> None:
    _, answer, _ = read([chunk({"content": "x"}, "stop", usage=usage)])
    assert (answer.content, answer.tokens) == ((Text(text="x"),), counted)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_in_the_open_is_thinking_that_goes_back_under_its_name(field: str) -> None:
    items, answer, _ = read([chunk({field: "hm"}), chunk({"content": "a"}, "stop")])
    assert items == [ThinkingDelta(text="hm"), TextDelta(text="a")]
    assert answer.content == (reasoned("hm", field=field), Text(text="a"))


def test_a_refusal_is_something_said() -> None:
    items, _, _ = read([chunk({"content": None, "refusal": "I will not."}, "stop")])
    assert items == [TextDelta(text="I will not.")]


@pytest.mark.parametrize(
    ("arguments", "input"),
    [({"a": {"b": 1}}, {"a": {"b": 1}}), ({}, {}), ("", {}), (None, {}), ('{"a": 1}', {"a": 1})],
)
def test_arguments_may_come_in_any_form(arguments: Any, input: dict[str, Any]) -> None:
    _, answer, _ = read([chunk(call(0, "a", "T", arguments), "tool_calls")])
    assert answer.content == (ToolUse(id="a", name="T", input=input),)


def test_arguments_may_be_missing() -> None:
    _, answer, _ = read([chunk(call(0, "a", "T"), "tool_calls")])
    assert answer.content == (ToolUse(id="a", name="T", input={}),)


def test_arguments_that_are_no_object_say_so() -> None:
    _, answer, _ = read([chunk(call(0, "a", "T", ["x"]), "tool_calls")])
    (use,) = answer.content
    assert isinstance(use, ToolUse)
    assert use.unreadable is not None


def test_calls_without_position_or_id_are_told_apart_by_their_place() -> None:
    both = {"tool_calls": [{"function": {"name": "A"}}, {"function": {"name": "B"}}]}
    ids = iter(["one", "two"])
    reader = openai_format.Reader("ollama", lambda: next(ids))
    list(reader.read(json.dumps(chunk(both, "tool_calls")).encode()))
    assert reader.completion().content == (
        ToolUse(id="one", name="A", input={}),
        ToolUse(id="two", name="B", input={}),
    )


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("content_filter", "content_filter"),
        (None, "end_turn"),
    ],
)
def test_reasons_to_stop(finish: str | None, reason: str) -> None:
    assert read([chunk({"content": "x"}, finish)])[1].stop_reason == reason


def test_an_answer_with_calls_stops_for_them_whatever_the_server_says() -> None:
    assert read([chunk(call(0, "a", "T", "{}"), "stop")])[1].stop_reason == "tool_use"


def test_a_stream_cut_after_the_reason_to_stop_is_whole() -> None:
    _, answer, reader = read([chunk(call(0, "a", "T", "{}"), "tool_calls")], done=False)
    assert reader.whole
    assert not reader.finished
    assert answer.content == (ToolUse(id="a", name="T", input={}),)


def test_a_stream_cut_before_that_is_not() -> None:
    assert not read([chunk({"content": "x"})], done=False)[2].whole


def test_a_stream_without_any_choice_is_not_whole() -> None:
    assert not read([{"id": "x", "choices": []}])[2].whole
    assert read([chunk({"content": "x"})])[2].whole


def test_chunks_without_choices_or_delta_and_lines_that_are_no_json_are_passed_over() -> None:
    reader = openai_format.Reader("openai", lambda: "made-up")
    assert list(reader.read(b": keep-alive")) == []
    assert list(reader.read(b'{"choices":[]}')) == []
    assert list(reader.read(b'{"choices":[{"delta":null}]}')) == []
    assert not reader.whole


def test_an_error_inside_the_stream_is_raised() -> None:
    with pytest.raises(ModelUnavailable, match="openai: upstream"):
        read([chunk({"content": "x"}), {"error": {"code": 502, "message": "upstream"}}])


@pytest.mark.parametrize(
    "data",
    [b"{", b'{"choices":{"a":1}}', b'{"choices":[5]}', b"{\xff}", b'{"choices":[{"delta":[5]}]}'],
)
def test_garbled_chunks_raise_what_the_caller_expects(data: bytes) -> None:
    reader = openai_format.Reader("openai", lambda: "made-up")
    with pytest.raises((LookupError, TypeError, ValueError, AttributeError)):
        list(reader.read(data))


# --- what only resembles the standard ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": "Hi"}, " ", {"type": "refusal", "refusal": "there"}, 5, {"type": "x"}],
        {"type": "text", "text": {"value": "Hi there"}},
        [{"type": "text", "text": [{"text": "Hi"}, " there"]}],
    ],
)
def test_content_may_be_a_list_of_parts(content: Any) -> None:
    items, answer, _ = read([chunk({"content": content}, "stop")])
    assert "".join(item.text for item in items if isinstance(item, TextDelta)) == "Hi there"
    assert answer.content == (Text(text="Hi there"),)


def test_reasoning_may_be_a_part_of_the_content() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "Hi"},
    ]
    items, answer, _ = read([chunk({"content": parts}), chunk({"content": [{"type": "thinking"}]}, "stop")])
    assert items == [ThinkingDelta(text="hm"), TextDelta(text="Hi")]
    assert answer.content == (Thinking(text="hm"), Text(text="Hi"))


def test_reasoning_may_come_between_tags_or_as_an_object() -> None:
    items, answer, _ = read([
        chunk({"reasoning_content": {"x": 1}, "reasoning": {"text": "oh"}}),
        chunk({"content": "\ud83d"}),
        chunk({"content": "\ude00"}),
    ])  # fmt: skip
    assert items == [ThinkingDelta(text="oh"), TextDelta(text="😀")]
    items, answer, _ = read([
        chunk({"reasoning": {"text": "oh"}}),
        chunk({"content": "<think>h"}),
        chunk({"content": "m</think>\n\n"}),
        chunk({"content": "Hi <"}, "stop"),
    ])  # fmt: skip
    assert [item.text for item in items if isinstance(item, TextDelta)] == ["Hi <"]
    assert answer.content == (reasoned("ohhm", field="reasoning"), Text(text="Hi <"))


def test_reasoning_in_details_is_kept_as_it_came_and_shown_once() -> None:
    summary = {"type": "reasoning.summary", "index": 0, "format": "x"}
    items, answer, _ = read([
        chunk({"reasoning": "he", "reasoning_details": [{**summary, "summary": "he"}]}),
        chunk({"reasoning_details": [{**summary, "summary": "llo", "id": "r", "format": None}]}),
        chunk({"reasoning_details": [{"type": "reasoning.encrypted", "data": "d", "index": 0}, "x"]}),
        chunk({"reasoning_details": [{"type": "reasoning.text", "text": "!", "index": 1}]}),
        chunk({"reasoning_details": [{"type": "reasoning.text", "signature": "s", "index": 1}]}),
        chunk({"content": "a"}, "stop"),
    ])  # fmt: skip
    details = [
        {**summary, "summary": "hello", "id": "r"},
        {"type": "reasoning.encrypted", "data": "d", "index": 0},
        {"type": "reasoning.text", "text": "!", "index": 1, "signature": "s"},
    ]
    assert [item.text for item in items if isinstance(item, ThinkingDelta)] == ["he", "llo", "!"]
    assert answer.content[0] == reasoned("hello!", field="reasoning", reasoning_details=details)


def whole_message(**message: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}]}


CALL = {"id": "a", "type": "function", "function": {"name": "T", "arguments": '{"x": 1}'}}


@pytest.mark.parametrize("before", [[], ["He"], ["He", "llo"]])
def test_a_whole_message_adds_what_is_new_in_it(before: list[str]) -> None:
    items, answer, _ = read([
        *[chunk({"content": each}) for each in before],
        whole_message(content="Hello", reasoning="hm", tool_calls=[CALL]),
        whole_message(content="Hello", reasoning="hm", tool_calls=[CALL]),
        whole_message(content="Something else", tool_calls=[{**CALL, "id": "b"}]),
    ])  # fmt: skip
    assert "".join(item.text for item in items if isinstance(item, TextDelta)) == "Hello"
    assert sorted(answer.content, key=lambda block: block.type) == [
        Text(text="Hello"),
        reasoned("hm", field="reasoning"),
        ToolUse(id="a", name="T", input={"x": 1}),
    ]
    assert answer.stop_reason == "tool_use"


def test_a_call_of_the_old_form_is_a_call() -> None:
    _, answer, _ = read([
        chunk({"function_call": {"name": "T", "arguments": '{"x"'}}),
        chunk({"function_call": {"arguments": ": 1}"}}, "function_call"),
    ])  # fmt: skip
    assert answer.content == (ToolUse(id="made-up", name="T", input={"x": 1}),)


def test_what_is_held_back_is_told_at_the_end_whatever_that_is() -> None:
    reader = openai_format.Reader("openai", lambda: "made-up")
    list(reader.read(json.dumps(chunk({"content": "<th", **call(0, "a", "T")})).encode()))
    assert list(reader.read(b"[DONE]")) == [TextDelta(text="<th"), ToolCallStarted(id="a", name="T")]
    _, answer, _ = read([chunk({"content": "<th", **call(0, "a", "T")})], done=False)
    assert answer.content == (ToolUse(id="a", name="T", input={}), Text(text="<th"))


@pytest.mark.parametrize("finish", ["error", "network_error"])
def test_an_end_that_is_a_failure_is_raised(finish: str) -> None:
    with pytest.raises(ModelUnavailable, match=f"ended with '{finish}'"):
        read([chunk({"content": "x"}, finish)])


@pytest.mark.parametrize(
    "error",
    [
        {"object": "error", "message": "upstream", "code": 502},
        {"type": "error", "message": "upstream", "code": "502"},
        {"error": {"code": 502, "message": "upstream"}, "choices": [{"delta": {"content": ""}}]},
        {"code": 502, "message": "upstream", "data": None},
        {"success": False, "code": 502, "msg": "upstream"},
        {"choices": None, "base_resp": {"status_code": 502, "status_msg": "upstream"}},
    ],
)
def test_an_error_may_have_any_shape(error: Any) -> None:
    with pytest.raises(ModelUnavailable, match="openai: upstream"):
        read([error])


@pytest.mark.parametrize(
    "choice",
    [
        {"delta": {"content": 42}},
        {"delta": "42"},
        {"text": "42"},
        {"delta": {"content": "42", "tool_calls": [None, "x"]}},
        {"delta": {"content": "42", "tool_calls": ""}},
    ],
)
def test_words_of_any_shape_are_words(choice: Any) -> None:
    _, answer, _ = read([{"choices": [choice]}, chunk({}, "stop")])
    assert answer.content == (Text(text="42"),)


def test_a_call_by_itself_is_a_list_of_one() -> None:
    one = {"id": "a", "function": {"name": "T", "arguments": "{}"}}
    _, answer, _ = read([chunk({"tool_calls": one}), chunk({}, "tool_calls")])
    assert answer.content == (ToolUse(id="a", name="T", input={}),)


@pytest.mark.parametrize("word", ["null", "None", " "])
def test_a_reason_that_is_none_does_not_end_the_answer(word: str) -> None:
    reader = openai_format.Reader("openai", lambda: "made-up")
    list(reader.read(json.dumps(chunk({"content": "a"}, word)).encode()))
    assert not reader.whole


@pytest.mark.parametrize(
    "aside",
    [{"object": "status", "message": "waiting in queue"}, {"code": 200, "msg": "ok"}, {"success": True}],
)
def test_what_is_told_beside_an_answer_is_no_error(aside: Any) -> None:
    _, answer, _ = read([aside, chunk({"content": "a"}), chunk({}, "stop")])
    assert answer.content == (Text(text="a"),)


def test_of_several_answers_the_first_is_read() -> None:
    other = {"choices": [{"index": 1, "delta": {"content": "no"}, "finish_reason": "length"}]}
    _, answer, _ = read(
        [
            {"choices": [{"index": 0, "delta": {"content": "a"}}]},
            other,
            {"choices": [{"delta": {}, "finish_reason": "stop"}]},
        ]
    )
    assert (answer.content, answer.stop_reason) == ((Text(text="a"),), "end_turn")
