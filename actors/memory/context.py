"""What the model is told of what is remembered. Pure.

A session hears the same from its first turn to its last, so that the caches of providers hold: what is added meanwhile
waits for the next session. Only what is no longer true is not told once more.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final, Literal, final

import attrs

from actors.context import Section
from actors.vocabulary import Origin
from bus import Data

LOGS: Final = 3
"""Newest daily logs that are told."""

GUIDANCE: Final = """\
--- What to remember ---
What you write down now you know in later conversations.
- USER.md: who the person is, how they want to be spoken to, lasting preferences.
- MEMORY.md: lasting facts, decisions and where to find more.
- A note of its own, such as projects/boat.md: anything longer.
- The daily log: what happened today. Each turn leaves a line in it by itself.
- Not: the state of a task, to-do lists, what is only true at the moment, secrets.
Correct what has become wrong instead of adding to it. Look with MemorySearch before you say that you do not know."""


@final
@attrs.frozen(kw_only=True)
class Caps(Data):
    """Bytes of one note, and of all of them together."""

    file: int
    total: int


@final
@attrs.frozen(kw_only=True)
class Note(Data):
    """A note as it is told."""

    header: str
    name: str
    """By which the model reads the rest of it."""
    text: str
    newest_last: bool = False
    """Whether its end counts more than its beginning."""
    kind: Literal["profile", "note", "log"] = "note"
    date: str | None = None
    """The day that it is about, or on which it was last changed, as ``YYYY-MM-DD``."""


def assembled(notes: Iterable[Note], caps: Caps) -> Section:
    """What the model is told: each note below its header as far as there is room, then what is worth writing down."""
    parts: list[str] = []
    origins: list[Origin] = []
    room = caps.total
    for note in notes:
        text = note.text.strip()
        kept = _end(text, min(caps.file, room)) if note.newest_last else cut(text, min(caps.file, room))
        room -= len(kept.encode())
        parts.append(_told(note, kept, whole=len(kept) == len(text)))
        if text:
            origins.append(_origin(note, len(kept.encode()), len(text.encode())))
    return Section(text="\n\n".join((*parts, GUIDANCE)), origins=tuple(origins))


def _origin(note: Note, kept: int, size: int) -> Origin:
    part = "last" if note.newest_last else "first"
    why = f"all of its {size} bytes" if kept == size else f"the {part} {kept} of {size} bytes"
    return Origin(kind=note.kind, name=note.name, date=note.date, why=why)


def _told(note: Note, kept: str, *, whole: bool) -> str:
    lines = [f"--- {note.header} ---"]
    rest = f"[there is more: MemoryRead {note.name}]"
    lines += [kept] if whole else ([rest, kept] if note.newest_last else [kept, rest])
    return "\n".join(filter(None, lines))


def cut(text: str, limit: int) -> str:
    """The beginning of a text, at most so many bytes of UTF-8 and no part of a character."""
    if len(text) <= limit and text.isascii():
        return text
    return text.encode()[: max(0, limit)].decode(errors="ignore")


def _end(text: str, limit: int) -> str:
    """The end of a text, whole lines if there are any that fit."""
    data = text.encode()
    if len(data) <= limit:
        return text
    kept = data[len(data) - max(0, limit) :].decode(errors="ignore")
    return kept.partition("\n")[2] or kept


# --- the same through a session ---------------------------------------------------------------------------


@final
class Snapshots:
    """What the newest sessions of a user were told. A crash costs no more than a prompt that is not in a cache."""

    def __init__(self, limit: int = 8) -> None:
        self._limit = limit
        self._told: OrderedDict[str, Section] = OrderedDict()
        self.version = 0
        """Grows when something that was told is no longer true."""

    def of(self, session: str) -> Section | None:
        """What a session was told, if that is still true."""
        if session in self._told:
            self._told.move_to_end(session)
        return self._told.get(session)

    def keep(self, session: str, told: Section, version: int) -> None:
        """A session is told this; it was true as of a version."""
        if version != self.version:
            return
        self._told[session] = told
        while len(self._told) > self._limit:
            self._told.popitem(last=False)

    def changed(self) -> None:
        """Something that was told is no longer true: nobody hears it again, not even who has changed it."""
        self.version += 1
        self._told.clear()
