"""Questions and grants in their database. Each function is one transaction."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

from actors import jsontext
from actors.permissions.messages import (
    AlreadyAnswered,
    Answer,
    Approval,
    Ask,
    Grant,
    List,
    PatternMisses,
    Question,
    Settle,
    State,
    UnknownApproval,
    UnknownGrant,
)
from actors.permissions.patterns import ANY, Subject, fits, proposal
from actors.storage import clean, micros, moment

KEPT: Final = 30 * 24 * 3600 * 1_000_000
"""Microseconds for which a question is kept that is closed."""


# --- asking -----------------------------------------------------------------------------------------------


def identity(request: Ask) -> str:
    """Id of the question about a call: another input makes another one."""
    about = f"{request.call}\n{request.tool}\n{_json(request.input)}"
    return hashlib.sha256(about.encode(errors="replace")).hexdigest()[:32]


def ask(
    connection: sqlite3.Connection, request: Ask, *, home: str, now: int, expires_at: int
) -> tuple[Question, Approval | None]:
    """Find the grant that spares the question, or the question as it was asked before, or ask it.

    Returns the approval where it was asked now. Who has answered a call once is not asked again, whatever was granted
    or revoked since.
    """
    id = identity(request)
    connection.execute("DELETE FROM asks WHERE id = ? AND state = 'withdrawn'", (id,))
    known = connection.execute("SELECT expires_at FROM asks WHERE id = ?", (id,)).fetchone()
    if known is not None:
        return Question(id=id, expires_at=moment(known["expires_at"])), None
    subject = Subject(request.subject, request.acts_on, home)
    grant = _granted(connection, request, subject)
    if grant is not None:
        return Question(id=id, expires_at=moment(expires_at), grant=grant), None
    # Another input of the same call takes the place of the one before.
    connection.execute(
        "UPDATE asks SET state = 'withdrawn', answered_at = ? WHERE call = ? AND state = 'open'",
        (now, request.call),
    )
    connection.execute(
        "INSERT INTO asks (id, call, tool_use_id, tool, input, acts_on, subject, reason, outside, pattern, user_id,"
        " session_id, turn_id, channel, asked_at, expires_at, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')",
        (
            id,
            request.call,
            clean(request.tool_use_id),
            clean(request.tool),
            _json(request.input),
            request.acts_on,
            clean(request.subject),
            clean(request.reason),
            _json(request.outside),
            clean(proposal(subject)),
            request.user,
            request.session,
            request.turn,
            request.channel,
            now,
            expires_at,
        ),
    )
    return Question(id=id, expires_at=moment(expires_at)), get(connection, id)


def _granted(connection: sqlite3.Connection, request: Ask, subject: Subject) -> int | None:
    """The grant that covers a call, if there is one."""
    rows = connection.execute(
        "SELECT id, pattern FROM grants WHERE user_id = ? AND tool = ? AND acts_on IN (?, '*') AND revoked_at IS NULL"
        " AND coalesce(session_id, ?) = ? AND outside >= ? ORDER BY id",
        (
            request.user,
            request.tool,
            request.acts_on,
            request.session,
            request.session,
            bool(request.outside),
        ),
    )
    return next((row["id"] for row in rows if fits(row["pattern"], subject)), None)


# --- looking ----------------------------------------------------------------------------------------------


def get(connection: sqlite3.Connection, id: str, user: str | None = None) -> Approval:
    """One question, of this user if one is named. Raises UnknownApproval."""
    row = connection.execute("SELECT * FROM asks WHERE id = ?", (clean(id),)).fetchone()
    if row is None or user not in {None, row["user_id"]}:
        raise UnknownApproval(id=id)
    return _approval(row)


def seen(connection: sqlite3.Connection, id: str, user: str, now: int) -> Approval:
    """One question of a user as it is now. Raises UnknownApproval."""
    return _as_of(get(connection, id, user), now)


def find(connection: sqlite3.Connection, request: List, now: int) -> tuple[Approval, ...]:
    """The questions to a user, the latest first."""
    rows = connection.execute(
        "SELECT * FROM asks WHERE user_id = ? AND (? = 'all' OR state = 'open' AND expires_at > ?)"
        " AND (? IS NULL OR session_id = ?) ORDER BY asked_at DESC, rowid DESC LIMIT ?",
        (request.user, request.which, now, request.session, request.session, request.limit),
    )
    return tuple(_as_of(_approval(row), now) for row in rows)


def find_open(connection: sqlite3.Connection, now: int) -> tuple[Approval, ...]:
    """All that anybody is asked now, the oldest first."""
    rows = connection.execute(
        "SELECT * FROM asks WHERE state = 'open' AND expires_at > ? ORDER BY asked_at, rowid LIMIT 1000",
        (now,),
    )
    return tuple(map(_approval, rows))


def _as_of(approval: Approval, now: int) -> Approval:
    """A question whose time is over cannot be answered, also before whoever waits for it has closed it."""
    return attrs.evolve(approval, state="expired") if _is_over(approval, now) else approval


def _is_over(approval: Approval, now: int) -> bool:
    return approval.state == "open" and micros(approval.expires_at) <= now


def open_turns(connection: sqlite3.Connection) -> dict[str, str]:
    """Turns with questions that are open, each with its user."""
    return dict(
        connection.execute("SELECT DISTINCT turn_id, user_id FROM asks WHERE state = 'open'").fetchall()
    )


def _approval(row: sqlite3.Row) -> Approval:
    return Approval(
        id=row["id"],
        state=row["state"],
        tool=row["tool"],
        tool_use_id=row["tool_use_id"],
        input=jsontext.read_object(row["input"]),
        subject=row["subject"],
        reason=row["reason"],
        outside=tuple(jsontext.read_object(row["outside"])["names"]),
        pattern=row["pattern"],
        user=row["user_id"],
        session=row["session_id"],
        turn=row["turn_id"],
        channel=row["channel"],
        asked_at=moment(row["asked_at"]),
        expires_at=moment(row["expires_at"]),
        scope=row["scope"],
        words=row["words"],
        answered_by=row["answered_by"],
        answered_via=row["proof"],
        answered_at=None if row["answered_at"] is None else moment(row["answered_at"]),
    )


# --- closing ----------------------------------------------------------------------------------------------


def answer(connection: sqlite3.Connection, request: Answer, *, home: str, now: int) -> Approval:
    """Close a question with the answer of a person. Raises UnknownApproval, AlreadyAnswered or PatternMisses."""
    approval = seen(connection, request.id, request.user, now)
    if approval.state != "open":
        raise AlreadyAnswered(id=approval.id, state=approval.state)
    allowed = request.decision != "deny"
    connection.execute(
        "UPDATE asks SET state = ?, scope = ?, words = ?, answered_by = ?, proof = ?, answered_at = ?, noted = 0"
        " WHERE id = ?",
        (
            "allowed" if allowed else "denied",
            request.decision if allowed else None,
            None if allowed or not request.words else clean(request.words),
            request.user,
            request.proof,
            now,
            approval.id,
        ),
    )
    if request.decision in {"conversation", "always"}:
        _grant(connection, request, approval, home, now)
    return get(connection, approval.id)


def _grant(connection: sqlite3.Connection, request: Answer, approval: Approval, home: str, now: int) -> None:
    pattern = clean(request.pattern or approval.pattern)
    (acts_on,) = connection.execute("SELECT acts_on FROM asks WHERE id = ?", (approval.id,)).fetchone()
    if not fits(pattern, Subject(approval.subject, acts_on, home)):
        raise PatternMisses(pattern=pattern, subject=approval.subject)
    connection.execute("UPDATE asks SET pattern = ? WHERE id = ?", (pattern, approval.id))
    connection.execute(
        "INSERT INTO grants (user_id, tool, acts_on, pattern, session_id, outside, at, ask)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            approval.user,
            approval.tool,
            acts_on,
            pattern,
            approval.session if request.decision == "conversation" else None,
            bool(approval.outside),
            now,
            approval.id,
        ),
    )


def expire(connection: sqlite3.Connection, id: str, now: int) -> Approval | None:
    """Close a question whose time is over; None where it is not, or it is closed already. Raises UnknownApproval."""
    approval = get(connection, id)
    return _closed(connection, id, "expired", now) if _is_over(approval, now) else None


def withdraw(connection: sqlite3.Connection, turn: str, now: int) -> tuple[Approval, ...]:
    """Close what is still asked for a turn, which has ended; and forget what was closed long ago."""
    connection.execute("DELETE FROM asks WHERE state <> 'open' AND asked_at < ? AND noted = 1", (now - KEPT,))
    rows = connection.execute("SELECT id FROM asks WHERE turn_id = ? AND state = 'open'", (turn,)).fetchall()
    return tuple(_closed(connection, row["id"], "withdrawn", now) for row in rows)


def _closed(connection: sqlite3.Connection, id: str, state: State, now: int) -> Approval:
    connection.execute("UPDATE asks SET state = ?, answered_at = ? WHERE id = ?", (state, now, id))
    return get(connection, id)


# --- grants -----------------------------------------------------------------------------------------------


def grants(connection: sqlite3.Connection, user: str) -> tuple[Grant, ...]:
    """What a user has granted, the latest first."""
    rows = connection.execute(
        "SELECT * FROM grants WHERE user_id = ? AND revoked_at IS NULL ORDER BY id DESC", (user,)
    )
    return tuple(map(_grant_of, rows))


def _grant_of(row: sqlite3.Row) -> Grant:
    return Grant(
        id=row["id"],
        user=row["user_id"],
        tool=row["tool"],
        pattern=row["pattern"],
        session=row["session_id"],
        outside=bool(row["outside"]),
        at=moment(row["at"]),
    )


def settle(connection: sqlite3.Connection, request: Settle, now: int) -> None:
    """Have a grant for a conversation be there, once, or none."""
    connection.execute(
        "UPDATE grants SET revoked_at = ?, noted = 0 WHERE user_id = ? AND tool = ? AND session_id = ?"
        " AND revoked_at IS NULL AND (NOT ? OR (acts_on = ? AND outside <= ?))",
        (now, request.user, clean(request.tool), request.session, request.allow, ANY, request.outside),
    )
    if request.allow:
        connection.execute(
            "INSERT INTO grants (user_id, tool, acts_on, pattern, session_id, outside, at, ask)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                request.user,
                clean(request.tool),
                ANY,
                ANY,
                request.session,
                request.outside,
                now,
                clean(f"hook {request.hook}"),
            ),
        )


def revoke(connection: sqlite3.Connection, id: int, user: str, now: int) -> Grant:
    """Take a grant back. Raises UnknownGrant."""
    row = connection.execute(
        "UPDATE grants SET revoked_at = ?, noted = 0 WHERE id = ? AND user_id = ? AND revoked_at IS NULL RETURNING *",
        (now, id, user),
    ).fetchone()
    if row is None:
        raise UnknownGrant(id=id)
    return _grant_of(row)


# --- the books --------------------------------------------------------------------------------------------


def unnoted(connection: sqlite3.Connection) -> tuple[tuple[tuple[Approval, str], ...], tuple[Grant, ...]]:
    """Answers, each with how it was known who gave it, and revoked grants that are not in the audit log yet."""
    asks = connection.execute("SELECT * FROM asks WHERE noted = 0 ORDER BY answered_at").fetchall()
    revoked = connection.execute("SELECT * FROM grants WHERE noted = 0 ORDER BY revoked_at").fetchall()
    return tuple((_approval(row), row["proof"]) for row in asks), tuple(map(_grant_of, revoked))


def noted(connection: sqlite3.Connection, asks: Iterable[str], revoked: Iterable[int]) -> None:
    """They are."""
    connection.executemany("UPDATE asks SET noted = 1 WHERE id = ?", [(id,) for id in asks])
    connection.executemany("UPDATE grants SET noted = 1 WHERE id = ?", [(id,) for id in revoked])


def _json(value: Mapping[str, Any] | tuple[str, ...]) -> str:
    kept = {"names": list(value)} if isinstance(value, tuple) else dict(value)
    return clean(json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str))
