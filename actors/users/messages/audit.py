"""The audit log: who changed what, from where."""

from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import Proof
from bus import Abandon, Data, Request

MOST_ROWS: Final = 10_000
"""The oldest beyond are deleted."""


@final
@attrs.frozen(kw_only=True)
class AuditEntry(Data):
    """One change, or refused attempts."""

    id: int
    at: datetime
    user: str
    """Who did it; empty for the agent itself, and where nobody knows."""
    proof: str
    """How that was known; empty likewise."""
    event: str
    """``key.created``, ``user.deactivated`` …"""
    subject: str
    """Whom it is about."""
    detail: str
    address: str
    """Where it was asked for."""


@final
@attrs.frozen(kw_only=True)
class NoteChange(Request[None]):
    """Write down a change of what another subsystem keeps. Raises StorageFailed.

    It is asked for before the change, so that none is without its row; a row without a change is what a crash leaves.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    event: Literal["settings.changed", "settings.restored", "page.unlocked"]
    what: tuple[str, ...]
    """Names of what is changed, without values; the id of a page that was unlocked."""
    user: str
    proof: Proof
    address: str


@endpoint("GET", "/api/settings/auth/audit", access="admin")
@final
@attrs.frozen(kw_only=True)
class ListAudit(Request[tuple[AuditEntry, ...]]):
    """The audit log, newest first. Raises NotAllowed."""

    limit: Annotated[int, described(ge=1, le=500)] = 100
    before: Annotated[int | None, described("Only entries with a lower id.")] = None
    user: str
    proof: Proof = "key"
