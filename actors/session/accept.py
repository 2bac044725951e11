"""Accepting a message: resolve the conversation, store the turn, all in one transaction."""

import sqlite3
from datetime import timedelta
from typing import Any, Final, final

import attrs

from actors.context import Expansion
from actors.storage import clean, moment
from bus import Data

from . import delegations, resolve, titles
from .encoding import attachments_out, dump, options_out
from .messages import (
    INACTIVITY,
    Accepted,
    ChannelPolicy,
    Delegation,
    Incoming,
    SessionIsClosed,
    UnknownSession,
    id_at,
)

_SAME_MESSAGE: Final = """
SELECT id, session_id, seq, state FROM turns WHERE source = ? AND user_id = ? AND client_message_id = ?
"""
_OPEN_SESSION: Final = """
SELECT id, last_message_at FROM sessions WHERE user_id = ? AND channel = ? AND channel_key = ? AND is_closed = 0
      AND gone_at IS NULL
"""
_NEW_SESSION: Final = """
INSERT INTO sessions (id, user_id, channel, channel_key, title, created_at, last_message_at, message_count,
                      triggered_by, model, effort)
VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)
"""
_NEW_DELEGATION: Final = """
INSERT INTO sessions (id, user_id, channel, channel_key, title, created_at, last_message_at, message_count,
                      triggered_by, is_closed, caller_turn, caller_step, origin, origin_session, depth)
VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, 1, ?, ?, ?, ?, ?)
"""
"""Closed: nobody else is to say anything in it."""
_AT_WORK: Final = """
SELECT 1 FROM turns JOIN sessions ON sessions.id = session_id
WHERE sessions.id = ? AND sessions.caller_turn IS NOT NULL AND state = 'running'
"""
_CHOSEN_BEFORE: Final = """
SELECT model, effort FROM sessions WHERE user_id = ? AND channel = ? AND channel_key = ?
ORDER BY created_at DESC LIMIT 1
"""
"""What was chosen in the conversation whose place another one takes."""
_CLOSE: Final = "UPDATE sessions SET is_closed = 1, summary = ? WHERE id = ?"
_TOUCH: Final = """
UPDATE sessions SET last_message_at = ?, message_count = message_count + 1, title = coalesce(title, ?),
                    is_archived = 0
WHERE id = ?
RETURNING head
"""
_GO_ON: Final = "UPDATE sessions SET head = NULL WHERE id = ?"
_NEW_TURN: Final = """
INSERT INTO turns (id, session_id, user_id, role, source, client_message_id, text, attachments, options, mode,
                   triggered_by, accepted_at, called, expansion, parent, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'accepted')
RETURNING seq
"""


@final
@attrs.frozen(kw_only=True)
class Fresh(Data):
    """Identifiers drawn beforehand, used where new ones are needed."""

    session: str
    turn: str
    key: str


def accept(
    connection: sqlite3.Connection,
    incoming: Incoming,
    expansion: Expansion | None = None,
    *,
    now: int,
    policy: ChannelPolicy,
    fresh: Fresh,
) -> Accepted:
    """Store a message and say what it belongs to.

    Raises UnknownSession or SessionIsClosed; for a delegation what :func:`actors.session.delegations.place` raises.

    Args:
      connection: inside a transaction.
      incoming: its texts may hold anything a client sends.
      expansion: what its words call up.
      now: microseconds since 1970.
      policy: of its channel.
      fresh: identifiers to be used.
    """
    incoming = cleaned(incoming)
    before = same_message(connection, incoming)
    if before is not None:
        return before
    if incoming.delegation is not None:
        return _delegated(connection, incoming, incoming.delegation, now, fresh)
    title = titles.title_of(incoming.text, incoming.attachments)
    key = resolve.key_of(policy, incoming.key, incoming.user, fresh.key)
    decision = _decide(connection, incoming, now, policy.gap, key)
    parent = None
    if isinstance(decision, resolve.Continue):
        session = decision.session
        parent = touch(connection, session, title, now)
    else:
        session = fresh.session
        if decision.closing is not None:
            connection.execute(_CLOSE, (INACTIVITY, decision.closing))
        chosen = connection.execute(_CHOSEN_BEFORE, (incoming.user, incoming.channel, key)).fetchone()
        new = (session, incoming.user, incoming.channel, key, title, now, now, incoming.triggered_by)
        connection.execute(_NEW_SESSION, (*new, *(chosen or (None, None))))
    stored = store_turn(
        connection, incoming, expansion, session=session, parent=parent, now=now, turn=fresh.turn
    )
    if isinstance(decision, resolve.Start):
        return attrs.evolve(stored, created=True, closed=decision.closing)
    return stored


def _delegated(
    connection: sqlite3.Connection, incoming: Incoming, delegation: Delegation, now: int, fresh: Fresh
) -> Accepted:
    """Store what is to be done for a call of another turn, in a conversation of its own."""
    place = delegations.place(connection, delegation, incoming.user)
    session = id_at(place.depth, fresh.session)
    caller, title = clean(delegation.turn), titles.title_of(delegation.title, ())
    connection.execute(
        _NEW_DELEGATION,
        (
            session,
            incoming.user,
            incoming.channel,
            f"{caller}:{delegation.step}",
            title,
            now,
            now,
            incoming.triggered_by,
            caller,
            delegation.step,
            place.origin,
            place.origin_session,
            place.depth,
        ),
    )
    stored = store_turn(connection, incoming, None, session=session, parent=None, now=now, turn=fresh.turn)
    return attrs.evolve(stored, created=True)


def cleaned(incoming: Incoming) -> Incoming:
    """Replace what SQLite would refuse, wherever a client can put it."""
    changes: dict[str, Any] = {
        name: clean(value)
        for name in ("text", "user", "key", "session", "source", "client_message_id", "triggered_by")
        if (value := getattr(incoming, name)) is not None and not value.isascii()
    }
    return attrs.evolve(incoming, **changes) if changes else incoming


def same_message(connection: sqlite3.Connection, incoming: Incoming) -> Accepted | None:
    """What became of a message that came before; None if it did not."""
    if incoming.client_message_id is None:
        return None
    row = connection.execute(
        _SAME_MESSAGE, (incoming.source, incoming.user, incoming.client_message_id)
    ).fetchone()
    if row is None:
        return None
    turn, session, seq, state = row
    return Accepted(
        session=session, turn=turn, seq=seq, state=state, duplicate=True, created=False, closed=None
    )


def touch(connection: sqlite3.Connection, session: str, title: str | None, now: int) -> int | None:
    """Note that a message has come, from which the conversation goes on. What it follows, if not the one before it."""
    head: int | None
    (head,) = connection.execute(_TOUCH, (now, title, session)).fetchone()
    if head is not None:
        connection.execute(_GO_ON, (session,))
    return head


def _decide(
    connection: sqlite3.Connection, incoming: Incoming, now: int, gap: timedelta | None, key: str
) -> resolve.Continue | resolve.Start:
    if incoming.session is not None:
        row = connection.execute(
            "SELECT is_closed FROM sessions WHERE id = ? AND user_id = ? AND gone_at IS NULL",
            (incoming.session, incoming.user),
        ).fetchone()
        if row is None:
            raise UnknownSession(session=incoming.session)
        if row["is_closed"] and not _may_be_joined(connection, incoming):
            raise SessionIsClosed(session=incoming.session)
        return resolve.Continue(incoming.session)
    row = connection.execute(_OPEN_SESSION, (incoming.user, incoming.channel, key)).fetchone()
    found = None if row is None else resolve.Open(id=row[0], last_message_at=moment(row[1]))
    return resolve.decide(found, now=moment(now), gap=gap)


def _may_be_joined(connection: sqlite3.Connection, incoming: Incoming) -> bool:
    """Whether a subagent is at work there, to which something that is no person has something to say."""
    if incoming.triggered_by is None:
        return False
    row = connection.execute(_AT_WORK, (incoming.session,)).fetchone()
    return row is not None


def store_turn(
    connection: sqlite3.Connection,
    incoming: Incoming,
    expansion: Expansion | None,
    *,
    session: str,
    parent: int | None,
    now: int,
    turn: str,
) -> Accepted:
    """Add a turn, which follows `parent`, or the one before it if that is None."""
    seq: int
    (seq,) = connection.execute(
        _NEW_TURN,
        (
            turn,
            session,
            incoming.user,
            incoming.role,
            incoming.source,
            incoming.client_message_id,
            incoming.text,
            dump(attachments_out(incoming.attachments)),
            dump(options_out(incoming.options)),
            incoming.mode or "inject",
            incoming.triggered_by,
            now,
            None if expansion is None else expansion.name,
            None if expansion is None else clean(expansion.text),
            parent,
        ),
    ).fetchone()
    return Accepted(
        session=session,
        turn=turn,
        seq=seq,
        state="accepted",
        duplicate=False,
        created=False,
        closed=None,
    )
