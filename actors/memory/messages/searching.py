"""Searching: a user's notes and the agent's shared ones, in one ranking."""

import json
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, final

import attrs

from actors.context import from_context
from actors.endpoints import endpoint
from actors.shapes import described
from actors.tooling import Rendered, ToolReply, tool
from actors.vocabulary import Origin, Text
from bus import Abandon, Data, Request

MOST_HITS: Final = 50
_QUERY: Final = described("Words, a question, a name.")


@final
@attrs.frozen(kw_only=True)
class Found(Data):
    """A passage of a note."""

    source: str
    """Name of the note."""
    text: str
    line_start: int
    """Counted from 1."""
    line_end: int
    """Inclusive."""
    lines: str
    """``first-last``"""
    citation: str
    """``source#Lfirst-Llast``"""
    date: str | None
    """The day that the note is about, as ``YYYY-MM-DD``."""
    score: float
    """The higher, the better; comparable within one search."""
    why: str
    """Why it was found, for a person."""
    complete: bool = True
    """Whether all notes were searched; some are left out while the index is made."""


@endpoint("GET", "/api/memory/search")
@final
@attrs.frozen(kw_only=True)
class Search(Request[tuple[Found, ...]]):
    """The passages that fit best, the best first. Raises Incomplete, MemoryFailed."""

    key_field: ClassVar[str | None] = "user"
    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    query: Annotated[str, _QUERY] = attrs.field(alias="q")
    limit: Annotated[int, described("Most passages.", ge=1, le=MOST_HITS)] = 10
    room: Annotated[int, described("Most bytes of text, all passages together.", ge=1)] = attrs.field(
        default=32_000, alias="max_bytes"
    )
    user: Annotated[str, from_context("user")]


@final
@attrs.frozen(kw_only=True)
class Hits(ToolReply):
    """What a search has found, for the model."""

    found: tuple[Found, ...]

    def rendered(self) -> Rendered:
        shown = [
            {"source": each.source, "lines": each.lines, "citation": each.citation, "text": each.text}
            for each in self.found
        ]
        text = json.dumps(shown, indent=1, ensure_ascii=False) if shown else "Nothing fits in the notes."
        if not all(each.complete for each in self.found):
            text += "\nNote: the notes are still being indexed; more may be found in a moment."
        return Rendered(content=(Text(text=text),), origins=tuple(map(_origin, self.found)))


def _origin(found: Found) -> Origin:
    return Origin(
        kind="note", name=found.source, lines=found.lines, date=found.date, score=found.score, why=found.why
    )


@tool(
    "MemorySearch",
    "Search notes and daily logs, before you answer about earlier conversations, people, dates, preferences or "
    "decisions.",
    effect="pure",
)
@final
@attrs.frozen(kw_only=True)
class MemorySearch(Request[Hits]):
    """Raises Incomplete, MemoryFailed."""

    key_field: ClassVar[str | None] = "user"
    query: Annotated[str, _QUERY]
    limit: Annotated[int, described("Most passages.", ge=1, le=MOST_HITS)] = 8
    user: Annotated[str, from_context("user")]


@final
@attrs.frozen(kw_only=True)
class Indexed(Data):
    """What there is to be found."""

    status: str
    files: int
    chunks: int
    problems: Mapping[str, str]
    """Files and folders that cannot be searched, each with the reason."""


@endpoint("POST", "/api/memory/reindex")
@final
@attrs.frozen(kw_only=True)
class Reindex(Request[Indexed]):
    """Make the index anew from the files. Raises MemoryFailed."""

    key_field: ClassVar[str | None] = "user"
    within: ClassVar[float] = 600.0
    expected: ClassVar[float] = 600.0
    abandon: ClassVar[Abandon] = Abandon.FINISH
    user: Annotated[str, from_context("user")]
