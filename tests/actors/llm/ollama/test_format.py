"""Prompts as requests to Ollama's own interface."""

from typing import Any

import attrs
import pytest

from actors.llm.messages import SystemText
from actors.llm.models.catalogue import ModelDetails
from actors.llm.ollama.format import format_at, request_body
from actors.llm.ollama.options import fixed_window
from actors.llm.ollama.window import Windows
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
from tests.validators import ollama as validator

PICTURE = Image(media_type="image/png", path="a.png")
MARK = ProviderData(origin="ollama", data={"model": "m"})
SPEC = ToolSpec(name="FileRead", description="Read.", input_schema={"type": "object", "properties": {}})


def user(*blocks: Any) -> ChatMessage:
    return ChatMessage(role="user", content=tuple(Text(text=b) if isinstance(b, str) else b for b in blocks))


def model(*blocks: Any) -> ChatMessage:
    return attrs.evolve(user(*blocks), role="assistant")


def body(*messages: ChatMessage, options: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    prompt = Prompt(provider="ollama", model="m", messages=messages or (user("hi"),))
    made = request_body(attrs.evolve(prompt, **more), options or {}, windows=Windows(lambda: 0.0))
    assert validator.complaints(made) == []
    return made


def test_a_question_is_a_body() -> None:
    assert body() == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "truncate": False,
        "shift": False,
        "keep_alive": "5m",
        "options": {"num_predict": 16384, "num_ctx": 8192},
        "stream": True,
    }


def test_a_turn_with_everything() -> None:
    use = ToolUse(id="a", name="FileRead", input={"path": "x"})
    result = ToolResult(tool_use_id="a", name="FileRead", content=(Text(text="AAA"), PICTURE))
    made = body(
        user("look", PICTURE),
        model(Thinking(text="hm", provider_data=MARK), "I look.", use),
        user(result, "and?"),
        model("So."),
        user("more"),
        model(Thinking(text="hm again", provider_data=MARK), attrs.evolve(use, id="b")),
        user(attrs.evolve(result, tool_use_id="b", content=(Text(text="gone"),), is_error=True)),
        system=(SystemText(text="Be kind."), SystemText(text="Noon.", cached=False)),
        tools=(SPEC,),
        files={"a.png": Picture("image/png", "iVBORw==")},
    )
    assert made["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "look", "images": ["iVBORw=="]},
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [{"id": "a", "function": {"name": "FileRead", "arguments": {"path": "x"}}}],
        },
        {
            "role": "tool",
            "content": "AAA\n[picture a.png follows]",
            "tool_name": "FileRead",
            "tool_call_id": "a",
        },
        {"role": "user", "content": "and?", "images": ["iVBORw=="]},
        {"role": "assistant", "content": "So."},
        {"role": "user", "content": "more\n<system-note>\nNoon.\n</system-note>"},
        {
            "role": "assistant",
            "content": "",
            "thinking": "hm again",
            "tool_calls": [{"id": "b", "function": {"name": "FileRead", "arguments": {"path": "x"}}}],
        },
        {"role": "tool", "content": "Error: gone", "tool_name": "FileRead", "tool_call_id": "b"},
    ]
    function = {"name": "FileRead", "description": "Read.", "parameters": dict(SPEC.input_schema)}
    assert made["tools"] == [{"type": "function", "function": function}]


def test_a_tool_without_a_schema_has_one_that_can_be_read() -> None:
    made = body(tools=(attrs.evolve(SPEC, input_schema={}),))
    assert made["tools"][0]["function"]["parameters"] == {"type": "object", "properties": {}}


def test_a_model_that_has_no_tools_is_offered_none() -> None:
    assert "tools" not in body(tools=(SPEC,), details=ModelDetails(tools=False))


def test_reasoning_of_others_is_not_sent() -> None:
    foreign = ProviderData(origin="anthropic", data={"signature": "s"})
    made = body(user("hi"), model(Thinking(text="hm", provider_data=foreign), "yes"), user("and?"))
    assert made["messages"][1] == {"role": "assistant", "content": "yes"}


def test_a_document_is_named_whatever_is_said_of_the_model() -> None:
    paper = Document(media_type="application/pdf", path="a.pdf", name="A.pdf")
    named = "look\n[document a.pdf: this model cannot read PDF files by itself]"
    for files in ({}, {"a.pdf": Pdf(name="A.pdf", pages=1, data="QUJD")}):
        (said,) = body(user("look", paper), files=files)["messages"]
        assert said == {"role": "user", "content": named}


def test_a_picture_that_cannot_be_shown_is_named() -> None:
    (said,) = body(user("look", PICTURE))["messages"]
    assert said == {"role": "user", "content": "look\n[picture a.png: this model cannot see pictures]"}


@pytest.mark.parametrize(
    ("name", "effort", "thinks", "expected"),
    [
        ("qwen3:8b", None, True, False),
        ("qwen3:8b", "low", True, True),
        ("gpt-oss:20b", "high", True, "high"),
        ("gpt-oss:20b", None, True, "low"),
        ("llama3.3", "high", False, None),
    ],
)
def test_a_model_that_can_think_is_told_whether_to(
    name: str,
    effort: Any,
    thinks: bool,  # noqa: FBT001
    expected: Any,
) -> None:
    made = body(model=name, effort=effort, details=ModelDetails(effort=thinks))
    assert made.get("think") == expected


def test_a_model_that_thinks_may_write_more() -> None:
    made = body(effort="high", details=ModelDetails(effort=True))
    assert made["options"]["num_predict"] == 32768 + 8192


def test_the_context_is_as_large_as_the_prompt_needs_and_the_model_holds() -> None:
    known = ModelDetails(context_window=40_960)
    assert body(user("x" * 30_000), details=known)["options"]["num_ctx"] == 16_384
    assert body(user("x" * 300_000), details=known)["options"]["num_ctx"] == 40_960


def test_settings_win_in_the_body_and_in_its_options() -> None:
    made = body(
        options={
            "keep_alive": -1,
            "num_ctx": 12_000,
            "temperature": 0.5,
            "max_tokens": 100,
            "reasoning_effort": "none",
            "stream": False,
            "options": {"temperature": 0.7},
        }
    )
    assert made["keep_alive"] == -1
    assert made["think"] is False
    assert made["options"] == {"num_predict": 100, "num_ctx": 12_000, "temperature": 0.7}
    assert made["stream"] is True
    assert body(options={"reasoning_effort": "high"})["think"] == "high"
    assert body(options={"reasoning_effort": "high", "think": True})["think"] is True
    assert body(options={"options": 5})["options"]["num_ctx"] == 8192


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, None),
        ({"num_ctx": 9000}, 9000),
        ({"options": {"num_ctx": 9000}}, 9000),
        ({"num_ctx": "much"}, None),
        ({"num_ctx": 0}, None),
    ],
)
def test_a_window_that_the_settings_demand_is_known(options: dict[str, Any], expected: int | None) -> None:
    assert fixed_window(options) == expected


def test_the_format_knows_its_address() -> None:
    made = format_at("http://127.0.0.1:11434", lambda: 0.0)
    prompt = Prompt(provider="ollama", model="m", messages=(user("hi"),))
    assert made.path_of(prompt) == "http://127.0.0.1:11434/api/chat"
    assert made.body(prompt, {"seed": 1})["options"]["seed"] == 1
