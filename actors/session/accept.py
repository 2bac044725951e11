"""Accepting a message: resolve the conversation, store the turn, all in one transaction."""

import sqlite3
from datetime import timedelta
from typing import Any, Final, final

import attrs

from . import resolve
from .encoding import attachments_out, clean, dump, moment
from .messages import Accept, Accepted, SessionIsClosed, UnknownSession

_SAME_MESSAGE: Final = """
SELECT id, session_id, state FROM turns WHERE source = ? AND user_id = ? AND client_message_id = ?
"""
_OPEN_SESSION: Final = """
SELECT id, last_message_at FROM sessions WHERE user_id = ? AND channel = ? AND channel_key = ? AND is_closed = 0
"""
_NEW_SESSION: Final = """
INSERT INTO sessions (id, user_id, channel, channel_key, title, created_at, last_message_at, message_count,
                      triggered_by)
VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?)
"""
_TOUCH: Final = """
UPDATE sessions SET last_message_at = ?, message_count = message_count + 1, title = coalesce(title, ?) WHERE id = ?
"""
_NEW_TURN: Final = """
INSERT INTO turns (id, session_id, user_id, source, client_message_id, text, attachments, model, mode, triggered_by,
                   accepted_at, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'accepted')
"""


@final
@attrs.frozen(kw_only=True)
class Fresh:
    """Identifiers drawn beforehand, used where new ones are needed."""

    session: str
    turn: str
    key: str


def accept(
    connection: sqlite3.Connection, request: Accept, *, now: int, gap: timedelta | None, fresh: Fresh
) -> Accepted:
    """Store a message and say what it belongs to. Raises UnknownSession or SessionIsClosed.

    Args:
      connection: inside a transaction.
      request: its texts may hold anything a client sends.
      now: microseconds since 1970.
      gap: silence after which the conversation of this channel is over; None means never.
      fresh: identifiers to be used.
    """
    request = _cleaned(request)
    before = _same_message(connection, request)
    if before is not None:
        return before
    title = resolve.title_of(request.text, request.attachments)
    decision = _decide(connection, request, now, gap, fresh)
    if isinstance(decision, resolve.Continue):
        session = decision.session
        connection.execute(_TOUCH, (now, title, session))
    else:
        session = fresh.session
        _start(connection, request, decision, title, now, fresh)
    _store_turn(connection, request, session, now, fresh)
    return Accepted(
        session=session,
        turn=fresh.turn,
        state="accepted",
        duplicate=False,
        created=isinstance(decision, resolve.Start),
        closed=decision.closing if isinstance(decision, resolve.Start) else None,
    )


def _cleaned(request: Accept) -> Accept:
    """Replace what SQLite would refuse, wherever a client can put it."""
    changes: dict[str, Any] = {
        name: clean(value)
        for name in ("text", "user", "key", "session", "model", "source", "client_message_id", "triggered_by")
        if (value := getattr(request, name)) is not None and not value.isascii()
    }
    return attrs.evolve(request, **changes) if changes else request


def _same_message(connection: sqlite3.Connection, request: Accept) -> Accepted | None:
    if request.client_message_id is None:
        return None
    row = connection.execute(
        _SAME_MESSAGE, (request.source, request.user, request.client_message_id)
    ).fetchone()
    if row is None:
        return None
    turn, session, state = row
    return Accepted(session=session, turn=turn, state=state, duplicate=True, created=False, closed=None)


def _decide(
    connection: sqlite3.Connection, request: Accept, now: int, gap: timedelta | None, fresh: Fresh
) -> resolve.Continue | resolve.Start:
    if request.session is not None:
        row = connection.execute(
            "SELECT is_closed FROM sessions WHERE id = ? AND user_id = ?", (request.session, request.user)
        ).fetchone()
        if row is None:
            raise UnknownSession(session=request.session)
        if row["is_closed"]:
            raise SessionIsClosed(session=request.session)
        return resolve.Continue(request.session)
    key = resolve.key_of(request.channel, request.key, request.user, fresh.key)
    row = connection.execute(_OPEN_SESSION, (request.user, request.channel, key)).fetchone()
    found = None if row is None else resolve.Open(id=row[0], last_message_at=moment(row[1]))
    return resolve.decide(found, now=moment(now), gap=gap)


def _start(
    connection: sqlite3.Connection,
    request: Accept,
    decision: resolve.Start,
    title: str | None,
    now: int,
    fresh: Fresh,
) -> None:
    if decision.closing is not None:
        connection.execute(
            "UPDATE sessions SET is_closed = 1, summary = ? WHERE id = ?",
            (resolve.INACTIVITY, decision.closing),
        )
    key = resolve.key_of(request.channel, request.key, request.user, fresh.key)
    connection.execute(
        _NEW_SESSION,
        (fresh.session, request.user, request.channel, key, title, now, now, request.triggered_by),
    )


def _store_turn(
    connection: sqlite3.Connection, request: Accept, session: str, now: int, fresh: Fresh
) -> None:
    connection.execute(
        _NEW_TURN,
        (
            fresh.turn,
            session,
            request.user,
            request.source,
            request.client_message_id,
            request.text,
            dump(attachments_out(request.attachments)),
            request.model,
            request.mode,
            request.triggered_by,
            now,
        ),
    )
