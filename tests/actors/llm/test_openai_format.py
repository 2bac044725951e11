import json
from collections.abc import Iterable
from typing import Any

import pytest

from actors.llm import openai_format, providers
from actors.llm.catalogue import ModelDetails
from actors.llm.completion import Completion, Tokens
from actors.llm.messages import (
    CompletionEvent,
    ModelUnavailable,
    SystemText,
    TextDelta,
    ThinkingDelta,
    ToolCallStarted,
)
from actors.llm.pictures import Picture
from actors.llm.prompt import Prompt
from actors.vocabulary import ChatMessage, Image, ProviderData, Text, Thinking, ToolResult, ToolSpec, ToolUse

SPEC = ToolSpec(name="FileRead", description="Read.", input_schema={"type": "object", "properties": {}})


def user(*blocks: Any) -> ChatMessage:
    return ChatMessage(role="user", content=tuple(Text(text=b) if isinstance(b, str) else b for b in blocks))


def model(*blocks: Any) -> ChatMessage:
    return ChatMessage(
        role="assistant", content=tuple(Text(text=b) if isinstance(b, str) else b for b in blocks)
    )


def result(id: str, *content: Any, is_error: bool = False) -> ToolResult:
    return ToolResult(tool_use_id=id, name="FileRead", content=content, is_error=is_error)


def body(
    *messages: ChatMessage, provider: Any = "openai", settings: Any = None, **options: Any
) -> dict[str, Any]:
    prompt = Prompt(provider=provider, model="gpt-4o", messages=messages, **options)
    return providers.PROVIDERS[provider].format.body(prompt, settings or {})


# --- request -----------------------------------------------------------------------------------------------


def test_a_plain_message_is_a_string_and_what_is_absent_is_not_sent() -> None:
    assert body(user("hi")) == {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "hi"}],
        "max_completion_tokens": 16384,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize("provider", ["groq", "deepseek", "openrouter", "ollama"])
def test_relatives_know_the_limit_by_its_old_name(provider: str) -> None:
    sent = body(user("hi"), provider=provider)
    assert sent["max_tokens"] == 16384
    assert "max_completion_tokens" not in sent


def test_options_win_over_all_but_the_stream() -> None:
    options = {"max_tokens": 7, "temperature": 0, "model": "other", "stream": False}
    sent = body(user("hi"), settings=options)
    assert (sent["max_tokens"], sent["temperature"], sent["model"], sent["stream"]) == (7, 0, "other", True)
    assert "max_completion_tokens" not in sent


def test_the_system_prompt_comes_first_and_what_changes_behind_the_last_words_of_the_person() -> None:
    sent = body(
        user("q"),
        system=(SystemText(text="one"), SystemText(text="two"), SystemText(text="noon", cached=False)),
    )
    assert sent["messages"] == [
        {"role": "system", "content": "one\ntwo"},
        {"role": "user", "content": "q\n<system-note>\nnoon\n</system-note>"},
    ]


def test_calls_and_their_results_take_their_own_forms() -> None:
    sent = body(
        user("q"),
        model(
            "I look.",
            ToolUse(id="a", name="FileRead", input={"path": "ü"}),
            ToolUse(id="b", name="T", input={}),
        ),
        user(
            result("a", Text(text="one"), Text(text="two")),
            result("b", Text(text="no"), is_error=True),
            "and this",
        ),
        model(ToolUse(id="c", name="T", input={})),
        user(result("c")),
    )
    assert sent["messages"][1:] == [
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [
                {
                    "id": "a",
                    "type": "function",
                    "function": {"name": "FileRead", "arguments": '{"path":"ü"}'},
                },
                {"id": "b", "type": "function", "function": {"name": "T", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "one\ntwo"},
        {"role": "tool", "tool_call_id": "b", "content": "Error: no"},
        {"role": "user", "content": "and this"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "T", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": "(no output)"},
    ]


def test_an_error_that_says_so_itself_is_not_called_one_twice() -> None:
    sent = body(
        model(ToolUse(id="a", name="T", input={})), user(result("a", Text(text="error: x"), is_error=True))
    )
    assert sent["messages"][-1]["content"] == "error: x"


def test_tools_are_functions() -> None:
    assert body(user("hi"), tools=(SPEC,))["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "FileRead",
                "description": "Read.",
                "parameters": {"type": "object", "properties": {}},
            },
        }
    ]


def test_reasoning_is_not_sent_back() -> None:
    thought = Thinking(text="hm", provider_data=ProviderData(origin="openai", data={"x": "y"}))
    sent = body(user("q"), model(thought), model("a"), user("more"))
    assert sent["messages"][1] == {"role": "assistant", "content": "a"}


def test_pictures_are_parts_of_a_list_and_those_of_a_result_follow_it() -> None:
    image = Image(media_type="image/png", path="a.png")
    sent = body(
        user(image, "what?"),
        model(ToolUse(id="a", name="FileRead", input={})),
        user(result("a", Text(text="Image: a.png"), image)),
        pictures={"a.png": Picture("image/png", "QUJD")},
    )
    shown = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}
    assert sent["messages"][0]["content"] == [shown, {"type": "text", "text": "what?"}]
    assert sent["messages"][2:] == [
        {"role": "tool", "tool_call_id": "a", "content": "Image: a.png\n[picture a.png follows]"},
        {"role": "user", "content": [shown]},
    ]


def test_of_a_message_of_the_person_only_words_and_pictures_are_sent() -> None:
    call = ToolUse(id="a", name="FileRead", input={})
    assert body(user("hi", call))["messages"] == [{"role": "user", "content": "hi"}]


def test_a_note_in_place_of_a_picture_is_text() -> None:
    sent = body(
        user(Image(media_type="image/png", path="a.png"), "what?"), pictures={"a.png": "[cannot see]"}
    )
    assert sent["messages"] == [{"role": "user", "content": "[cannot see]\nwhat?"}]


def test_a_picture_and_a_note_may_stand_side_by_side() -> None:
    seen, gone = (Image(media_type="image/png", path=path) for path in ("a.png", "b.png"))
    sent = body(user(seen, gone, "q"), pictures={"a.png": Picture("image/png", "QUJD"), "b.png": "[gone]"})
    assert [part["type"] for part in sent["messages"][0]["content"]] == ["image_url", "text", "text"]


def test_effort_is_said_only_to_models_that_know_it() -> None:
    assert "reasoning_effort" not in body(user("q"), effort="high")
    sent = body(user("q"), effort="high", details=ModelDetails(effort=True))
    assert sent["reasoning_effort"] == "high"
    assert sent["max_completion_tokens"] == 40960


def test_effort_stays_away_from_tools_where_both_are_refused() -> None:
    apart = ModelDetails(effort=True, effort_with_tools=False)
    tools = (ToolSpec(name="T", description="", input_schema={}),)
    assert "reasoning_effort" not in body(user("q"), effort="high", details=apart, tools=tools)
    assert "reasoning_effort" in body(user("q"), effort="high", details=apart)


def test_limits_stay_within_what_the_model_can_do() -> None:
    sent = body(user("q"), provider="deepseek", details=ModelDetails(max_output=8192))
    assert sent["max_tokens"] == 8192


def reasoned(text: str, **data: Any) -> Thinking:
    return Thinking(text=text, provider_data=ProviderData(origin="openai", data=data))


# --- stream ------------------------------------------------------------------------------------------------


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
    [b"{", b'{"choices":{"a":1}}', b'{"choices":[5]}', b"{\xff}", b'{"choices":[{"delta":{"content":5}}]}'],
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
        [{"error": {"code": 502, "message": "upstream"}}],
    ],
)
def test_an_error_may_have_any_shape(error: Any) -> None:
    with pytest.raises(ModelUnavailable, match="openai: upstream"):
        read([error])


# --- what goes back ----------------------------------------------------------------------------------------

USED = ToolUse(id="a", name="T", input={})


def test_reasoning_of_a_turn_with_calls_goes_back_to_who_sent_it() -> None:
    details = [{"type": "reasoning.text", "text": "b", "index": 0}]
    thoughts = (reasoned("a", field="reasoning"), reasoned("b", field="reasoning", reasoning_details=details))
    history = (
        user("q"),
        model(*thoughts, USED),
        user(result("a", Text(text="r"))),
        model(thoughts[0], "done"),
    )
    sent = body(*history, user("more"), model(thoughts[0], "plain"), user("and"))["messages"]
    assert (sent[1]["reasoning"], sent[1]["reasoning_details"]) == ("ab", details)
    assert sent[3] == {"role": "assistant", "content": "done", "reasoning": "a"}
    assert sent[5] == {"role": "assistant", "content": "plain"}
    assert "reasoning" not in json.dumps(body(*history, user("more"), provider="groq"))
    sent = body(user("q"), model(reasoned("", reasoning_details=details), USED), user(result("a")))[
        "messages"
    ]
    assert sent[1]["reasoning_details"] == details
    assert "reasoning" not in sent[1]


def test_who_demands_reasoning_gets_some_with_each_call() -> None:
    history = (user("q"), model("I look.", USED), user(result("a", Text(text="r"))))
    sent = body(*history, provider="deepseek")["messages"]
    assert sent[1]["reasoning_content"] == "(The reasoning behind this is not known.)"
    assert "reasoning_content" not in body(*history, provider="groq")["messages"][1]


@pytest.mark.parametrize("origin", ["openai", "gemini"])
def test_what_was_attached_to_a_call_goes_back_to_who_attached_it(origin: str) -> None:
    data = ProviderData(origin=origin, data={"extra_content": {"google": {"thought_signature": "s"}}})
    used = ToolUse(id="a", name="T", input={}, provider_data=data)
    sent = body(user("q"), model(used), user(result("a")))["messages"][1]["tool_calls"][0]
    assert ("extra_content" in sent) == (origin == "openai")


def test_names_are_legal_and_no_tool_is_named_twice() -> None:
    odd = ToolSpec(name="web.search", description="", input_schema={})
    sent = body(user("q"), model(ToolUse(id="a", name="web.search", input={})), tools=(odd, SPEC, odd))
    names = [tool["function"]["name"] for tool in sent["tools"]]
    assert names == [sent["messages"][1]["tool_calls"][0]["function"]["name"], "FileRead"]
    assert "." not in names[0]
