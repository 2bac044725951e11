"""The audit log: what was decided about calls of tools, and what people have answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from bus import Abandon, Command, Data, Request


@final
@attrs.frozen(kw_only=True)
class AuditRow(Data):
    """One row of the log."""

    seq: int
    at: datetime
    kind: Literal["call", "answer", "grant", "erased"]
    """A call that was decided about, an answer of a person, a change of what is granted, or words that were deleted."""
    verdict: str
    """Of a call ``allowed`` or ``denied``."""
    by: str
    """Who has decided: ``default``, ``rule …``, ``grant …``, ``person …``, ``hook …``, ``expired`` …"""
    tool: str
    user: str
    session: str
    turn: str
    words: Mapping[str, Any]
    """What it was about, shortened: `subject`, `reason`, `input` and others; empty once they were erased."""
    hash: str


@endpoint("GET", "/api/settings/audit", access="operator")
@endpoint("GET", "/api/audit", own="of_user")
@final
@attrs.frozen(kw_only=True)
class ShowAudit(Request[tuple[AuditRow, ...]]):
    """Rows of the audit log, newest first."""

    max_bytes: ClassVar[int] = 64 * 1024 * 1024
    session: Annotated[str | None, described("Only of this conversation.", max_length=200)] = None
    of_user: Annotated[str | None, described("Only of this user.", max_length=200)] = None
    tool: Annotated[str | None, described("Only of this tool.", max_length=200)] = None
    since: Annotated[datetime | None, described("Only from then on.")] = None
    limit: Annotated[int, described("At most so many.", ge=1, le=10_000)] = 100


@final
@attrs.frozen(kw_only=True)
class Head(Data):
    """One row of the log, by which to see later that it still holds it."""

    seq: int
    hash: str


@final
@attrs.frozen(kw_only=True)
class Fault(Data):
    """Something that is not as it was written."""

    seq: int
    what: str


@final
@attrs.frozen(kw_only=True)
class Audited(Data):
    rows: int
    last: Head | None
    """The newest row. Noted elsewhere, it shows later whether the log was written anew since."""
    faults: tuple[Fault, ...]
    more: int
    """Faults beyond those."""


@endpoint("GET", "/api/settings/audit/verify", access="operator")
@final
@attrs.frozen(kw_only=True)
class VerifyAudit(Request[Audited]):
    """Look through the whole log for rows that were changed, deleted or moved."""

    within: ClassVar[float] = 600.0
    seq: Annotated[int | None, described("Number of a row that was noted before, with its `hash`.", ge=1)] = (
        None
    )
    hash: Annotated[str | None, described("Its hash.", max_length=64)] = None


@final
@attrs.frozen(kw_only=True)
class Note(Request[None]):
    """Add what a person has answered, or changed about what is granted; the same `key` twice is one row."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    key: str
    kind: Literal["answer", "grant"]
    verdict: str
    by: str
    of_user: str
    tool: str
    session: str = ""
    turn: str = ""
    words: Mapping[str, str]


@final
@attrs.frozen(kw_only=True)
class KeepHead(Command):
    """Keep the newest row of the log beside the database. The session actor tells itself."""
