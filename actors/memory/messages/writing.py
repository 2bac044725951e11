"""Changing notes. A change is written down with who made it, through which door and in which turn."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Literal, final

import attrs

from actors.context import from_context
from actors.endpoints import endpoint
from actors.memory.messages.files import NAME, ROOM
from actors.shapes import described
from actors.tooling import Rendered, ToolReply, tool
from actors.vocabulary import Role, Text
from bus import Abandon, Data, Request

Mode = Literal["whole", "append", "replace", "forget"]
"""What becomes of a note: all of it is new, something comes behind it, a passage gives way to another text, or a
passage (without one, the note) goes."""
Door = Literal["tool", "http", "log", "export", "flush", "review"]
BY_MODEL: Final[frozenset[Door]] = frozenset({"tool", "flush", "review"})
"""What comes through these a model has written, so it is looked at before it is kept."""


@final
@attrs.frozen(kw_only=True)
class Origin(Data):
    """Where a change comes from."""

    user: str
    """Who makes it, or for whom it is made."""
    door: Door
    session: str = ""
    turn: str = ""


@final
@attrs.frozen(kw_only=True)
class Written(ToolReply):
    """What has become of a change."""

    name: str
    size: int
    """Bytes that the note has now; 0 for one that is gone."""
    revision: int
    """Its number in the history."""
    etag: str
    """Of the note as it is now; empty for one that is gone."""
    done: str
    """What was done, in words."""
    notice: str | None = None
    """Something that who wrote it should know."""

    def rendered(self) -> Rendered:
        return Rendered(content=(Text(text="\n".join(filter(None, (self.done, self.notice)))),))


class _Changing:
    """What all requests have in common that change a note."""

    __slots__ = ()
    key_field: ClassVar[str | None] = "user"
    max_bytes: ClassVar[int] = ROOM
    within: ClassVar[float] = 30.0
    abandon: ClassVar[Abandon] = Abandon.FINISH


@final
@attrs.frozen(kw_only=True)
class Change(_Changing, Request[Written]):
    """Change a note, for other subsystems and on behalf of a user.

    Raises BadName, AdminsOnly, UnknownFile, NotOnce, ChangedMeanwhile, TooLarge, OverLimit, Suspicious, MemoryFailed.
    """

    user: str
    role: Role = "user"
    name: str
    mode: Mode
    content: str = ""
    passage: str | None = None
    """What is replaced, or forgotten: there exactly once."""
    etag: str | None = None
    """What the note has to be like for that; empty: it must not exist. None: whatever it is like."""
    origin: Origin
    key: str | None = None
    """A change that is asked for again with the same one is made once."""


@endpoint("PUT", "/api/memory/file")
@final
@attrs.frozen(kw_only=True)
class WriteFile(_Changing, Request[Written]):
    """Write a note, or change a part of it. Raises Contradiction, and what Change does."""

    name: Annotated[str, NAME]
    content: str
    mode: Annotated[
        Literal["whole", "append", "replace"], described("Of the note; `replace` needs a `passage`.")
    ] = "whole"
    passage: Annotated[str | None, described("What `content` takes the place of: there exactly once.")] = None
    etag: Annotated[
        str | None,
        described("What the note has to be like for that, as it was read; empty: it must not exist."),
    ] = None
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


@endpoint("DELETE", "/api/memory/file")
@final
@attrs.frozen(kw_only=True)
class ForgetFile(_Changing, Request[Written]):
    """Forget a note, or a passage of it. The history keeps it until it is purged. Raises what Change does."""

    name: Annotated[str, NAME]
    passage: Annotated[str | None, described("Only this, which is there exactly once; else all of it.")] = (
        None
    )
    etag: Annotated[str | None, described("What the note has to be like for that, as it was read.")] = None
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


# --- tools ------------------------------------------------------------------------------------------------


@tool(
    "MemoryWrite",
    "Remember something for later conversations, in USER.md, MEMORY.md or a note of its own. Write what will still "
    "matter in weeks.",
    effect="local",
)
@final
@attrs.frozen(kw_only=True)
class MemoryWrite(_Changing, Request[Written]):
    """Raises Contradiction, and what Change does."""

    file: Annotated[str, NAME]
    content: Annotated[str, described("All of the note, or what is added or takes the place of `replace`.")]
    append: Annotated[bool, described("Add it at the end.")] = False
    replace: Annotated[
        str | None,
        described("An exact passage, there once."),
    ] = None
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]
    session: Annotated[str, from_context("session")]
    turn: Annotated[str, from_context("turn")]
    call: Annotated[str, from_context("call")]


@tool(
    "MemoryAppendDaily",
    "Add a line to today's log: what happened or was decided and may matter later.",
    effect="local",
)
@final
@attrs.frozen(kw_only=True)
class MemoryAppendDaily(_Changing, Request[Written]):
    """Raises what Change does."""

    text: Annotated[str, described("The time is put before it.")]
    user: Annotated[str, from_context("user")]
    session: Annotated[str, from_context("session")]
    turn: Annotated[str, from_context("turn")]
    call: Annotated[str, from_context("call")]


@tool(
    "MemoryForget",
    "Forget a passage of a note, or all of it, when the person asks for it or it is wrong.",
    effect="local",
    like=MemoryWrite,
    offer="searched",
)
@final
@attrs.frozen(kw_only=True)
class MemoryForget(_Changing, Request[Written]):
    """Raises what Change does."""

    file: Annotated[str, NAME]
    passage: Annotated[str | None, described("Exact, and there once. Left out: the whole note.")] = None
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]
    session: Annotated[str, from_context("session")]
    turn: Annotated[str, from_context("turn")]
    call: Annotated[str, from_context("call")]


@final
@attrs.frozen(kw_only=True)
class DailyEntry(Data):
    """For a daily log."""

    text: str
    at: datetime | None = None
    """When it happened; None is now."""


@final
@attrs.frozen(kw_only=True)
class AppendDaily(_Changing, Request[Written]):
    """Add to the logs of the days on which it happened. Says what became of the last. Raises what Change does."""

    version: ClassVar[int] = 2
    user: str
    entries: tuple[DailyEntry, ...]
    """At least one, oldest first."""
    origin: Origin
    key: str | None = None
    """As of a :class:`Change`."""

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        if version > 1:
            return body
        return {**{name: body[name] for name in body if name != "text"}, "entries": [{"text": body["text"]}]}
