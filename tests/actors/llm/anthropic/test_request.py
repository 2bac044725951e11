import json
from typing import Any

import attrs
import pytest

from actors.llm.anthropic import format as anthropic_format
from actors.llm.messages import (
    SystemText,
)
from actors.llm.models.catalogue import ModelDetails
from actors.llm.requests.documents import Pdf
from actors.llm.requests.pictures import Picture
from actors.llm.requests.prompt import Prompt
from actors.vocabulary import (
    ChatMessage,
    Document,
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
        files={"a.png": Picture("image/png", "QUJD"), "b.png": "[gone]"},
    )
    shown = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "QUJD"}}
    assert sent["messages"][0]["content"][0] == shown
    assert sent["messages"][2]["content"][0]["content"] == [shown, {"type": "text", "text": "[gone]"}]


def test_documents_are_sent_likewise_under_their_names() -> None:
    paper = Document(media_type="application/pdf", path="a.pdf", name="A.pdf")
    other = Document(media_type="application/pdf", path="b.pdf", name="B.pdf")
    sent = body(
        user(paper, "what is this?"),
        model(ToolUse(id="a", name="T", input={})),
        user(result("a", paper, other)),
        files={"a.pdf": Pdf(name="A.pdf", pages=1, data="QUJD")},
    )
    source = {"type": "base64", "media_type": "application/pdf", "data": "QUJD"}
    shown = {"type": "document", "source": source, "title": "A.pdf"}
    note = {"type": "text", "text": "[document b.pdf: this model cannot read PDF files by itself]"}
    assert sent["messages"][0]["content"][0] == shown
    assert sent["messages"][2]["content"][0]["content"] == [shown, note]


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


def test_names_are_legal_and_no_tool_is_named_twice() -> None:
    odd = ToolSpec(name="web.search", description="", input_schema={})
    sent = body(user("q"), model(ToolUse(id="a", name="web.search", input={})), tools=(odd, SPEC, odd))
    names = [tool["name"] for tool in sent["tools"]]
    assert names == [sent["messages"][1]["content"][0]["name"], "FileRead"]
    assert "." not in names[0]
