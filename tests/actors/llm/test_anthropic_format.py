import json
from collections.abc import Iterable
from typing import Any

import attrs
import pytest

from actors.llm import anthropic_format
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
from actors.vocabulary import (
    ChatMessage,
    Image,
    ProviderData,
    Text,
    Thinking,
    ToolResult,
    ToolSpec,
    ToolUse,
)

SIGNED = ProviderData(origin="anthropic", data={"signature": "sig"})
REDACTED = ProviderData(origin="anthropic", data={"redacted": "opaque"})
CACHED = {"type": "ephemeral"}
SPEC = ToolSpec(name="FileRead", description="Read.", input_schema={"type": "object", "properties": {}})


def user(*blocks: Any) -> ChatMessage:
    return ChatMessage(role="user", content=tuple(Text(text=b) if isinstance(b, str) else b for b in blocks))


def model(*blocks: Any) -> ChatMessage:
    return ChatMessage(
        role="assistant", content=tuple(Text(text=b) if isinstance(b, str) else b for b in blocks)
    )


def result(id: str = "a", *content: Any, is_error: bool = False) -> ToolResult:
    return ToolResult(tool_use_id=id, name="FileRead", content=content, is_error=is_error)


def body(*messages: ChatMessage, **options: Any) -> dict[str, Any]:
    options = {"details": ModelDetails(thinking="budget"), **options}
    prompt = Prompt(provider="anthropic", model="claude-haiku-4-5", messages=messages, **options)
    return anthropic_format.request_body(prompt, {})


# --- request -----------------------------------------------------------------------------------------------


def test_a_path_names_the_model_where_the_interface_wants_it_there() -> None:
    prompt = Prompt(provider="anthropic", model="a/b c", messages=())
    assert anthropic_format.FORMAT.path_of(prompt) == "/v1/messages"
    named = attrs.evolve(anthropic_format.FORMAT, path="/models/{model}:stream")
    assert named.path_of(prompt) == "/models/a%2Fb%20c:stream"


def test_what_is_absent_is_not_sent() -> None:
    assert body(user("hi")) == {
        "model": "claude-haiku-4-5",
        "max_tokens": 16384,
        "stream": True,
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": CACHED}]},
        ],
    }


def test_the_last_stable_text_the_last_tool_and_the_last_block_end_a_cached_prefix() -> None:
    sent = body(
        user("hi"),
        system=(SystemText(text="one"), SystemText(text="two")),
        tools=(SPEC, attrs.evolve(SPEC, name="FileList")),
    )
    assert sent["system"] == [
        {"type": "text", "text": "one"},
        {"type": "text", "text": "two", "cache_control": CACHED},
    ]
    assert [tool.get("cache_control") for tool in sent["tools"]] == [None, CACHED]
    assert sent["tools"][0] == {
        "name": "FileRead",
        "description": "Read.",
        "input_schema": {"type": "object", "properties": {}},
    }
    assert sent["messages"][-1]["content"][-1]["cache_control"] == CACHED


def test_what_changes_stands_behind_the_last_words_of_the_person_and_outside_what_the_next_turn_reuses() -> (
    None
):
    sent = body(
        user("first"),
        model(ToolUse(id="a", name="FileRead", input={})),
        user(result("a", Text(text="r"))),
        system=(SystemText(text="stable"), SystemText(text="it is noon", cached=False)),
    )
    assert sent["system"] == [{"type": "text", "text": "stable", "cache_control": CACHED}]
    assert sent["messages"][0]["content"] == [
        {"type": "text", "text": "first", "cache_control": CACHED},
        {"type": "text", "text": "<system-note>\nit is noon\n</system-note>"},
    ]
    assert sent["messages"][2]["content"][-1]["cache_control"] == CACHED
    assert json.dumps(sent).count("cache_control") == 3


def test_never_more_than_four_breakpoints() -> None:
    sent = body(
        user("a"),
        model("b"),
        user("c"),
        system=(SystemText(text="s"), SystemText(text="now", cached=False)),
        tools=(SPEC,),
    )
    assert json.dumps(sent).count("cache_control") == 4


def test_the_model_neither_begins_nor_ends() -> None:
    sent = body(model("I begin", Thinking(text="hm")))
    assert [(each["role"], each["content"][0]["text"]) for each in sent["messages"]] == [
        ("user", "(What was said before this is not shown.)"),
        ("assistant", "I begin"),
        ("user", "(Go on.)"),
    ]


def test_a_message_does_not_end_with_reasoning() -> None:
    thought = Thinking(text="hm", provider_data=SIGNED)
    sent = body(user("q"), model("a", thought), user("more"), model(thought), user("and"))
    assert [[block["text"] for block in each["content"]] for each in sent["messages"]] == [
        ["q"],
        ["a"],
        ["more", "and"],
    ]


def test_without_words_of_the_person_what_changes_stands_behind_what_takes_their_place() -> None:
    sent = body(
        model(ToolUse(id="a", name="FileRead", input={})),
        user(result("a")),
        system=(SystemText(text="stable"), SystemText(text=" "), SystemText(text="now", cached=False)),
    )
    assert sent["system"] == [{"type": "text", "text": "stable", "cache_control": CACHED}]
    assert [each["text"] for each in sent["messages"][0]["content"]] == [
        "(What was said before this is not shown.)",
        "<system-note>\nnow\n</system-note>",
    ]


def test_the_name_of_a_tool_is_not_part_of_its_result() -> None:
    sent = body(
        model(ToolUse(id="a", name="FileRead", input={"path": "x"})),
        user(result("a", Text(text="no"), is_error=True)),
    )
    assert sent["messages"][1:] == [
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "a", "name": "FileRead", "input": {"path": "x"}}],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "a",
                    "content": [{"type": "text", "text": "no"}],
                    "is_error": True,
                    "cache_control": CACHED,
                }
            ],
        },
    ]


def test_an_empty_result_says_so() -> None:
    sent = body(user("q"), model(ToolUse(id="a", name="T", input={})), user(result("a", Text(text=" "))))
    assert sent["messages"][2]["content"] == [
        {
            "type": "tool_result",
            "tool_use_id": "a",
            "content": [{"type": "text", "text": "(no output)"}],
            "cache_control": CACHED,
        },
    ]


def test_ids_of_other_providers_are_made_acceptable_on_both_sides() -> None:
    call = ToolUse(id="functions.read:0", name="T", input={})
    sent = body(user("q"), model(call), user(result("functions.read:0")))
    assert sent["messages"][1]["content"][0]["id"] == "functions_read_0"
    assert sent["messages"][2]["content"][0]["tool_use_id"] == "functions_read_0"


def test_reasoning_goes_back_only_to_where_it_came_from() -> None:
    sent = body(
        user("q"),
        model(
            Thinking(text="hm", provider_data=SIGNED),
            Thinking(text="", provider_data=REDACTED),
            Thinking(text="unsigned"),
            Thinking(text="other", provider_data=ProviderData(origin="gemini", data={"signature": "sig"})),
            "answer",
        ),
        user("more"),
    )
    assert sent["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "hm", "signature": "sig"},
        {"type": "redacted_thinking", "data": "opaque"},
        {"type": "text", "text": "answer"},
    ]


def test_pictures_are_sent_in_their_place_in_messages_and_in_results() -> None:
    image = Image(media_type="image/png", path="a.png")
    gone = Image(media_type="image/png", path="b.png")
    sent = body(
        user(image, "what is this?"),
        model(ToolUse(id="a", name="T", input={})),
        user(result("a", image, gone)),
        pictures={"a.png": Picture("image/png", "QUJD"), "b.png": "[gone]"},
    )
    shown = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "QUJD"}}
    assert sent["messages"][0]["content"][0] == shown
    assert sent["messages"][2]["content"][0]["content"] == [shown, {"type": "text", "text": "[gone]"}]


def test_neighbours_of_one_role_are_merged_and_empty_messages_left_out() -> None:
    sent = body(user("a"), model(" "), user("b"), model("c", ""), user("d"))
    assert [(m["role"], [b["text"] for b in m["content"]]) for m in sent["messages"]] == [
        ("user", ["a", "b"]),
        ("assistant", ["c"]),
        ("user", ["d"]),
    ]


@pytest.mark.parametrize(
    ("effort", "configured", "budget", "limit"),
    [
        ("low", 1000, 4096, 12288),
        ("low", 16384, 4096, 16384),
        ("medium", 16384, 10240, 18432),
        ("high", 16384, 32768, 40960),
        ("high", 64000, 32768, 64000),
    ],
)
def test_effort_becomes_a_budget_that_leaves_room_for_words(
    effort: Any, configured: int, budget: int, limit: int
) -> None:
    sent = body(user("q"), effort=effort, max_tokens=configured)
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": budget}
    assert sent["max_tokens"] == limit


def test_limits_stay_within_what_the_model_can_do() -> None:
    sent = body(user("q"), effort="high", details=ModelDetails(max_output=8192, thinking="budget"))
    assert sent["max_tokens"] == 8192
    assert sent["thinking"]["budget_tokens"] == 7168
    tight = body(user("q"), effort="high", details=ModelDetails(max_output=1500, thinking="budget"))
    assert "thinking" not in tight


def test_thinking_is_asked_for_in_the_form_of_the_model() -> None:
    adaptive = body(user("q"), effort="high", details=ModelDetails(thinking="adaptive"))
    assert adaptive["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert adaptive["output_config"] == {"effort": "high"}
    assert adaptive["max_tokens"] == 40960
    unknown = body(user("q"), effort="high", details=ModelDetails())
    assert "thinking" not in unknown
    assert unknown["max_tokens"] == 16384


def test_thinking_stays_off_while_the_results_of_a_call_made_without_it_are_answered() -> None:
    thoughtless = (user("q"), model(ToolUse(id="a", name="T", input={})), user(result("a")))
    assert "thinking" not in body(*thoughtless, effort="low")
    thought = Thinking(text="hm", provider_data=SIGNED)
    thoughtful = (user("q"), model(thought, ToolUse(id="a", name="T", input={})), user(result("a")))
    assert "thinking" in body(*thoughtful, effort="low")
    assert "thinking" in body(*thoughtless, model("done"), user("next"), effort="low")


def test_options_win_over_all_but_the_stream() -> None:
    prompt = Prompt(provider="anthropic", model="m", messages=(user("hi"),))
    sent = anthropic_format.request_body(prompt, {"max_tokens": 5, "top_k": 1, "stream": False})
    assert (sent["max_tokens"], sent["top_k"], sent["stream"]) == (5, 1, True)


# --- stream ------------------------------------------------------------------------------------------------


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


def test_names_are_legal_and_no_tool_is_named_twice() -> None:
    odd = ToolSpec(name="web.search", description="", input_schema={})
    sent = body(user("q"), model(ToolUse(id="a", name="web.search", input={})), tools=(odd, SPEC, odd))
    names = [tool["name"] for tool in sent["tools"]]
    assert names == [sent["messages"][1]["content"][0]["name"], "FileRead"]
    assert "." not in names[0]
