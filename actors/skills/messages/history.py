"""What skills were before. Each change keeps all files as they were made."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal, final

import attrs

from actors.context import from_context
from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import Role
from bus import Abandon, Data, Request

from .listing import LARGEST, Origin, Owner, Resource, Whose
from .writing import Changed

Action = Literal["found", "create", "update", "delete", "install", "approve", "revert"]
"""``found``: how the files were before a change, when they were not what the revision before says."""


@final
@attrs.frozen(kw_only=True)
class Revision(Data):
    """A skill as one change has left it."""

    seq: int
    at: datetime
    action: Action
    origin: Origin
    by: str
    """The user who changed it, or for whom a model did."""
    session: str | None = None
    """The conversation in which a model did, and its turn."""
    turn: str | None = None
    source: str | None = None
    """Where it was installed from."""
    digest: str
    """Of all its files; empty once it is deleted."""
    files: int
    size: int
    """Bytes of all files."""


@final
@attrs.frozen(kw_only=True)
class RevisionText(Data):
    """All that a revision holds."""

    revision: Revision
    raw_content: str
    """``SKILL.md`` as it was."""
    resources: tuple[Resource, ...]


@endpoint("GET", "/api/skills/{name}/history")
@endpoint("GET", "/api/settings/skills/{name}/history", access="admin")
@final
@attrs.frozen(kw_only=True)
class ListRevisions(Request[tuple[Revision, ...]]):
    """The revisions of a skill, newest first, also of one that was deleted. Raises BadSkill, UnknownSkill."""

    max_bytes: ClassVar[int] = LARGEST
    name: str
    owner: Whose = None
    limit: Annotated[int, described(ge=1, le=500)] = 100
    user: str
    role: Annotated[Role, from_context("role")]


@endpoint("GET", "/api/skills/{name}/revision")
@endpoint("GET", "/api/settings/skills/{name}/revision", access="admin")
@final
@attrs.frozen(kw_only=True)
class ReadRevision(Request[RevisionText]):
    """One revision with its text. Raises BadSkill, UnknownSkill, UnknownRevision."""

    max_bytes: ClassVar[int] = LARGEST
    name: str
    seq: int
    owner: Whose = None
    user: str
    role: Annotated[Role, from_context("role")]


@endpoint("POST", "/api/skills/{name}/revert")
@endpoint("POST", "/api/settings/skills/{name}/revert", access="admin")
@final
@attrs.frozen(kw_only=True)
class RevertSkill(Request[Changed]):
    """Make a skill what it was after an earlier change, one that was deleted included. That is a change of its own.

    Raises BadSkill, UnknownRevision, NotYours.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: str
    seq: int
    owner: Owner = None
    user: str
    role: Annotated[Role, from_context("role")]
