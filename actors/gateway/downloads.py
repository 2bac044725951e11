"""A conversation as a text to take away: Markdown or a page for people, JSON for programs. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, final

import attrs

from actors import jsontext
from actors.gateway.protocol import wire
from actors.gateway.readable import PICTURES, Pictures, Readable
from actors.session.messages import Message, Session
from actors.vocabulary import Attachment

Format = Literal["markdown", "html", "json"]
MEDIA_TYPES: Final = {
    "markdown": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
}
MOST_OF_A_PICTURE: Final = 4 * 1024 * 1024
MOST_OF_PICTURES: Final = 24 * 1024 * 1024
"""Bytes up to which pictures are put into a page; others are named."""
_ENDINGS: Final = {"markdown": "md", "html": "html", "json": "json"}
_NAME: Final = re.compile(r"[^\w.-]+")
_LONGEST_NAME: Final = 60
_FENCE: Final = re.compile(r"`{3,}")


def file_name(session: Session, kind: Format) -> str:
    """What the file is called: after the title, with nothing that a file system takes amiss."""
    name = _NAME.sub("-", session.title or "").strip("-.")[:_LONGEST_NAME]
    return f"{name or 'conversation'}.{_ENDINGS[kind]}"


@final
@attrs.define
class Download:
    """One conversation, page by page, as pieces of a text which follow each other.

    Attributes:
      agent: what the agent is called.
    """

    session: Session
    kind: Format
    agent: str
    _begun: bool = attrs.field(default=False, init=False)
    _speaker: str | None = attrs.field(default=None, init=False)
    _room: int = attrs.field(default=MOST_OF_PICTURES, init=False)
    _readable: Readable = attrs.field(
        default=attrs.Factory(lambda self: Readable(self.agent), takes_self=True), init=False
    )

    def head(self) -> str:
        """What stands before the first message."""
        if self.kind == "json":
            return f'{{"session": {_json(wire.json(self.session))}, "messages": ['
        if self.kind == "html":
            return self._readable.head(self.session)
        title = " ".join((self.session.title or "Conversation").split())
        return f"# {title}\n\n{self.session.created_at:%Y-%m-%d} · {self.session.channel}\n"

    def wanted(self, messages: Iterable[Message]) -> list[Attachment]:
        """Pictures of the messages that follow which are shown in the page."""
        found = list[Attachment]()
        for message in messages if self.kind == "html" else ():
            for file in message.attachments:
                if file.media_type in PICTURES and file.size <= min(MOST_OF_A_PICTURE, self._room):
                    self._room -= file.size
                    found.append(file)
        return found

    def page(self, messages: Iterable[Message], pictures: Pictures | None = None) -> str:
        """The messages that follow, with the pictures that were wanted of them as far as there are any."""
        if self.kind == "html":
            known = pictures or {}
            return "".join(piece for message in messages for piece in self._readable.message(message, known))
        write = self._as_json if self.kind == "json" else self._as_markdown
        return "".join(piece for message in messages for piece in write(message))

    def tail(self) -> str:
        """What stands behind the last message."""
        if self.kind == "html":
            return self._readable.tail()
        return "]}\n" if self.kind == "json" else ""

    def _as_json(self, message: Message) -> Iterator[str]:
        yield ",\n" if self._begun else "\n"
        self._begun = True
        yield _json(wire.json(message))

    def _as_markdown(self, message: Message) -> Iterator[str]:
        speaker = "You" if message.role == "user" else self.agent
        if message.role == "user" or speaker != self._speaker:
            yield f"\n## {speaker}, {message.timestamp:%Y-%m-%d %H:%M} UTC\n"
        self._speaker = speaker
        yield f"\n{_words(message)}\n"
        for attachment in message.attachments:
            yield f"\n- Attached: {_attached(attachment)}\n"


def _words(message: Message) -> str:
    match message.role:
        case "thinking":
            return "\n".join(f"> {line}".rstrip() for line in message.content.splitlines())
        case "notice":
            return f"*{message.content}*"
        case "tool_use" | "tool_result":
            return _call(message)
        case _:
            return message.content


def _call(message: Message) -> str:
    """What a tool was asked, or what it gave."""
    try:
        call = jsontext.read_object(message.content, depth=jsontext.OWN_DEPTH)
    except jsontext.NotJson:  # longer or deeper than anybody reads
        return _fenced(message.content, "")
    if message.role == "tool_use":
        return f"**{call['name']}**\n\n{_fenced(jsontext.write(call['input'], indent=2), 'json')}"
    what = "failed" if call["is_error"] else "gave"
    cut = "\n\n*It is longer; this is the beginning.*" if call["truncated"] else ""
    return f"**{call['name']}** {what}\n\n{_fenced(call['content'], '')}{cut}"


def _fenced(text: str, language: str) -> str:
    """A text as a block of code, whatever fences it holds itself."""
    marks = "`" * max([3, *(len(fence) + 1 for fence in _FENCE.findall(text))])
    return f"{marks}{language}\n{text}\n{marks}"


def _attached(attachment: Attachment) -> str:
    return f"{attachment.name} ({attachment.media_type}, {attachment.size} bytes)"


def _json(value: Any) -> str:
    return jsontext.write(value)
