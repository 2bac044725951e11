"""Looking at notes."""

from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal, final

import attrs

from actors.context import from_context
from actors.endpoints import endpoint
from actors.shapes import described
from actors.tooling import Rendered, ToolReply, tool
from actors.vocabulary import Role, Text
from bus import Data, Event, Request

LARGEST: Final = 1024 * 1024
"""Bytes of one note."""
ROOM: Final = 7 * LARGEST
"""Bytes of a message with a note: JSON may take six for one."""
Level = Literal["agent", "user"]
NAME: Final = described("Such as MEMORY.md, memory/2026-03-17.md or projects/boat.md.")


@final
@attrs.frozen(kw_only=True)
class Entry(Data):
    """A note without its text."""

    name: str
    size: int
    """Bytes."""
    changed_at: datetime
    level: Level
    """Whose it is: the agent's, which all users share, or the user's own."""
    writable: bool
    """Whether who asks may change it."""


@endpoint("GET", "/api/memory/files")
@final
@attrs.frozen(kw_only=True)
class ListFiles(Request[tuple[Entry, ...]]):
    """All notes there are for somebody, by level and name. Raises MemoryFailed."""

    key_field: ClassVar[str | None] = "user"
    max_bytes: ClassVar[int] = ROOM
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


@final
@attrs.frozen(kw_only=True)
class FileText(Data):
    """A note, or a part of it."""

    name: str
    text: str
    etag: str
    """Changes with the note, and is that of the whole of it."""


@endpoint("GET", "/api/memory/file")
@final
@attrs.frozen(kw_only=True)
class ReadFile(Request[FileText]):
    """A note. Raises BadName, UnknownFile, TooLarge, MemoryFailed."""

    key_field: ClassVar[str | None] = "user"
    max_bytes: ClassVar[int] = ROOM
    name: Annotated[str, NAME]
    start_line: Annotated[int | None, described("First line, counted from 1.", ge=1)] = None
    end_line: Annotated[int | None, described("Last line, inclusive; counts with start_line only.", ge=1)] = (
        None
    )
    user: Annotated[str, from_context("user")]


@final
@attrs.frozen(kw_only=True)
class Note(ToolReply):
    """A note for the model."""

    name: str
    text: str

    def rendered(self) -> Rendered:
        text = self.text or f"{self.name} is empty there, or does not exist."
        return Rendered(content=(Text(text=text),))


@tool(
    "MemoryRead",
    "Read a note, or some lines of it.",
    effect="pure",
)
@final
@attrs.frozen(kw_only=True)
class MemoryRead(Request[Note]):
    """One that does not exist is empty. Raises BadName, TooLarge, MemoryFailed."""

    key_field: ClassVar[str | None] = "user"
    max_bytes: ClassVar[int] = ROOM
    file: Annotated[str, NAME]
    start_line: Annotated[int | None, described("First line, counted from 1.", ge=1)] = None
    end_line: Annotated[int | None, described("Last line, inclusive; counts with start_line only.", ge=1)] = (
        None
    )
    user: Annotated[str, from_context("user")]


@final
@attrs.frozen(kw_only=True)
class MemoryChanged(Event):
    """A note is not as it was: written, forgotten, or changed by hand."""

    user: str
    """Whose it is; empty for the agent's, which all users share."""
    name: str
