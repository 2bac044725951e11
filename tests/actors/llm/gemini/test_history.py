"""Whatever a conversation is like, Gemini cannot refuse what we ask of it for its shape."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import jsontext
from actors.llm.gemini.request import request_body
from actors.llm.messages import SystemText
from actors.llm.models.catalogue import Catalogue
from actors.llm.requests.documents import Pdf
from actors.llm.requests.files import Files
from actors.llm.requests.pictures import Picture
from actors.llm.requests.prompt import Prompt
from actors.vocabulary import ChatMessage, ProviderData, Text, Thinking, ToolSpec
from tests.actors.llm.gemini.test_request import CATALOGUE
from tests.actors.llm.histories import HISTORIES, TOOLS, orderly
from tests.validators import gemini
from tests.validators.strict import Refused

MODELS = pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3-pro-preview"])
SYSTEMS = st.lists(
    st.builds(SystemText, text=st.sampled_from(["Be kind.", " ", ""]), cached=st.booleans()), max_size=3
).map(tuple)
FILES: Files = {
    "a.png": Picture("image/png", "QUJD"),
    "b.png": "[picture b.png is gone]",
    "c.png": Picture("image/gif", "QUJD"),
    "a.pdf": Pdf(name="a.pdf", pages=1, data="JVBERi0="),
}
SIGNATURES = st.builds(
    Thinking,
    text=st.sampled_from(["", "hm"]),
    provider_data=st.builds(
        ProviderData,
        origin=st.just("here"),
        data=st.sampled_from([
            {"signature": "s"}, {"signature": "s", "text": "a"}, {"signature": "s", "text": " "},
            {"signature": "s", "thought": "true"},
        ]),
    ),
)  # fmt: skip


def sent(
    model: str, messages: tuple[ChatMessage, ...], catalogue: Catalogue = CATALOGUE, **prompt: Any
) -> Any:
    """The body as it arrives."""
    details = catalogue.look_up("gemini", model)
    asked = Prompt(provider="here", model=model, messages=messages, details=details, files=FILES, **prompt)
    return jsontext.read(jsontext.encode(request_body(asked, {})))


@MODELS
@given(
    history=HISTORIES,
    signature=SIGNATURES,
    system=SYSTEMS,
    tools=TOOLS,
    effort=st.sampled_from([None, "low", "medium", "high"]),
)
def test_no_request_can_be_refused_for_its_shape(
    model: str,
    history: tuple[ChatMessage, ...],
    signature: Thinking,
    system: tuple[SystemText, ...],
    tools: tuple[ToolSpec, ...],
    effort: Any,
) -> None:
    said = ChatMessage(role="assistant", content=(Text(text="a"), signature))
    body = sent(model, (*history, said), system=system, tools=tools, effort=effort)
    gemini.check(body, model=model)


@MODELS
@given(history=orderly())
def test_a_conversation_that_goes_on_begins_as_it_was_sent_before(
    model: str, history: list[ChatMessage]
) -> None:
    before: list[Any] = []
    for end, message in enumerate(history, 1):
        if message.role == "user":
            body = sent(model, tuple(history[:end]))
            gemini.check(body, model=model)
            assert body["contents"][: len(before)] == before
            before = body["contents"]


def contents(*parts: dict[str, Any]) -> dict[str, Any]:
    """A conversation whose roles take turns, one part each."""
    return {
        "contents": [{"role": ("user", "model")[at % 2], "parts": [part]} for at, part in enumerate(parts)]
    }


CALL: dict[str, Any] = {"functionCall": {"name": "a", "args": {}}}
RESPONSE: dict[str, Any] = {"functionResponse": {"name": "a", "response": {}}}
PICTURE = {"inlineData": {"mimeType": "image/gif", "data": "QUJD"}}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"contents": []}, "empty"),
    (contents({"text": " "}), "blank"),
    ({"contents": [{"role": "model", "parts": [{"text": "a"}]}]}, "turns"),
    ({"contents": [{"role": "user", "parts": []}]}, "no parts"),
    (contents({"text": "a"}, {"text": "b"}), "the last"),
    (contents({"text": "a", "type": "text"}), "unknown fields"),
    (contents(RESPONSE), "as many"),
    (contents({"text": "a"}, CALL, {"text": "b"}), "missing a thought_signature"),
    (contents({"text": "a"}, {**CALL, "thoughtSignature": "s"}, {"text": "b"}), "as many"),
    (contents(PICTURE), "MIME"),
    ({**contents({"text": "a"}), "stream": True}, "unknown fields"),
    (
        {**contents({"text": "a"}), "generationConfig": {"thinkingConfig": {"thinkingBudget": 1}}},
        "thinking",
    ),
    ({**contents({"text": "a"}), "tools": []}, "empty"),
]


@pytest.mark.parametrize(("body", "why"), REFUSED)
def test_the_oracle_refuses(body: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why):
        gemini.check(body)
