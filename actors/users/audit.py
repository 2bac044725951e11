"""The audit log: a row for every change, in the transaction of the change."""

import sqlite3
from collections import deque
from typing import Final, Literal, Protocol

from actors.storage import clean, moment

from .messages import MOST_ROWS, AuditEntry, ListAudit, NoteChange, NoteRefused
from .rights import require_admin

MOST_REFUSED: Final = 1000
"""Rows of refused attempts, so that whoever tries to get in does not push out what was changed."""
LONGEST: Final = 200
"""Characters of a detail or an address."""

What = Literal[
    "bootstrap",
    "user.added",
    "user.changed",
    "user.deactivated",
    "user.activated",
    "key.created",
    "key.revoked",
    "key.expired",
    "device.signed_in",
    "device.signed_out",
    "device.expired",
    "telegram.linked",
    "telegram.unlinked",
    "settings.changed",
    "settings.restored",
    "page.unlocked",
    "refused",
]


class Asked(Protocol):
    """Who asked for a change."""

    @property
    def user(self) -> str: ...
    @property
    def proof(self) -> str: ...
    @property
    def address(self) -> str: ...


def record(
    connection: sqlite3.Connection,
    asked: Asked | None,
    event: What,
    subject: str,
    now: int,
    *,
    detail: str = "",
) -> None:
    """Write what was asked for; None where this program does it by itself.

    No key, no cookie and no part of one may be in `detail`.
    """
    who = ("", "", "") if asked is None else (asked.user, asked.proof, asked.address)
    _insert(connection, who, event, subject, now, detail)


def note(connection: sqlite3.Connection, request: NoteChange, now: int) -> None:
    """Write down a change that is not of this database: of many things at once as many rows as it takes."""
    left = deque(sorted(request.what))
    while left:
        line = left.popleft()
        while left and len(line) + len(left[0]) + 2 <= LONGEST:
            line += f", {left.popleft()}"
        record(connection, request, request.event, "", now, detail=line)


def refused(connection: sqlite3.Connection, note: NoteRefused, now: int) -> None:
    """Write that attempts were refused."""
    who = ("", "", note.address)
    _insert(connection, who, "refused", note.user, now, f"{note.count} × {note.what}")
    connection.execute(
        "DELETE FROM audit WHERE event = 'refused' AND id <="
        " (SELECT id FROM audit WHERE event = 'refused' ORDER BY id DESC LIMIT 1 OFFSET ?)",
        (MOST_REFUSED,),
    )


def _insert(
    connection: sqlite3.Connection,
    who: tuple[str, str, str],
    event: What,
    subject: str,
    now: int,
    detail: str,
) -> None:
    user, proof, address = who
    made = connection.execute(
        "INSERT INTO audit (at, user_id, proof, event, subject, detail, address) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (now, clean(user), proof, event, clean(subject), _cut(detail), _cut(address)),
    ).lastrowid
    connection.execute("DELETE FROM audit WHERE id <= ?", ((made or 0) - MOST_ROWS,))


def entries(connection: sqlite3.Connection, request: ListAudit) -> tuple[AuditEntry, ...]:
    """The newest rows before an id, newest first. Raises NotAllowed."""
    require_admin(connection, request)
    before = 2**63 - 1 if request.before is None else request.before
    rows = connection.execute(
        "SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?", (before, max(0, request.limit))
    )
    return tuple(
        AuditEntry(
            id=row["id"],
            at=moment(row["at"]),
            user=row["user_id"],
            proof=row["proof"],
            event=row["event"],
            subject=row["subject"],
            detail=row["detail"],
            address=row["address"],
        )
        for row in rows
    )


def _cut(text: str) -> str:
    return clean(text)[:LONGEST]
