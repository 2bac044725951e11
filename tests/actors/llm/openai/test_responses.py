"""Prompts as requests to OpenAI's Responses interface."""

from typing import Any

import attrs
import pytest

from actors.llm.messages import SystemText
from actors.llm.models.catalogue import ModelDetails
from actors.llm.openai.responses import FORMAT, request_body
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
from tests.validators import responses as validator

PICTURE = Image(media_type="image/png", path="a.png")
DATA = {"encrypted_content": "gAAA", "id": "rs_1", "model": "gpt-5.4-2026-03-05"}
THOUGHT = Thinking(text="hm", provider_data=ProviderData(origin="openai", data=DATA))
REASONING = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "hm"}],
    "encrypted_content": "gAAA",
}
SPEC = ToolSpec(name="FileRead", description="Read.", input_schema={"type": "object", "properties": {}})
CAN = ModelDetails(effort=True, vision=True, effort_with_tools=False)


def user(*blocks: Any) -> ChatMessage:
    return ChatMessage(role="user", content=tuple(Text(text=b) if isinstance(b, str) else b for b in blocks))


def model(*blocks: Any) -> ChatMessage:
    return attrs.evolve(user(*blocks), role="assistant")


def body(*messages: ChatMessage, options: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    prompt = Prompt(provider="openai", model="gpt-5.4", messages=messages or (user("hi"),), details=CAN)
    made = request_body(attrs.evolve(prompt, **more), options or {})
    assert validator.complaints(made) == []
    return made


def test_a_question_is_a_body() -> None:
    assert body() == {
        "model": "gpt-5.4",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
        "max_output_tokens": 16384,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "stream": True,
    }
    assert FORMAT.path == "/responses"


def test_a_turn_with_everything() -> None:
    use = ToolUse(id="a", name="FileRead", input={"path": "x"})
    result = ToolResult(tool_use_id="a", name="FileRead", content=(Text(text="AAA"), PICTURE))
    made = body(
        user("look", PICTURE),
        model(THOUGHT, "I look.", use),
        user(result, "and?"),
        model("So."),
        user("more"),
        model(attrs.evolve(use, id="b")),
        user(attrs.evolve(result, tool_use_id="b", content=(Text(text="gone"),), is_error=True)),
        system=(SystemText(text="Be kind."), SystemText(text="Noon.", cached=False)),
        tools=(SPEC,),
        effort="high",
        files={"a.png": Picture("image/png", "iVBORw==")},
    )
    picture = {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,iVBORw=="}
    call = {"type": "function_call", "call_id": "a", "name": "FileRead", "arguments": '{"path":"x"}'}
    assert made["input"] == [
        {"role": "user", "content": [{"type": "input_text", "text": "look"}, picture]},
        REASONING,
        {"role": "assistant", "content": "I look."},
        call,
        {"type": "function_call_output", "call_id": "a", "output": "AAA\n[picture a.png follows]"},
        {"role": "user", "content": [picture, {"type": "input_text", "text": "and?"}]},
        {"role": "assistant", "content": "So."},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "more"},
                {"type": "input_text", "text": "<system-note>\nNoon.\n</system-note>"},
            ],
        },
        {**call, "call_id": "b"},
        {"type": "function_call_output", "call_id": "b", "output": "Error: gone"},
    ]
    assert made["instructions"] == "Be kind."
    assert made["reasoning"] == {"effort": "high", "summary": "auto"}
    assert made["max_output_tokens"] == 32768 + 8192
    assert made["tools"] == [
        {
            "type": "function",
            "name": "FileRead",
            "description": "Read.",
            "parameters": dict(SPEC.input_schema),
            "strict": False,
        }
    ]


@pytest.mark.parametrize(
    ("answered", "back"),
    [
        ("gpt-5.4", True),
        ("gpt-5.4-2026-03-05", True),
        ("gpt-5.4-mini-2026-03-05", False),
        ("gpt-5", False),
        ("", False),
    ],
)
def test_reasoning_goes_back_to_the_model_that_it_is_of(answered: str, back: bool) -> None:  # noqa: FBT001
    data = ProviderData(origin="openai", data={**DATA, "model": answered})
    made = body(user("hi"), model(attrs.evolve(THOUGHT, provider_data=data), "yes"), user("and?"))
    assert (REASONING in made["input"]) is back


@pytest.mark.parametrize(
    "data", [None, ProviderData(origin="openai", data={"x": 1}), ProviderData(origin="anthropic", data=DATA)]
)
def test_reasoning_that_nobody_can_read_is_not_sent(data: ProviderData | None) -> None:
    made = body(user("hi"), model(attrs.evolve(THOUGHT, provider_data=data), "yes"), user("and?"))
    assert [item.get("type") for item in made["input"]] == [None, None, None]


def test_reasoning_without_a_summary_has_none() -> None:
    made = body(user("hi"), model(attrs.evolve(THOUGHT, text=""), "yes"), user("and?"))
    assert made["input"][1] == {**REASONING, "summary": []}


def test_documents_are_files_with_a_name() -> None:
    paper = Document(media_type="application/pdf", path="a.pdf", name="A.pdf")
    result = ToolResult(tool_use_id="a", name="FileRead", content=(Text(text="AAA"), paper))
    use = ToolUse(id="a", name="FileRead", input={})
    made = body(
        user(paper), model(use), user(result), files={"a.pdf": Pdf(name="A.pdf", pages=1, data="QUJD")}
    )
    file = {"type": "input_file", "filename": "A.pdf", "file_data": "data:application/pdf;base64,QUJD"}
    said, _, output, shown = made["input"]
    assert said == shown == {"role": "user", "content": [file]}
    assert output["output"] == "AAA\n[document a.pdf follows]"


def test_a_picture_that_cannot_be_shown_is_named() -> None:
    (said,) = body(user(PICTURE))["input"]
    text = "[picture a.png: this model cannot see pictures]"
    assert said["content"] == [{"type": "input_text", "text": text}]


def test_a_model_that_cannot_is_not_told_to() -> None:
    made = body(effort="high", tools=(SPEC,), details=ModelDetails(tools=False))
    assert not made.keys() & {"reasoning", "tools"}


def test_settings_win_and_are_put_into_the_words_of_the_interface() -> None:
    made = body(
        options={"max_tokens": 100, "reasoning_effort": "low", "temperature": 1, "stream": False, "stop": "x"}
    )
    assert (made["max_output_tokens"], made["reasoning"], made["temperature"]) == (100, {"effort": "low"}, 1)
    assert made["stream"] is True
    assert "stop" not in made
    assert body(options={"max_tokens": 100, "max_output_tokens": 200})["max_output_tokens"] == 200
