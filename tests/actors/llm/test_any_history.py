"""Whatever a conversation is like, what we ask of it nobody can refuse for its shape."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import jsontext
from actors.llm.anthropic import format as anthropic_format
from actors.llm.format import Format
from actors.llm.messages import SystemText
from actors.llm.models.catalogue import ModelDetails
from actors.llm.openai import format as openai_format
from actors.llm.requests.prompt import Prompt
from actors.vocabulary import ChatMessage, Effort, Text, Thinking, ToolSpec, ToolUse
from tests.actors.llm.histories import FILES, HISTORIES, TOOLS, orderly
from tests.validators import anthropic_messages, openai_chat
from tests.validators.strict import Refused

SYSTEMS = st.lists(
    st.builds(SystemText, text=st.sampled_from(["Be kind.", " ", ""]), cached=st.booleans()), max_size=3
).map(tuple)


def openai(body: Mapping[str, Any]) -> None:
    openai_chat.check(body, reasoning=True)


FORMATS = pytest.mark.parametrize(
    ("format", "check"),
    [
        (openai_format.FORMAT, openai),
        (openai_format.RELATIVE, openai),
        (openai_format.DEEPSEEK, openai),
        (anthropic_format.FORMAT, anthropic_messages.check),
    ],
)


def asked(messages: tuple[ChatMessage, ...], **prompt: Any) -> Prompt:
    details = ModelDetails(vision=True, documents=True)
    return Prompt(provider="here", model="m", messages=messages, details=details, files=FILES, **prompt)


def sent(format: Format, prompt: Prompt) -> Any:
    """The body as it arrives."""
    body: Any = jsontext.read(jsontext.encode(format.body(prompt, {})))
    return body


@FORMATS
@given(history=HISTORIES, system=SYSTEMS, tools=TOOLS, effort=st.sampled_from([None, "low"]))
def test_no_request_can_be_refused_for_its_shape(
    format: Format,
    check: Callable[[Mapping[str, Any]], None],
    history: tuple[ChatMessage, ...],
    system: tuple[SystemText, ...],
    tools: tuple[ToolSpec, ...],
    effort: Effort | None,
) -> None:
    check(sent(format, asked(history, system=system, tools=tools, effort=effort)))


@FORMATS
@given(history=orderly())
def test_a_conversation_that_goes_on_begins_as_it_was_sent_before(
    format: Format, check: Callable[[Mapping[str, Any]], None], history: list[ChatMessage]
) -> None:
    before: list[Any] = []
    for end, message in enumerate(history, 1):
        if message.role == "user":
            body = sent(format, asked(tuple(history[:end])))
            check(body)
            messages = unmarked(body["messages"])
            assert messages[: len(before)] == before
            before = messages


def unmarked(messages: list[Any]) -> list[Any]:
    """Without what marks the end of a prefix: it moves on, and is not part of it."""
    for message in messages:
        for block in message["content"] if isinstance(message["content"], list) else ():
            block.pop("cache_control", None)
    return messages


@given(history=HISTORIES)
def test_who_did_not_send_reasoning_gets_none(history: tuple[ChatMessage, ...]) -> None:
    others = tuple(
        message
        for message in history
        if not any(
            isinstance(block, Thinking | ToolUse)
            and block.provider_data
            and block.provider_data.origin == "here"
            for block in message.content
        )
    )
    openai_chat.check(sent(openai_format.RELATIVE, asked(others)), reasoning=False)
    body = sent(anthropic_format.FORMAT, asked(others))
    assert not any(
        block["type"] in anthropic_messages.THOUGHTS for each in body["messages"] for block in each["content"]
    )


NONE: list[Any] = []
FILE: Any = {"type": "file", "file": {"filename": "a.pdf", "file_data": "JVBERi0="}}
TITLED: Any = {
    "type": "document",
    "title": "",
    "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
}


@pytest.mark.parametrize(
    ("check", "messages", "why"),
    [
        (openai, NONE, "empty"),
        (openai, [{"role": "user", "content": " "}], "blank"),
        (openai, [{"role": "robot", "content": "x"}], "robot"),
        (openai, [{"role": "tool", "content": "x", "tool_call_id": "a"}], "answers no call"),
        (openai, [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "assistant's"),
        (openai, [{"role": "user", "content": "q", "name": "x"}], "unknown fields"),
        (
            openai,
            [{"role": "user", "content": [{"type": "file", "file": {"file_id": "x"}}]}],
            "unknown fields",
        ),
        (openai, [{"role": "user", "content": [FILE]}], "base64-encoded data URL"),
        (anthropic_messages.check, [{"role": "user", "content": [TITLED]}], "title"),
        (anthropic_messages.check, [{"role": "assistant", "content": NONE}], "turns"),
        (anthropic_messages.check, [{"role": "user", "content": NONE}], "content"),
        (anthropic_messages.check, [{"role": "user", "content": [{"type": "x"}]}], "x"),
    ],
)
def test_the_oracles_refuse(
    check: Callable[[Mapping[str, Any]], None], messages: list[Any], why: str
) -> None:
    with pytest.raises(Refused, match=why):
        check({"messages": messages})


def test_a_message_of_words_is_what_it_was() -> None:
    prompt = asked((ChatMessage(role="user", content=(Text(text="hi"),)),))
    assert sent(openai_format.FORMAT, prompt)["messages"] == [{"role": "user", "content": "hi"}]
