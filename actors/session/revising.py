"""Answering a message again, or another version of it; choosing between versions. Each is one transaction."""

import sqlite3

import attrs

from actors.context import Expansion

from . import branches, sessions
from .accept import Fresh, cleaned, same_message, store_turn, touch
from .messages import (
    Accepted,
    Choose,
    Chosen,
    Incoming,
    JoinedAnother,
    SessionIsClosed,
    StillOpen,
    Turn,
)
from .paths import NEWEST, continuation
from .rows import OPEN
from .turns import get


def revise(
    connection: sqlite3.Connection,
    incoming: Incoming,
    expansion: Expansion | None = None,
    *,
    turn: str,
    now: int,
    fresh: Fresh,
) -> Accepted:
    """Store another version of the message of a turn. Raises what :class:`Revise` raises."""
    incoming = cleaned(incoming)
    before = same_message(connection, incoming)
    if before is not None:
        return before
    first = _own(connection, turn, incoming.user)
    if sessions.get(connection, first.session, first.user).is_closed:
        raise SessionIsClosed(session=first.session)
    _at_rest(connection, first.session)
    parent = branches.parent_of(connection, first.session, first.seq)
    touch(connection, first.session, None, now)
    _forget_length(connection, first.session)
    return store_turn(
        connection,
        attrs.evolve(incoming, mode="queue"),
        expansion,
        session=first.session,
        parent=parent,
        now=now,
        turn=fresh.turn,
    )


def choose(connection: sqlite3.Connection, request: Choose) -> Chosen:
    """Make the path that a version is on the one that the conversation goes on from."""
    turn = _own(connection, request.turn, request.user)
    _at_rest(connection, turn.session)
    run = continuation(branches.forks(connection, turn.session), turn.seq)
    head = branches.last_between(connection, turn.session, *run)
    newest = branches.last_between(connection, turn.session, head, NEWEST)
    changed = connection.execute(
        "UPDATE sessions SET head = ?1 WHERE id = ?2 AND head IS NOT ?1",
        (None if head == newest else head, turn.session),
    )
    if changed.rowcount:
        _forget_length(connection, turn.session)
    (last,) = connection.execute("SELECT id FROM turns WHERE seq = ?", (head,)).fetchone()
    return Chosen(session=turn.session, turn=last)


def _own(connection: sqlite3.Connection, turn: str, user: str) -> Turn:
    """A turn of this user that has a place of its own. Raises UnknownTurn, JoinedAnother."""
    found = get(connection, turn, user)
    if found.merged_into is not None:
        raise JoinedAnother(turn=found.id, into=found.merged_into)
    return found


def _at_rest(connection: sqlite3.Connection, session: str) -> None:
    """Raise StillOpen while something is to be done in a conversation: its path must not change below it."""
    query = f"SELECT 1 FROM turns WHERE session_id = ? AND {OPEN} LIMIT 1"  # noqa: S608
    if connection.execute(query, (session,)).fetchone() is not None:
        raise StillOpen(session=session)


def _forget_length(connection: sqlite3.Connection, session: str) -> None:
    """How long the next prompt of a conversation is to be is not known on another path."""
    connection.execute("UPDATE sessions SET context_tokens = 0 WHERE id = ?", (session,))
