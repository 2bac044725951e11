"""A conversation as one page of HTML that is read without the agent. Pure.

Nothing in it runs and nothing is fetched: words of people are text, those of models the Markdown that mails have too,
and the policy of the page forbids whatever would get past that.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from html import escape
from typing import Any, Final, final

import attrs

from actors import jsontext
from actors.markup import fragment_of
from actors.session.messages import Message, Session
from actors.vocabulary import Attachment

PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Media types that are shown in the page."""

_STYLE: Final = """
:root { color-scheme: light dark; --line: #d9d5cc; --soft: #f4f1ea; --quiet: #5d5a54; --accent: #a4501d; }
@media (prefers-color-scheme: dark) {
  :root { --line: #45423c; --soft: #2a2825; --quiet: #b3afa6; --accent: #e59a68; }
}
body { margin: 0; font: 1rem/1.6 system-ui, sans-serif; background: Canvas; color: CanvasText; }
main { max-width: 46rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: anywhere; }
header p, .who, summary, figcaption, .file, .notice { color: var(--quiet); }
h1 { font-size: 1.5rem; line-height: 1.3; }
h2 { font-size: 1.25rem; }
.who { margin: 0 0 .25rem; font-size: .875rem; font-weight: 600; }
.who time { font-weight: 400; }
section { margin-top: 2rem; }
.said { padding: .625rem .875rem; border-left: 3px solid var(--accent); background: var(--soft); }
.said, details pre { white-space: pre-wrap; }
a { color: var(--accent); }
pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: 6px; background: var(--soft); }
code, pre { font: .875rem/1.5 ui-monospace, monospace; }
table { display: block; overflow-x: auto; border-collapse: collapse; }
th, td { padding: .25rem .625rem; border: 1px solid var(--line); text-align: start; }
blockquote { margin-inline: 0; padding-inline-start: 1rem; border-inline-start: 3px solid var(--line); }
details { margin: .5rem 0; }
summary { cursor: pointer; }
figure { margin: .75rem 0; }
img { max-width: 100%; height: auto; }
@media print { details::details-content { content-visibility: visible; } }
"""
_POLICY: Final = (
    "default-src 'none'; img-src data:; "
    f"style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; base-uri 'none'; form-action 'none'"
)

Pictures = Mapping[str, str]
"""The bytes of pictures in base64, by their paths."""


@final
@attrs.define
class Readable:
    """Writes one conversation, message by message, as pieces of a page which follow each other."""

    agent: str
    """What it is called."""
    _speaker: str | None = attrs.field(default=None, init=False)

    def head(self, session: Session) -> str:
        """What stands before the first message."""
        title = escape(" ".join((session.title or "Conversation").split()))
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="referrer" content="no-referrer">\n'
            f"<title>{title}</title>\n<style>{_STYLE}</style></head>\n<body><main>\n"
            f'<header><h1 dir="auto">{title}</h1>'
            f"<p>{session.created_at:%Y-%m-%d} · {escape(session.channel)}</p></header>\n"
        )

    def tail(self) -> str:
        """What stands behind the last message."""
        return f"{self._ended()}</main></body></html>\n"

    def message(self, message: Message, pictures: Pictures) -> Iterator[str]:
        """One message; pictures whose bytes are not given are named."""
        speaker = "You" if message.role == "user" else self.agent
        if message.role == "user" or speaker != self._speaker:
            yield self._ended()
            at = message.timestamp
            yield (
                f'<section><h2 class="who">{escape(speaker)} <time datetime="{at.isoformat()}">'
                f"{at:%Y-%m-%d %H:%M} UTC</time></h2>\n"
            )
        self._speaker = speaker
        yield _words(message)
        for attachment in message.attachments:
            yield _file(attachment, pictures.get(attachment.path))

    def _ended(self) -> str:
        return "" if self._speaker is None else "</section>\n"


def _words(message: Message) -> str:
    content = message.content
    match message.role:
        case "user":
            return f'<div class="said" dir="auto">{escape(content)}</div>\n' if content else ""
        case "thinking":
            return _folded("Thought", _written(content))
        case "notice":
            return f'<p class="notice" dir="auto">{escape(content)}</p>\n'
        case "tool_use" | "tool_result":
            return _call(message)
        case _:
            return _written(content)


def _written(markdown: str) -> str:
    """What a model wrote, from right to left where its own words are."""
    return f'<div dir="auto">{fragment_of(markdown)}</div>\n'


def _call(message: Message) -> str:
    """What a tool was asked, or what it gave."""
    try:
        call: dict[str, Any] = jsontext.read_object(message.content, depth=jsontext.OWN_DEPTH)
    except jsontext.NotJson:  # longer or deeper than anybody reads
        return _folded("A tool", f"<pre>{escape(message.content)}</pre>\n")
    name = call["name"]
    if message.role == "tool_use":
        return _folded(name, f"<pre>{escape(jsontext.write(call['input'], indent=2))}</pre>\n")
    what = "failed" if call["is_error"] else "gave"
    cut = "<p>It is longer; this is the beginning.</p>\n" if call["truncated"] else ""
    return _folded(f"{name} {what}", f"<pre>{escape(call['content'])}</pre>\n{cut}")


def _folded(summary: str, html: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>\n{html}</details>\n"


def _file(attachment: Attachment, data: str | None) -> str:
    name = escape(attachment.name)
    if data is None or attachment.media_type not in PICTURES:
        about = f"{name} ({escape(attachment.media_type)}, {attachment.size} bytes)"
        return f'<p class="file">Attached: {about}</p>\n'
    source = f"data:{attachment.media_type};base64,{data}"
    return f'<figure><img src="{source}" alt="{name}"><figcaption>{name}</figcaption></figure>\n'
