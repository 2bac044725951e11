"""A conversation as a text to take away."""

import json
import re
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest

from actors import jsontext
from actors.gateway.downloads import MOST_OF_A_PICTURE, Download, Format, file_name
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


CALL = {"id": "c", "name": "File<Read>", "input": {"path": "</pre><script>x</script>"}}
GAVE = {"name": "FileRead", "content": "<b>x</b>", "is_error": False, "truncated": True}


def picture(size: int = 3, media_type: str = "image/png", name: str = 'a"b.png') -> Message:
    attached = Attachment(name=name, media_type=media_type, path="a.png", size=size)
    return Message(
        id=1, session="s", turn="t", role="assistant", content="", attachments=(attached,), timestamp=AT
    )


class Tags(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_page_for_people_is_whole_and_says_all_of_it() -> None:
    failed = {**GAVE, "content": "no", "is_error": True, "truncated": False}
    page = told(
        "html",
        [message("user", "Look <here>.", "seeds.txt"), message("thinking", "Hm. *Yes.*")],
        [message("tool_use", json.dumps(CALL)), message("tool_result", json.dumps(GAVE))],
        [message("tool_result", json.dumps(failed)), message("tool_result", "cut {")],
        [message("assistant", "**Done.**\n\n```py\na < b\n```"), message("notice", "It was <stopped>.")],
        [message("user", ""), message("assistant", "And?")],
        title="Seeds & </title>",
    )
    read = Tags(page)
    assert read.open == []
    assert [tag for tag, _ in read.seen].count("section") == 4
    assert [tag for tag, _ in read.seen].count("details") == 5
    for words in (
        "Seeds & </title>",
        "Look <here>.",
        "Attached: seeds.txt (text/plain, 3 bytes)",
        "You 2026-03-01 09:30 UTC",
        "Aster 2026-03-01 09:30 UTC",
        "FileRead gave",
        "FileRead failed",
        "It is longer",
        "cut {",
        "a < b",
        "It was <stopped>.",
        "</pre><script>x</script>",
        "File<Read>",
    ):
        assert words in read.text, words
    assert "<strong>Done.</strong>" in page
    assert Tags(told("html", title=None)).open == []


@pytest.mark.parametrize("role", ["user", "assistant", "thinking", "notice", "tool_use", "tool_result"])
@pytest.mark.parametrize(
    "text",
    [
        "<script>x</script><img src=x onerror=y><svg onload=z>",
        "![a](https://x.org/pixel.png) [b](javascript:alert) [c](data:text/html,x)",
        "</div></section></main><iframe src=x>",
        '<style>*{}</style><meta http-equiv="refresh" content="0">',
        "> " * 500 + "deep",
    ],
)
def test_nothing_of_a_page_runs_or_is_fetched(role: Any, text: str) -> None:
    read = Tags(told("html", [message(role, text)]))
    assert read.open == []
    tags = [tag for tag, _ in read.seen]
    assert not {"script", "img", "svg", "iframe", "link", "object", "base", "form"} & set(tags)
    assert (tags.count("style"), tags.count("meta")) == (1, 4)
    for _, attributes in read.seen:
        assert not [name for name in attributes if name.startswith("on") or name in {"style", "src"}]
        assert (attributes.get("href") or "https://").startswith(("https://", "http://", "mailto:"))


@pytest.mark.parametrize("role", ["assistant", "thinking", "notice"])
def test_what_is_written_from_right_to_left_is_shown_so(role: Any) -> None:
    """English words of ours that stand before it say nothing about its direction."""
    page = told("html", [message(role, "שלום")])
    before, _, _ = page.partition("שלום")
    assert before.rpartition('dir="auto">')[2] in {"", "<p>"}


def test_the_policy_of_a_page_allows_its_own_style_and_pictures_and_nothing_else() -> None:
    page = told("html")
    style = re.search(r"<style>(.*)</style>", page, re.DOTALL)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert style is not None
    assert policy is not None
    digest = b64encode(sha256(style[1].encode()).digest()).decode()
    assert policy[1].split("; ") == [
        "default-src 'none'",
        "img-src data:",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_pictures_are_in_the_page_as_far_as_there_is_room_and_are_named_else() -> None:
    download = Download(session(), "html", "Aster")
    (wanted,) = download.wanted([picture(), picture(media_type="image/svg+xml")])
    assert wanted.path == "a.png"
    shown = download.page([picture()], {"a.png": "QUJD"})
    assert '<img src="data:image/png;base64,QUJD" alt="a&quot;b.png">' in shown
    assert "Attached: a&quot;b.png" in download.page([picture()])
    assert "<img" not in download.page([picture(media_type="image/svg+xml")], {"a.png": "QUJD"})
    assert download.wanted([picture(MOST_OF_A_PICTURE + 1)]) == []
    assert len(download.wanted([picture(MOST_OF_A_PICTURE)] * 20)) == 5
    assert Download(session(), "markdown", "Aster").wanted([picture()]) == []
