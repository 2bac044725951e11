"""A conversation as a text to take away."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from actors import jsontext
from actors.gateway.downloads import Download, Format, file_name
from actors.session.messages import Message, Session
from actors.vocabulary import Attachment

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def session(title: str | None = "Seeds for\n May") -> Session:
    return Session(
        id="s",
        user="admin",
        channel="main",
        key="k",
        title=title,
        summary=None,
        created_at=AT,
        last_message_at=AT,
        message_count=2,
        is_closed=False,
        is_read=True,
        triggered_by=None,
    )


def message(role: Any, content: str, *files: str) -> Message:
    attached = tuple(Attachment(name=name, media_type="text/plain", path=name, size=3) for name in files)
    return Message(
        id=1, session="s", turn="t", role=role, content=content, attachments=attached, timestamp=AT
    )


def told(kind: Format, *pages: list[Message], title: str | None = "Seeds for\n May") -> str:
    download = Download(session(title), kind, "Aster")
    return download.head() + "".join(download.page(page) for page in pages) + download.tail()


@pytest.mark.parametrize(
    ("title", "name"),
    [(None, "conversation.md"), ("../../etc/passwd", "etc-passwd.md"), ("Été 2026", "Été-2026.md")],
)
def test_a_file_is_called_after_the_title(title: str | None, name: str) -> None:
    assert file_name(session(title), "markdown") == name
    assert file_name(session("x" * 500), "json") == f"{'x' * 60}.json"


def test_people_read_who_said_what_and_what_was_done() -> None:
    call = {"id": "c", "name": "FileRead", "input": {"path": "a.md"}}
    gave = {"id": "c", "name": "FileRead", "content": "```\nx\n```", "is_error": False, "truncated": True}
    failed = {**gave, "content": "no", "is_error": True, "truncated": False}
    text = told(
        "markdown",
        [message("user", "Look.", "seeds.txt"), message("thinking", "Hm.\n\nYes.")],
        [message("tool_use", json.dumps(call)), message("tool_result", json.dumps(gave))],
        [message("tool_result", json.dumps(failed)), message("tool_result", "cut {")],
        [message("assistant", "Done."), message("notice", "It was stopped.")],
    )
    assert (
        text
        == """# Seeds for May

2026-03-01 · main

## You, 2026-03-01 09:30 UTC

Look.

- Attached: seeds.txt (text/plain, 3 bytes)

## Aster, 2026-03-01 09:30 UTC

> Hm.
>
> Yes.

**FileRead**

```json
{
  "path": "a.md"
}
```

**FileRead** gave

````
```
x
```
````

*It is longer; this is the beginning.*

**FileRead** failed

```
no
```

```
cut {
```

Done.

*It was stopped.*
"""
    )
    assert told("markdown", title=None).startswith("# Conversation\n")


def test_programs_read_json_whatever_the_pages() -> None:
    said = [message("user", "Look."), message("assistant", "Done.")]
    found = jsontext.read_object(told("json", said[:1], [], said[1:]).encode())
    assert found["session"]["id"] == "s"
    assert [each["content"] for each in found["messages"]] == ["Look.", "Done."]
    assert jsontext.read_object(told("json").encode())["messages"] == []
