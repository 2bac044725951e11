"""A conversation as a text to take away: Markdown for people, JSON for programs. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, final

import attrs

from actors import jsontext
from actors.gateway.protocol import wire
from actors.session.messages import Message, Session
from actors.vocabulary import Attachment

Format = Literal["markdown", "json"]
MEDIA_TYPES: Final = {"markdown": "text/markdown; charset=utf-8", "json": "application/json"}
_ENDINGS: Final = {"markdown": "md", "json": "json"}
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

    def head(self) -> str:
        """What stands before the first message."""
        if self.kind == "json":
            return f'{{"session": {_json(wire.json(self.session))}, "messages": ['
        title = " ".join((self.session.title or "Conversation").split())
        return f"# {title}\n\n{self.session.created_at:%Y-%m-%d} · {self.session.channel}\n"

    def page(self, messages: Iterable[Message]) -> str:
        """The messages that follow."""
        write = self._as_json if self.kind == "json" else self._as_markdown
        return "".join(piece for message in messages for piece in write(message))

    def tail(self) -> str:
        """What stands behind the last message."""
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
