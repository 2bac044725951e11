"""A conversation as notes that can be read and searched: in several if it is long, so that nothing is lost. Pure."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from actors.jsontext import read_object
from actors.memory import names
from actors.memory.context import cut
from actors.memory.messages import BadName
from actors.session.messages import Message, Session

SIZE: Final = 900_000
"""Bytes of one note."""
TOOL: Final = 500
"""Bytes of what a tool was given, and of what it has found."""
_TITLE: Final = 50
"""Characters of a title in a name."""
FOLDER: Final = "memory/sessions"


def names_of(session: Session, count: int) -> list[str]:
    """The names of the notes; the title is left out where no note can be called so."""
    short = session.id[:8]
    stem = "-".join(filter(None, (slug(session.title or "untitled"), short)))
    try:
        names.checked(f"{FOLDER}/{stem}.md")
    except BadName:
        stem = short
    return [f"{FOLDER}/{stem}{f'-{n}' if n > 1 else ''}.md" for n in range(1, count + 1)]


def slug(title: str) -> str:
    """Letters and digits of a title; whatever is between them is a dash."""
    kept = "".join(each if each.isalnum() else "-" for each in title[:_TITLE].lower())
    return re.sub("-+", "-", kept).strip("-")


def notes(session: Session, messages: Iterable[Message], agent: str) -> list[str]:
    """The texts of the notes; none when nothing was said."""
    texts: list[str] = []
    parts: list[str] = []
    room = 0
    for said in _said(messages, agent):
        size = len(said.encode())
        if size > room and parts:
            texts.append("".join(parts))
            parts = []
        if not parts:
            parts = [_head(session, len(texts) + 1)]
            room = SIZE
        parts.append(said)
        room -= size
    return [*texts, "".join(parts)] if parts else []


def _head(session: Session, part: int) -> str:
    title = " ".join((session.title or "untitled").split())
    lines = [
        f"# Session: {title}",
        "",
        f"- **Date**: {session.created_at:%Y-%m-%d}",
        f"- **Channel**: {session.channel}",
        f"- **Messages**: {session.message_count}",
    ]
    if session.summary:
        lines.append(f"- **Summary**: {' '.join(session.summary.split())}")
    if part > 1:
        lines.append(f"- **Part**: {part}")
    return "\n".join((*lines, "", "---", "", ""))


def _said(messages: Iterable[Message], agent: str) -> Iterator[str]:
    """What was said, each in pieces that fit."""
    labels = {"user": "User", "assistant": agent}
    for message in messages:
        text = _shown(message)
        label = labels.get(message.role, message.role)
        for piece in _pieces(text):
            yield f"**{label}**: {piece}\n\n"


def _shown(message: Message) -> str:
    """A message as text; nothing of what a model thought by itself."""
    match message.role:
        case "thinking":
            return ""
        case "tool_use":
            call = read_object(message.content)
            return f"{call['name']} {_short(json.dumps(call['input'], ensure_ascii=False))}"
        case "tool_result":
            return _short(str(read_object(message.content)["content"]))
        case _:
            files = [f"[{each.name}]" for each in message.attachments]
            return " ".join(filter(None, (message.content.strip(), *files)))


def _short(text: str) -> str:
    kept = cut(text, TOOL)
    return kept if kept == text else f"{kept}..."


def _pieces(text: str) -> Iterator[str]:
    """A text cut so that each piece fits into a note."""
    while text:
        piece = cut(text, SIZE // 2)
        yield piece
        text = text[len(piece) :]
