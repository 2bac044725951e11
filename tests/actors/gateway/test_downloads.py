"""A conversation as a text to take away."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from actors.gateway.downloads import Download, Format, file_name
from actors.session.messages import Message, Session
from actors.vocabulary import Attachment
from tests.actors.gateway.world import Gateway

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def session(title: str | None = "Goldfinches") -> Session:
    return Session(
        id="s1",
        user="admin",
        channel="main",
        key=None,
        title=title,
        summary=None,
        created_at=AT,
        last_message_at=AT,
        message_count=1,
        is_closed=False,
        is_read=True,
        triggered_by=None,
    )


def message(role: Any, content: Any, *attachments: Attachment) -> Message:
    text = content if isinstance(content, str) else json.dumps(content)
    return Message(
        id=1, session="s1", turn="t1", role=role, content=text, attachments=attachments, timestamp=AT
    )


MESSAGES = (
    message("user", "look", Attachment(name="a.png", media_type="image/png", path="uploads/a.png", size=7)),
    message("thinking", "let me\n\nsee"),
    message("assistant", "I *look*"),
    message("tool_use", {"type": "tool_use", "id": "c", "name": "FileRead", "input": {"path": "ä"}}),
    message(
        "tool_result",
        {"name": "FileRead", "content": "```py\n1\n```", "truncated": True, "is_error": False},
    ),
    message("tool_result", {"name": "Web", "content": "no", "truncated": False, "is_error": True}),
    message("notice", "Stopped"),
    message("user", "more"),
)


def text(kind: Format, title: str | None = "Goldfinches") -> str:
    download = Download(session(title), kind, "Aster")
    pages = download.page(MESSAGES[:3]) + download.page(MESSAGES[3:])
    return download.head() + pages + download.tail()


def test_markdown_is_for_people() -> None:
    assert (
        text("markdown")
        == """\
# Goldfinches

2026-03-01 · main

## You, 2026-03-01 12:00 UTC

look

- Attached: a.png (image/png, 7 bytes)

## Aster, 2026-03-01 12:00 UTC

> let me
>
> see

I *look*

**FileRead**

```json
{
  "path": "ä"
}
```

**FileRead** gave

````
```py
1
```
````

*It is longer; this is the beginning.*

**Web** failed

```
no
```

*Stopped*

## You, 2026-03-01 12:00 UTC

more
"""
    )
    assert text("markdown", None).startswith("# Conversation\n")


def test_a_call_that_cannot_be_read_is_given_as_it_is() -> None:
    download = Download(session(), "markdown", "Aster")
    assert "```\nno object\n```" in download.page([message("tool_use", "no object")])


def test_json_is_for_programs() -> None:
    read = json.loads(text("json"))
    assert read["session"]["id"] == "s1"
    assert [each["role"] for each in read["messages"]] == [each.role for each in MESSAGES]
    assert read["messages"][0]["attachments"][0]["path"] == "uploads/a.png"
    empty = Download(session(), "json", "Aster")
    assert json.loads(empty.head() + empty.tail())["messages"] == []


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Über Äpfel: 1/2", "Über-Äpfel-1-2.md"),
        ("../../etc", "etc.md"),
        (None, "conversation.md"),
        ("…", "conversation.md"),
        ("x" * 90, "x" * 60 + ".md"),
    ],
)
def test_the_file_is_called_after_the_title(title: str | None, name: str) -> None:
    assert file_name(session(title), "markdown") == name


async def test_it_is_sent_page_by_page_as_a_file(gateway: Gateway) -> None:
    gateway.world.messages["s1"] = list(MESSAGES)
    sent = await gateway.http.get("/api/sessions/s1/export?format=json")
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert len(sent.json()["messages"]) == len(MESSAGES)
    assert (await gateway.http.get("/api/sessions/s1/export")).text.startswith("# ")


@pytest.mark.parametrize(("path", "status"), [("none/export", 404), ("s1/export?format=pdf", 400)])
async def test_what_cannot_be_exported_is_refused(gateway: Gateway, path: str, status: int) -> None:
    assert (await gateway.http.get(f"/api/sessions/{path}")).status_code == status
