"""A conversation as notes."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from actors.memory import export, names
from actors.memory.messages import LARGEST
from actors.session.messages import Message, Session
from tests.actors.memory.test_log import FILE, shown

THEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def conversation(**fields: Any) -> Session:
    values: dict[str, Any] = {
        "id": "0123456789",
        "user": "ada",
        "channel": "telegram",
        "key": "42",
        "title": "The  boat\nof Ada",
        "summary": None,
        "created_at": THEN,
        "last_message_at": THEN,
        "message_count": 2,
        "is_closed": True,
        "is_read": True,
        "triggered_by": None,
        **fields,
    }
    return Session(**values)


def call(name: str, **input: Any) -> Message:
    return shown("tool_use", json.dumps({"type": "tool_use", "id": "c", "name": name, "input": input}))


def test_it_is_what_was_said_and_done() -> None:
    messages = [
        shown("user", "look", attachments=(FILE,)),
        shown("thinking", "hm"),
        call("FileRead", path="notes.md"),
        shown("tool_result", json.dumps({"content": "x" * 600})),
        shown("assistant", "It is\nfine."),
        shown("notice", "stopped"),
    ]
    (text,) = export.notes(conversation(summary="Auto-closed:\ninactivity"), messages, "Aster")
    assert text == (
        "# Session: The boat of Ada\n\n- **Date**: 2026-03-01\n- **Channel**: telegram\n- **Messages**: 2\n"
        "- **Summary**: Auto-closed: inactivity\n\n---\n\n"
        "**User**: look [boat.png]\n\n"
        '**tool_use**: FileRead {"path": "notes.md"}\n\n'
        f"**tool_result**: {'x' * 500}...\n\n"
        "**Aster**: It is\nfine.\n\n"
        "**notice**: stopped\n\n"
    )


def test_where_nothing_was_said_there_is_no_note() -> None:
    assert export.notes(conversation(), [shown("thinking", "hm"), shown("user", "")], "Aster") == []


def test_a_long_conversation_is_split_and_nothing_of_it_is_lost() -> None:
    said = ["é" * 300_000, "short", "x" * 2_000_000, *["line"] * 1000]
    texts = export.notes(conversation(title=None), [shown("user", each) for each in said], "Aster")
    assert len(texts) > 2
    assert all(len(text.encode()) < LARGEST for text in texts)
    assert texts[0].startswith("# Session: untitled\n")
    assert "- **Part**: 2\n" in texts[1]
    kept = "".join(text.partition("---\n\n")[2] for text in texts)
    assert kept.replace("**User**: ", "").replace("\n\n", "") == "".join(said)
    assert export.names_of(conversation(), 2) == [
        "memory/sessions/the-boat-of-ada-01234567.md",
        "memory/sessions/the-boat-of-ada-01234567-2.md",
    ]


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        (None, "untitled-01234567"),
        ("???", "01234567"),
        ("Straße & Œuvre", "straße-œuvre-01234567"),
        ("../../etc/passwd", "etc-passwd-01234567"),
        ("日本の船", "日本の船-01234567"),
        ("x" * 80, f"{'x' * 50}-01234567"),
        ("p\u0430ypal", "01234567"),  # a Cyrillic letter among Latin ones
    ],
)
def test_a_name_is_made_of_the_title_as_far_as_there_can_be_such_a_note(title: str | None, stem: str) -> None:
    (name,) = export.names_of(conversation(title=title), 1)
    assert name == f"memory/sessions/{stem}.md"
    assert names.checked(name).level == "user"
