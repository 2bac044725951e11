"""Checkpoints: what files were before a turn changed them, and putting that back."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from bus import Abandon, ActorError, Data, ErrorKind, Request


@attrs.define(eq=False, kw_only=True)
class KeepingFailed(ActorError):
    """What is about to be changed could not be kept; so nothing was changed."""

    kind: ClassVar[ErrorKind] = "unavailable"
    reason: str

    def __str__(self) -> str:
        return f"Nothing was changed, because what is there could not be kept: {self.reason}"


@attrs.define(eq=False, kw_only=True)
class TurnIsRunning(ActorError):
    """A turn that is not over yet cannot be undone."""

    kind: ClassVar[ErrorKind] = "conflict"
    turn: str

    def __str__(self) -> str:
        return f"turn {self.turn} is not over yet: stop it first"


@final
@attrs.frozen(kw_only=True)
class Kept(Data):
    files: int
    """How many files, links and folders there are."""
    new: int
    """How many of them were not kept before, or not as they are now."""
    unkept: tuple[str, ...] = ()
    """What is not kept, one sentence each; at most a few."""


@final
@attrs.frozen(kw_only=True)
class KeepAll(Request[Kept]):
    """Keep all of home before a command of a turn may change anything there; on the disk when this is answered.

    Once for each turn: asked again, it does nothing. Raises KeepingFailed, FileSystemRefused.
    """

    within: ClassVar[float] = 600.0
    abandon: ClassVar[Abandon] = Abandon.FINISH
    turn: str
    session: str
    user: str


@final
@attrs.frozen(kw_only=True)
class PutBack(Data):
    """One path that is as it was before the turn, or would be."""

    path: str
    done: Literal["restored", "deleted"]
    """``deleted``: it was not there before the turn."""


@final
@attrs.frozen(kw_only=True)
class NotPutBack(Data):
    """One path that the turn changed and that stays as it is."""

    path: str
    why: str
    forcible: bool
    """Whether `force` puts it back all the same, and what others have written there is lost from sight."""


@final
@attrs.frozen(kw_only=True)
class Undone(Data):
    turn: str
    undo: str | None
    """By this an undo is itself undone, also where one before has done all; None where nothing was ever put back."""
    files: tuple[PutBack, ...]
    """In order of the paths, at most a thousand."""
    refused: tuple[NotPutBack, ...]
    """Likewise."""
    total: int
    """How many files there are in all of both."""
    beyond: tuple[str, ...] = ()
    """What else the turn did, which no undo takes back; one sentence each."""


@final
@attrs.frozen(kw_only=True)
class Undoable(Data):
    """A turn, and what of it can be undone: nothing where it has no files and no commands."""

    turn: str
    said: str
    """The message it answers, or the beginning of it."""
    at: datetime
    is_over: bool
    """One that is not over yet cannot be undone."""
    files: int
    """How many its tools have changed, with its subagents, as far as that is still known."""
    commands: bool
    """Whether it ran commands, before which all of home was kept."""
    undone: str | None
    """The last undo of it."""


@endpoint("GET", "/api/sessions/{session}/undoable")
@final
@attrs.frozen(kw_only=True)
class ListUndoable(Request[tuple[Undoable, ...]]):
    """The turns of a conversation with what of them can be undone, the latest first. Raises session.UnknownSession."""

    session: str
    user: str
    limit: Annotated[int, described("The last so many.", ge=1, le=100)] = 20


@endpoint("POST", "/api/turns/{turn}/undo")
@final
@attrs.frozen(kw_only=True)
class Undo(Request[Undone]):
    """Put back the files that a turn, with its subagents, has changed, each in one step.

    A file that somebody else has changed since stays as it is, unless `force` is given. Asked again after a crash, it
    ends in the same state. An undo is itself a turn here: undone by its own id, all is as it was before it.

    Raises session.UnknownTurn, TurnIsRunning, KeepingFailed, FileSystemRefused.
    """

    within: ClassVar[float] = 600.0
    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    turn: str
    user: str
    force: Annotated[bool, described("Also what somebody else has changed since.")] = False
    dry_run: Annotated[bool, described("Only say what would be done.")] = False
