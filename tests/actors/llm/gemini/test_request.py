"""What Gemini is sent."""

from pathlib import Path
from typing import Any

import pytest

from actors.llm.gemini.request import UNSIGNED, request_body
from actors.llm.messages import SystemText
from actors.llm.models.catalogue import parse
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

CATALOGUE = parse((Path(__file__).parents[4] / "config/models.toml").read_text(), "models.toml")
SPEC = ToolSpec(
    name="FileRead",
    description="Read.",
    input_schema={"type": "object", "properties": {"path": {"type": "string", "minLength": 1}}},
)
PNG = Image(media_type="image/png", path="a.png")
PICTURES = {"a.png": Picture("image/png", "iVBORw=="), "b.gif": Picture("image/gif", "R0lG")}


def user(*blocks: Any) -> ChatMessage:
    return ChatMessage(role="user", content=tuple(Text(text=b) if isinstance(b, str) else b for b in blocks))


def model(*blocks: Any) -> ChatMessage:
    return ChatMessage(
        role="assistant", content=tuple(Text(text=b) if isinstance(b, str) else b for b in blocks)
    )


def kept(origin: str = "gemini", **data: Any) -> ProviderData | None:
    return ProviderData(origin=origin, data=data) if data else None


def use(ours: str, origin: str = "gemini", **data: Any) -> ToolUse:
    return ToolUse(id=ours, name="FileRead", input={"path": ours}, provider_data=kept(origin, **data))


def result(id: str, *content: Any, is_error: bool = False) -> ToolResult:
    return ToolResult(
        tool_use_id=id, name="FileRead", content=content or (Text(text="ok"),), is_error=is_error
    )


def body(
    *messages: ChatMessage, options: Any = None, id: str = "gemini-2.5-pro", **prompt: Any
) -> dict[str, Any]:
    details = CATALOGUE.look_up("gemini", id)
    asked = Prompt(provider="gemini", model=id, messages=messages, details=details, **prompt)
    return request_body(asked, options or {})


def contents(*messages: ChatMessage, **prompt: Any) -> list[Any]:
    return body(*messages, **prompt)["contents"]  # type: ignore[no-any-return]


def parts(*blocks: Any, id: str = "gemini-2.5-pro") -> list[Any]:
    """The parts of a message of the model."""
    return contents(user("hi"), model(*blocks), user("on"), id=id)[1]["parts"]  # type: ignore[no-any-return]


def test_a_plain_message_and_nothing_that_is_absent() -> None:
    assert body(user("hi")) == {
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
        "generationConfig": {"maxOutputTokens": 16384},
    }


def test_system_tools_and_options() -> None:
    sent = body(
        user("hi"),
        system=(
            SystemText(text="Be kind."),
            SystemText(text=" "),
            SystemText(text="It is noon.", cached=False),
        ),
        tools=(SPEC, ToolSpec(name="1Now", description="Time.", input_schema={"type": "object"})),
        options={"safetySettings": [], "generationConfig": {"temperature": 0.1}},
    )
    assert sent["system_instruction"] == {"parts": [{"text": "Be kind."}]}
    assert "It is noon." in sent["contents"][0]["parts"][1]["text"]
    assert sent["tools"] == [
        {
            "functionDeclarations": [
                {
                    "name": "FileRead",
                    "description": "Read.",
                    "parametersJsonSchema": {"type": "object", "properties": {"path": {"type": "string"}}},
                },
                {"name": "_1Now", "description": "Time."},
            ]
        }
    ]
    assert sent["safetySettings"] == []
    assert sent["generationConfig"] == {"maxOutputTokens": 16384, "temperature": 0.1}


@pytest.mark.parametrize(
    ("id", "effort", "thinking", "limit"),
    [
        ("gemini-2.5-pro", None, None, 16384),
        ("gemini-2.5-pro", "high", {"thinkingBudget": 32768}, 40960),
        ("gemini-2.5-flash", "high", {"thinkingBudget": 24576}, 40960),
        ("gemini-2.5-flash-lite", "low", {"thinkingBudget": 4096}, 16384),
        ("gemini-flash-latest", "medium", {"thinkingBudget": 10240}, 18432),
        ("gemini-3-pro-preview", "medium", {"thinkingLevel": "HIGH"}, 18432),
        ("gemini-3-pro-preview", "low", {"thinkingLevel": "LOW"}, 16384),
        ("gemini-3.1-pro-preview", "medium", {"thinkingLevel": "MEDIUM"}, 18432),
        ("gemini-4-flash", "high", {"thinkingLevel": "HIGH"}, 40960),
        ("gemini-2.0-flash", "high", None, 8192),
        ("gemma-3-27b-it", "high", None, 16384),
    ],
)
def test_each_generation_is_told_in_its_way_how_much_to_think(
    id: str, effort: Any, thinking: dict[str, Any] | None, limit: int
) -> None:
    config = body(user("hi"), id=id, effort=effort)["generationConfig"]
    assert config.get("thinkingConfig") == (thinking and {**thinking, "includeThoughts": True})
    assert config["maxOutputTokens"] == limit


def test_calls_and_results_go_by_turns_with_names_and_the_ids_that_gemini_gave() -> None:
    said = contents(
        user("read"),
        model("I look.", use("a", id="g1"), use("b")),
        user("and then", result("a"), result("b", is_error=True)),
    )
    assert said[1]["parts"] == [
        {"text": "I look."},
        {"functionCall": {"name": "FileRead", "args": {"path": "a"}, "id": "g1"}},
        {"functionCall": {"name": "FileRead", "args": {"path": "b"}}},
    ]
    assert said[2] == {
        "role": "user",
        "parts": [
            {"functionResponse": {"name": "FileRead", "id": "g1", "response": {"output": "ok"}}},
            {"functionResponse": {"name": "FileRead", "response": {"error": "ok"}}},
            {"text": "and then"},
        ],
    }


def test_signatures_of_calls_go_back_with_them_and_to_nobody_else() -> None:
    assert [part.get("thoughtSignature") for part in parts(use("a", signature="s1"), use("b"))] == [
        "s1",
        None,
    ]
    assert parts(use("a", origin="openai", signature="s1", id="x"))[0].keys() == {"functionCall"}
    assert "id" not in parts(use("a", origin="openai", id="x"))[0]["functionCall"]


def test_gemini_3_is_told_of_calls_that_another_model_made() -> None:
    sent = parts("x", use("a", origin="openai", signature="s1"), use("b"), id="gemini-3-pro-preview")
    assert [part.get("thoughtSignature") for part in sent] == [None, UNSIGNED, None]
    assert parts(use("a", signature="s1"), id="gemini-3-pro-preview")[0]["thoughtSignature"] == "s1"


def test_signatures_go_back_on_the_very_part_they_came_with() -> None:
    signed = Thinking(text="", provider_data=kept(signature="s", text="world"))
    assert parts("Hello world", signed) == [{"text": "Hello "}, {"text": "world", "thoughtSignature": "s"}]
    assert parts("world", signed) == [{"text": "world", "thoughtSignature": "s"}]
    assert parts("changed", signed) == [{"text": "changed"}, {"text": "", "thoughtSignature": "s"}]
    bare = Thinking(text="", provider_data=kept(signature="s"))
    assert parts("Hello", bare) == [{"text": "Hello"}, {"text": "", "thoughtSignature": "s"}]
    blank = Thinking(text="", provider_data=kept(signature="s", text="\n"))
    assert parts("Hello", bare, blank)[1:] == [
        {"text": "", "thoughtSignature": "s"},
        {"text": "\n", "thoughtSignature": "s"},
    ]
    thought = Thinking(text="hm", provider_data=kept(signature="s", thought="true"))
    assert parts(thought, "Hello") == [
        {"text": "hm", "thought": True, "thoughtSignature": "s"},
        {"text": "Hello"},
    ]


def test_reasoning_that_is_not_wanted_back_stays_here() -> None:
    others = (
        Thinking(text="hm"),
        Thinking(text="hm", provider_data=kept(origin="anthropic", signature="s")),
        Thinking(text="hm", provider_data=kept(other="s")),
    )
    assert parts(*others, "Hello") == [{"text": "Hello"}]


def test_pictures_are_shown_or_told() -> None:
    (said,) = contents(user("look", PNG, Image(media_type="image/gif", path="b.gif")), files=PICTURES)
    assert said["parts"] == [
        {"text": "look"},
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw=="}},
        {"text": "[picture b.gif: image/gif cannot be shown to the model]"},
    ]
    (said,) = contents(user(PNG))
    assert "cannot see" in said["parts"][0]["text"]


def test_documents_are_sent_like_pictures() -> None:
    paper = Document(media_type="application/pdf", path="a.pdf", name="A.pdf")
    history = (user("look", paper), model(use("a")), user(result("a", paper)))
    files = {"a.pdf": Pdf(name="A.pdf", pages=1, data="JVBERi0=")}
    sent = {"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0="}}
    older = contents(*history, files=files)
    assert older[0]["parts"] == [{"text": "look"}, sent]
    assert older[2]["parts"][1] == sent
    assert older[2]["parts"][0]["functionResponse"]["response"] == {"output": "[document a.pdf follows]"}
    newer = contents(*history, files=files, id="gemini-3-pro-preview")
    assert newer[2]["parts"][0]["functionResponse"]["parts"] == [sent]
    assert "cannot read PDF files" in contents(*history)[0]["parts"][1]["text"]


def test_pictures_in_results_are_within_them_where_the_model_takes_that() -> None:
    history = (
        user("look"),
        model(use("a"), use("b")),
        user(result("a", Text(text="x"), PNG), result("b", PNG)),
    )
    picture = {"inlineData": {"mimeType": "image/png", "data": "iVBORw=="}}
    older = contents(*history, files=PICTURES)[2]["parts"]
    assert [list(part) for part in older] == [["functionResponse"]] * 2 + [["inlineData"]] * 2
    assert older[0]["functionResponse"]["response"] == {"output": "x\n[picture a.png follows]"}
    newer = contents(*history, files=PICTURES, id="gemini-3-pro-preview")[2]["parts"]
    assert [part["functionResponse"]["parts"] for part in newer] == [[picture], [picture]]
    blind = contents(*history)[2]["parts"]
    assert "cannot see" in blind[1]["functionResponse"]["response"]["output"]
