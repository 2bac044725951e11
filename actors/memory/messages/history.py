"""How notes came to be what they are: every change of every note, and the way back."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal, final

import attrs

from actors.context import from_context
from actors.endpoints import endpoint
from actors.memory.messages.files import NAME, ROOM
from actors.memory.messages.writing import Change, Origin, Written
from actors.shapes import described
from actors.vocabulary import Role
from bus import Abandon, Command, Data, Request

Action = Literal["whole", "append", "replace", "forget", "revert", "by hand", "purge"]
_SEQ = described("Number of the revision.")


@final
@attrs.frozen(kw_only=True)
class Revision(Data):
    """One change of a note."""

    seq: int
    """Grows with every change of whatever note."""
    name: str
    at: datetime
    by: str
    """The user who made it, or for whom it was made; empty for a change that was found in the file."""
    door: str
    """The way it came: a tool of the model, HTTP, the daily log …; ``disk`` for a change that was found in the file."""
    session: str
    turn: str
    action: Action
    size: int
    """Bytes of the note afterwards."""
    exists: bool
    """Whether there was a note afterwards."""
    preview: str
    """The beginning of what is new in it."""


@endpoint("GET", "/api/memory/history")
@final
@attrs.frozen(kw_only=True)
class History(Request[tuple[Revision, ...]]):
    """The changes of a note, or of all of the user's, the newest first. Raises BadName, AdminsOnly, MemoryFailed."""

    key_field: ClassVar[str | None] = "user"
    max_bytes: ClassVar[int] = ROOM
    name: Annotated[str, described("Name of the note; left out, all of one's own.")] = ""
    limit: Annotated[int, described("Most of them.", ge=1, le=1000)] = 100
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


@final
@attrs.frozen(kw_only=True)
class RevisionText(Data):
    """A note as it once was."""

    revision: Revision
    text: str


@endpoint("GET", "/api/memory/revision")
@final
@attrs.frozen(kw_only=True)
class ReadRevision(Request[RevisionText]):
    """A note as it was after a change. Raises BadName, AdminsOnly, UnknownRevision, MemoryFailed."""

    key_field: ClassVar[str | None] = "user"
    max_bytes: ClassVar[int] = ROOM
    name: Annotated[str, NAME]
    seq: Annotated[int, _SEQ]
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


@endpoint("GET", "/api/memory/trace")
@final
@attrs.frozen(kw_only=True)
class Trace(Request[Revision]):
    """The change that brought a line. Raises BadName, AdminsOnly, UnknownFile, UnknownLine, MemoryFailed."""

    key_field: ClassVar[str | None] = "user"
    name: Annotated[str, NAME]
    line: Annotated[int, described("Counted from 1.", ge=1)]
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


@endpoint("POST", "/api/memory/revert")
@final
@attrs.frozen(kw_only=True)
class Revert(Request[Written]):
    """Make a note what it was after a change; that is a change as well.

    Raises BadName, AdminsOnly, UnknownRevision, MemoryFailed.
    """

    key_field: ClassVar[str | None] = "user"
    within: ClassVar[float] = 30.0
    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: Annotated[str, NAME]
    seq: Annotated[int, _SEQ]
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


@final
@attrs.frozen(kw_only=True)
class Purged(Data):
    """What was purged."""

    name: str
    revisions: int
    """How many are gone."""


@endpoint("POST", "/api/memory/purge")
@final
@attrs.frozen(kw_only=True)
class Purge(Request[Purged]):
    """Forget for good what a note has been; what it is now stays. Raises BadName, AdminsOnly, MemoryFailed."""

    key_field: ClassVar[str | None] = "user"
    abandon: ClassVar[Abandon] = Abandon.FINISH
    within: ClassVar[float] = 30.0
    name: Annotated[str, NAME]
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


# --- of what is the agent's: asked by those who keep the users' notes, once it is known that an admin asks -------


@final
@attrs.frozen(kw_only=True)
class ChangeAgents(Request[Written]):
    """Raises what Change does."""

    max_bytes: ClassVar[int] = ROOM
    within: ClassVar[float] = 30.0
    abandon: ClassVar[Abandon] = Abandon.FINISH
    change: Change


@final
@attrs.frozen(kw_only=True)
class NoticeAgents(Command):
    """Somebody has changed a note of the agent by hand."""

    name: str


@final
@attrs.frozen(kw_only=True)
class AgentsHistory(Request[tuple[Revision, ...]]):
    max_bytes: ClassVar[int] = ROOM
    name: str
    limit: int


@final
@attrs.frozen(kw_only=True)
class AgentsRevision(Request[RevisionText]):
    max_bytes: ClassVar[int] = ROOM
    name: str
    seq: int


@final
@attrs.frozen(kw_only=True)
class AgentsTrace(Request[Revision]):
    name: str
    line: int


@final
@attrs.frozen(kw_only=True)
class RevertAgents(Request[Written]):
    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: str
    seq: int
    origin: Origin


@final
@attrs.frozen(kw_only=True)
class PurgeAgents(Request[Purged]):
    abandon: ClassVar[Abandon] = Abandon.FINISH
    within: ClassVar[float] = 30.0
    name: str
    origin: Origin


@final
@attrs.frozen(kw_only=True)
class PurgeFromIndex(Request[None]):
    """A note of the agent was purged: leave nothing of it in the index of a user, nor in what turns were told."""

    key_field: ClassVar[str | None] = "user"
    abandon: ClassVar[Abandon] = Abandon.FINISH
    within: ClassVar[float] = 30.0
    user: str
    name: str
