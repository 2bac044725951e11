"""What programs send, understood."""

import re
from typing import Any

import pytest

from actors.endpoints import BadMessage
from actors.gateway.client_frames import MAX_ATTACHMENTS
from actors.gateway.v1.asked import completion as read
from actors.gateway.v1.asked import response

BYTES = "application/octet-stream"
PIXEL = "data:image/png;base64,iVBORw0KGgo="


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def assistant(content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


def test_a_message_is_what_is_said() -> None:
    asked = read({"messages": [user("Hi")]})
    assert (asked.text, asked.before, asked.files) == ("Hi", "", ())
    assert (asked.model, asked.stream, asked.usage, asked.user) == (None, False, False, None)
    assert asked.told(heard=False) == asked.told(heard=True) == "Hi"


def test_what_stands_behind_the_last_answer_is_new() -> None:
    rules = {"role": "system", "content": "Be short."}
    later = {"role": "developer", "content": [{"type": "text", "text": "In verse."}]}
    asked = read({"messages": [rules, user("One"), assistant("1"), user("Two"), later, user("and three")]})
    assert asked.text == "Two\n\nand three"
    assert asked.told(heard=True) == asked.text
    assert asked.told(heard=False) == (
        "Two\n\nand three\n\n"
        "<instructions-of-the-program>\nBe short.\n\nIn verse.\n</instructions-of-the-program>\n\n"
        "<earlier-in-this-conversation>\n[user]\nOne\n\n[assistant]\n1\n</earlier-in-this-conversation>"
    )


def test_files_of_earlier_messages_are_mentioned_and_those_of_new_ones_come_along() -> None:
    picture = {"type": "image_url", "image_url": {"url": PIXEL}}
    asked = read({"messages": [user([picture]), assistant("a dot"), user([picture])]})
    assert "[user]\n(a file)" in asked.before
    assert [(file.file_name, file.mime_type, file.data) for file in asked.files] == [
        ("picture.png", "image/png", "iVBORw0KGgo=")
    ]
    assert asked.text == ""
    assert asked.told(heard=True) == ""
    assert asked.told(heard=False) == asked.before


@pytest.mark.parametrize(
    ("part", "name", "media_type"),
    [
        (
            {"type": "input_image", "image_url": "data:image/svg+xml;base64,AA=="},
            "picture.svg",
            "image/svg+xml",
        ),
        (
            {"type": "image_url", "image_url": {"url": "data:;base64,AA=="}},
            "picture.octet-stream",
            "application/octet-stream",
        ),
        (
            {
                "type": "file",
                "file": {"filename": "a.pdf", "file_data": "data:application/pdf;name=x;base64,AA=="},
            },
            "a.pdf",
            "application/pdf",
        ),
        ({"type": "input_file", "file_data": "data:text/csv;base64,AA=="}, "file", "text/csv"),
        (
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="},
            "a.pdf",
            "application/pdf",
        ),
        (
            {
                "type": "document",
                "title": "Report",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "AA=="},
            },
            "Report.pdf",
            "application/pdf",
        ),
        (
            {"type": "document", "title": "r" * 300, "source": {"type": "base64", "data": "AA=="}},
            f"{'r' * 196}.pdf",
            "application/pdf",
        ),
        (
            {"type": "document", "source": {"type": "base64", "media_type": "text/plain", "data": "AA=="}},
            "document",
            "text/plain",
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}},
            "sound.mp3",
            "application/octet-stream",
        ),
        ({"type": "input_audio", "input_audio": {"data": "AA=="}}, "sound.wav", BYTES),
    ],
)
def test_files_in_each_form(part: dict[str, Any], name: str, media_type: str) -> None:
    (file,) = read({"messages": [user([{"type": "text", "text": "Look"}, part])]}).files
    assert (file.file_name, file.mime_type, file.data) == (name, media_type, "AA==")


def test_options() -> None:
    asked = read(
        {
            "messages": [user("Hi")],
            "model": "openai/gpt-5",
            "stream": True,
            "stream_options": {"include_usage": True},
            "user": "u" * 300,
            "temperature": 0.2,
            "n": 1,
            "tool_choice": "auto",
        }
    )
    assert (asked.model, asked.stream, asked.usage) == ("openai/gpt-5", True, True)
    assert asked.user == "u" * 200
    assert read({"messages": [user("Hi")], "model": "starpod"}).model is None


def test_a_refusal_said_before_is_part_of_what_was_said() -> None:
    asked = read({"messages": [assistant([{"type": "refusal", "refusal": "No."}]), user("Why?")]})
    assert "[assistant]\nNo." in asked.before


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "messages: expected a list"),
        ({"messages": "Hi"}, "messages: expected a list"),
        ({"messages": []}, "expected the last message to be one of the user"),
        ({"messages": ["Hi"]}, "messages[0]: expected an object"),
        ({"messages": [{"role": "robot", "content": "Hi"}]}, "messages[0].role: expected one of"),
        ({"messages": [{"role": ["user"], "content": "Hi"}]}, "messages[0].role: expected one of"),
        ({"messages": [user(5)]}, "messages[0].content: expected a text or a list of parts"),
        ({"messages": [user(["Hi"])]}, "messages[0].content[0]: expected an object"),
        ({"messages": [user([{"type": "video"}])]}, "messages[0].content[0].type: parts of type 'video'"),
        ({"messages": [user([{"type": "text", "text": 5}])]}, "messages[0].content[0].text: expected a text"),
        (
            {"messages": [user([{"type": "file", "file": 5}])]},
            "messages[0].content[0].file: expected an object",
        ),
        (
            {"messages": [user([{"type": "image_url", "image_url": {"url": "https://x/y.png"}}])]},
            "expected the data",
        ),
        ({"messages": [user([{"type": "image_url"}])]}, "expected the data itself"),
        ({"messages": [user([{"type": "document"}])]}, "content[0].source: expected the data itself"),
        (
            {"messages": [user([{"type": "document", "source": {"type": "url", "url": "https://x/y.pdf"}}])]},
            "expected the data itself",
        ),
        ({"messages": [user(None)]}, "the last message to be one of the user"),
        ({"messages": [user("Hi"), assistant("Hello")]}, "the last message to be one of the user"),
        (
            {"messages": [user([{"type": "image_url", "image_url": PIXEL}] * (MAX_ATTACHMENTS + 1))]},
            "at most 32 files",
        ),
        ({"messages": [user("Hi")], "n": 2}, "n: the agent gives one answer"),
        ({"messages": [user("Hi")], "n": [1]}, "n: the agent gives one answer"),
        ({"messages": [user("Hi")], "tool_choice": "required"}, "tool_choice: the agent uses its own tools"),
        ({"messages": [user("Hi")], "tool_choice": {"type": "function"}}, "tool_choice: the agent uses"),
        ({"messages": [user("Hi")], "stream_options": 5}, "stream_options: expected an object"),
        ({"messages": [user("Hi")], "model": 5}, "model: expected a text"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(BadMessage) as refused:
        read(fields)
    assert why in str(refused.value)


def test_a_response_is_asked_for_with_a_text() -> None:
    asked = response(
        {"input": "Hi", "instructions": "Be short.", "previous_response_id": "resp_t1", "stream": True}
    )
    assert (asked.text, asked.previous, asked.stream) == ("Hi", "resp_t1", True)
    assert "Be short." in asked.before


def test_a_response_is_asked_for_with_items() -> None:
    parts = [{"type": "input_text", "text": "Look"}, {"type": "input_image", "image_url": PIXEL}]
    items: list[Any] = [
        user("One"),
        {"type": "reasoning", "summary": []},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "1"}]},
        {"type": "function_call_output", "call_id": "c", "output": "x"},
        user(parts),
    ]
    asked = response({"input": items})
    assert (asked.text, len(asked.files), asked.previous) == ("Look", 1, None)
    assert "[user]\nOne\n\n[assistant]\n1" in asked.before


@pytest.mark.parametrize(
    ("fields", "why"), [({}, "input: expected a list"), ({"input": ["Hi"]}, "input[0]: expected an object")]
)
def test_a_response_that_cannot_be_meant(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(BadMessage, match=re.escape(why)):
        response(fields)
