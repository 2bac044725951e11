"""What is sent for a row of the outbox, part by part. Pure.

The same row always has the same parts, so that one which was interrupted goes on with the part after those that have
arrived.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast, final

import attrs

from actors.telegram.question import Keyboard
from actors.telegram.rendering.clean import is_visible
from actors.telegram.rendering.rich import MOST_ENTITIES, Entity, Rich, units
from actors.telegram.rendering.split import chunks
from actors.telegram.settings import StreamMode

DOUBT: Final = "↻ This may be a repeat."
"""First line of what may have arrived already."""
LIMIT: Final = 4096 - len(DOUBT) - 1
"""UTF-16 code units of a text, which leave room for that line."""
MANY: Final = 4
"""An answer of more messages comes as a document too."""
ANSWER: Final = "answer.md"
"""What that document is called."""
QUESTION: Final = "question.txt"
"""What a document is called that shows all of a question."""
LARGEST_PHOTO: Final = 10 * 1024 * 1024
"""Bytes."""
LARGEST_DOCUMENT: Final = 50 * 1024 * 1024
"""Bytes."""
PHOTOS: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
"""What people see as a picture; of everything else Telegram makes a document."""
LONGEST_TITLE: Final = 200
"""Characters."""
LONGEST_NOTICE: Final = 1000
"""Characters."""
MOST_FILES: Final = 50
"""Of one answer."""


@final
@attrs.frozen
class Words:
    """One message of text."""

    rich: Rich
    keyboard: Keyboard = ()


@final
@attrs.frozen
class File:
    """A file of the agent's home."""

    name: str
    media_type: str
    path: str


@final
@attrs.frozen
class Whole:
    """A whole text as a document."""

    text: str
    name: str = ANSWER


Part = Words | File | Whole


def parts(body: Mapping[str, Any], mode: StreamMode) -> tuple[Part, ...]:
    """The parts of a row: an answer of a turn, or a notification. None where there is nothing to be seen."""
    if "whole" in body:
        return (Whole(_text(body, "whole"), QUESTION),)
    if "texts" in body:
        return tuple(_answer(body, mode))
    return tuple(map(Words, _notification(body)))


def asked(body: Mapping[str, Any]) -> str | None:
    """The question that a row is to ask."""
    return _text(body, "approval") or None


def draft_of(body: Mapping[str, Any]) -> int | None:
    """Number of the completion of which a row's first part is the beginning, so that its draft may become that."""
    iteration = body.get("iteration")
    said = _texts(body, "stream")
    return iteration if isinstance(iteration, int) and len(said) == 1 else None


def answered(body: Mapping[str, Any]) -> str | None:
    """What the client called the message that is answered."""
    return _text(body, "client_message_id") or None


def missing(file: File) -> Rich:
    """In place of a file that is there no longer."""
    return Rich(text=f"📎 {_one_line(file.name)} is no longer where it was: {file.path}")


def too_large(file: File, size: int) -> Rich:
    """In place of a file that a bot may not send. `size` in bytes."""
    return Rich(
        text=f"📎 {_one_line(file.name)} ({size / 2**20:.0f} MB) is too large for Telegram. It is here: {file.path}"
    )


def refused(file: File) -> Rich:
    """In place of a file that Telegram does not take."""
    return Rich(text=f"📎 Telegram did not take {_one_line(file.name)}. It is here: {file.path}")


def _answer(body: Mapping[str, Any], mode: StreamMode) -> Iterator[Part]:
    said = [(text, chunks(text, LIMIT)) for text in _texts(body, mode)]
    texts = [rich for _, each in said for rich in each]
    if notice := _notice(body):
        texts = [*texts[:-1], *_joined(texts[-1], notice)] if texts else [notice]
    yield from map(Words, texts)
    for text, rich in said:
        if len(rich) > MANY:
            yield Whole(text)
    yield from _files(body)


def _notification(body: Mapping[str, Any]) -> list[Rich]:
    texts = chunks(_text(body, "text"), LIMIT)
    title = _one_line(_text(body, "title"))[:LONGEST_TITLE].strip()
    if not title:
        return texts
    success = body.get("success")
    mark = {True: "✓ ", False: "✗ "}.get(success, "") if isinstance(success, bool) else ""
    bold = Entity(type="bold", offset=units(mark), length=units(title))
    header = Rich(text=mark + title, entities=(bold,))
    return [*_joined(header, texts[0]), *texts[1:]] if texts else [header]


def _notice(body: Mapping[str, Any]) -> Rich | None:
    """What was wrong with a turn, as a paragraph of its own."""
    text = _text(body, "notice").strip()[:LONGEST_NOTICE].strip()
    return Rich(text=text, entities=(Entity(type="italic", offset=0, length=units(text)),)) if text else None


def _joined(one: Rich, other: Rich) -> list[Rich]:
    """Two texts as one, where that fits."""
    begin = units(one.text) + 2
    if begin + units(other.text) > LIMIT or len(one.entities) + len(other.entities) > MOST_ENTITIES:
        return [one, other]
    moved = (attrs.evolve(entity, offset=begin + entity.offset) for entity in other.entities)
    return [Rich(text=f"{one.text}\n\n{other.text}", entities=(*one.entities, *moved))]


def _files(body: Mapping[str, Any]) -> Iterator[File]:
    for each in _list(body, "attachments")[:MOST_FILES]:
        if isinstance(each, Mapping):
            known = cast("Mapping[str, Any]", each)
            if path := _text(known, "path"):
                name = _text(known, "name") or path.rpartition("/")[2]
                yield File(name, _text(known, "media_type"), path)


def _texts(body: Mapping[str, Any], mode: StreamMode) -> list[str]:
    """What was said; where only answers are wanted, those, and for want of one the last that was said."""
    said = [text for text in _list(body, "texts") if isinstance(text, str) and is_visible(text)]
    if mode != "final_only":
        return said
    answers = _list(body, "answers")
    return [text for text in said if text in answers] or said[-1:]


def _list(body: Mapping[str, Any], name: str) -> Sequence[Any]:
    found: Any = body.get(name)
    return cast("Sequence[Any]", found) if isinstance(found, list | tuple) else ()


def _text(body: Mapping[str, Any], name: str) -> str:
    found = body.get(name)
    return found if isinstance(found, str) else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
