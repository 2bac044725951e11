"""Deleting conversations, with every word of them, but for what they cost."""
# ruff: noqa: S608 - statements are put together from constants; values are parameters

import json
import sqlite3
from typing import Final, Literal

from actors.storage import clean

from . import audit
from .messages import UnknownSession

Fate = Literal["pruned", "kept", "gone"]

_TURNS: Final = "(SELECT id FROM turns WHERE session_id = :session)"
_PUSHES: Final = f"""
(turn_id IN {_TURNS} OR CASE WHEN json_valid(body) THEN body ->> 'session' END = :session)
"""
"""Rows of the outbox that speak of the conversation; the second half in the very words of its index."""
_DELEGATED: Final = "SELECT id FROM sessions WHERE origin_session = :session"
_SPOKEN: Final = """
SELECT EXISTS (SELECT 1 FROM turns WHERE session_id = :session AND coalesce(triggered_by, '') = '')
"""
_IN_USE: Final = f"""
SELECT EXISTS (SELECT 1 FROM turns WHERE session_id = :session AND state IN ('accepted', 'running'))
    OR EXISTS (SELECT 1 FROM turns WHERE state IN ('accepted', 'running') AND session_id IN ({_DELEGATED}))
    OR EXISTS (SELECT 1 FROM outbox WHERE state IN ('pending', 'sending') AND {_PUSHES})
"""
_TOLD: Final = f"""
SELECT DISTINCT part.value ->> 'digest' FROM told JOIN json_each(parts) AS part WHERE turn_id IN {_TURNS}
"""
_TOLD_NOWHERE_ELSE: Final = """
DELETE FROM told_texts WHERE user_id = :user AND digest IN (SELECT value FROM json_each(:digests)) AND NOT EXISTS (
    SELECT 1 FROM told CROSS JOIN turns ON turns.id = turn_id WHERE instr(parts, digest) AND turns.user_id = :user)
"""
"""Looking for a digest in what is stored costs a fraction of reading it."""
_COUNT_CALLS: Final = """
INSERT INTO past_calls SELECT session_id, tool, is_error, started_at FROM steps
WHERE session_id = :session AND kind = 'tool'
"""
_DELETE: Final = (
    "DELETE FROM drafts WHERE user_id = :user AND place = :session",
    f"DELETE FROM outbox WHERE {_PUSHES}",
    f"DELETE FROM told WHERE turn_id IN {_TURNS}",
    f"DELETE FROM deaths WHERE turn_id IN {_TURNS}",
    "DELETE FROM compactions WHERE session_id = :session",
    "DELETE FROM steps WHERE session_id = :session",
    "DELETE FROM turns WHERE session_id = :session",
    "DELETE FROM sessions WHERE id = :session",
)
"""In this order: nothing may refer to what is gone."""


def prune(connection: sqlite3.Connection, session: str, user: str, now: int) -> Fate:
    """Delete a conversation if it may be. Raises UnknownSession for one of another user."""
    names = {"session": clean(session), "user": user}
    row = connection.execute("SELECT user_id FROM sessions WHERE id = :session", names).fetchone()
    if row is None:
        return "gone"
    if row["user_id"] != user:
        raise UnknownSession(session=session)
    if connection.execute(_SPOKEN, names).fetchone()[0]:
        return "kept"
    return "pruned" if erase(connection, session, user, now) else "kept"


def erase(connection: sqlite3.Connection, session: str, user: str, now: int) -> bool:
    """Delete a conversation of this user, whoever spoke there, if it is at rest; whether it was."""
    names = {"session": clean(session), "user": user}
    if connection.execute(_IN_USE, names).fetchone()[0]:
        return False
    for (delegated,) in connection.execute(_DELEGATED, names).fetchall():
        _delete(connection, {**names, "session": delegated}, now)
    _delete(connection, names, now)
    return True


def _delete(connection: sqlite3.Connection, names: dict[str, str], now: int) -> None:
    digests = [digest for (digest,) in connection.execute(_TOLD, names)]
    connection.execute(_COUNT_CALLS, names)
    for statement in _DELETE:
        connection.execute(statement, names)
    audit.erase(connection, names["session"], names["user"], now)
    connection.execute(_TOLD_NOWHERE_ELSE, {"user": names["user"], "digests": json.dumps(digests)})
