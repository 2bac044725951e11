"""The bodies we send are what the SDKs say their servers take."""

from collections.abc import Iterable, Mapping
from typing import Any, cast, get_type_hints

import anthropic.types
import attrs
import openai.types.chat
import openai.types.responses.response_create_params
import pytest
from google.genai import types as google
from pydantic import TypeAdapter

from actors.llm.anthropic import format as anthropic_format
from actors.llm.gemini import format as gemini_format
from actors.llm.messages import SystemText
from actors.llm.models.catalogue import ModelDetails
from actors.llm.openai import format as openai_format
from actors.llm.openai import responses as responses_format
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

IMAGE = Image(media_type="image/png", path="a.png")
PAPER = Document(media_type="application/pdf", path="a.pdf", name="A.pdf")
EVERYTHING = Prompt(
    provider="anthropic",
    model="m",
    system=(SystemText(text="Be kind."), SystemText(text="It is noon.", cached=False)),
    messages=(
        ChatMessage(role="user", content=(Text(text="look"), IMAGE, PAPER)),
        ChatMessage(
            role="assistant",
            content=(
                Thinking(text="hm", provider_data=ProviderData(origin="anthropic", data={"signature": "s"})),
                Thinking(text="", provider_data=ProviderData(origin="anthropic", data={"redacted": "x"})),
                Text(text="I look."),
                ToolUse(id="a", name="FileRead", input={"path": "a"}),
            ),
        ),
        ChatMessage(
            role="user",
            content=(ToolResult(tool_use_id="a", name="FileRead", content=(Text(text="x"), IMAGE, PAPER)),),
        ),
    ),
    tools=(
        ToolSpec(name="FileRead", description="Read.", input_schema={"type": "object", "properties": {}}),
    ),
    effort="low",
    details=ModelDetails(vision=True, documents=True, effort=True, thinking="budget"),
    files={
        "a.png": Picture("image/png", "iVBORw=="),
        "a.pdf": Pdf(name="A.pdf", pages=1, data="JVBERi0="),
    },
)

ADAPTIVE = attrs.evolve(EVERYTHING, details=ModelDetails(vision=True, documents=True, thinking="adaptive"))
ENCRYPTED = ProviderData(origin="openai", data={"encrypted_content": "e", "id": "rs_1", "model": "m"})
REASONED = attrs.evolve(
    EVERYTHING,
    provider="openai",
    messages=(
        EVERYTHING.messages[0],
        attrs.evolve(
            EVERYTHING.messages[1],
            content=(Thinking(text="hm", provider_data=ENCRYPTED), *EVERYTHING.messages[1].content[2:]),
        ),
        EVERYTHING.messages[2],
    ),
)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (
            anthropic_format.request_body(ADAPTIVE, {}),
            anthropic.types.message_create_params.MessageCreateParamsStreaming,
        ),
        (
            anthropic_format.request_body(EVERYTHING, {}),
            anthropic.types.message_create_params.MessageCreateParamsStreaming,
        ),
        (
            openai_format.FORMAT.body(EVERYTHING, {}),
            openai.types.chat.completion_create_params.CompletionCreateParamsStreaming,
        ),
        (
            openai_format.RELATIVE.body(EVERYTHING, {}),
            openai.types.chat.completion_create_params.CompletionCreateParamsStreaming,
        ),
        (
            responses_format.FORMAT.body(REASONED, {}),
            openai.types.responses.response_create_params.ResponseCreateParamsStreaming,
        ),
    ],
)
def test_every_field_of_a_body_is_known_and_of_its_kind(body: Mapping[str, Any], kind: Any) -> None:
    hints = get_type_hints(kind)
    assert set(body) <= set(hints)
    for name, value in body.items():
        adapter: Any = TypeAdapter(hints[name])
        assert read_out(adapter.validate_python(value)) == value


def read_out(value: Any) -> Any:
    """What was checked, to its end: where an SDK says Iterable, that happens only as it is read."""
    if isinstance(value, dict):
        return {key: read_out(each) for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, str) or not isinstance(value, Iterable):
        return value
    return [*map(read_out, cast("Any", value))]


def test_every_field_of_a_body_for_gemini_is_known_and_of_its_kind() -> None:
    asked = attrs.evolve(
        EVERYTHING, provider="gemini", details=ModelDetails(vision=True, documents=True, thinking="level")
    )
    body = gemini_format.FORMAT.body(asked, {})
    assert set(body) == {"contents", "system_instruction", "tools", "generationConfig"}
    assert len([google.Content.model_validate(content) for content in body["contents"]]) == 3
    google.Content.model_validate(body["system_instruction"])
    (tool,) = body["tools"]
    google.Tool.model_validate(tool)
    google.GenerationConfig.model_validate(body["generationConfig"])
    with pytest.raises(ValueError, match="Extra inputs"):
        google.Content.model_validate({"role": "user", "parts": [{"text": "x", "type": "text"}]})
