"""What the model was told in a turn besides the conversation: stored with its answer, so that a person can ask why.

A text is stored once for each user, however often it is told.
"""

import json
import sqlite3
from datetime import timedelta
from hashlib import blake2b
from typing import Final, Protocol

from actors.storage import clean

from .encoding import dump, origins_in, origins_out
from .messages import Told, ToldText, UnknownTurn

KEPT: Final = timedelta(days=90)
_DAY: Final = timedelta(days=1) // timedelta(microseconds=1)

_KEEP: Final = """
INSERT INTO told_texts (user_id, digest, text, used_at) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET used_at = excluded.used_at WHERE used_at < excluded.used_at - ?
"""
_TOLD: Final = """
SELECT attempt, part.value ->> 'source', part.value ->> 'size', part.value ->> 'digest', text, part.value -> 'origins'
FROM told JOIN json_each(parts) AS part LEFT JOIN told_texts ON user_id = ? AND digest = part.value ->> 'digest'
WHERE turn_id = ? ORDER BY attempt, part.key
"""
_FORGET: Final = """
DELETE FROM told_texts WHERE user_id = :user AND digest IN (
    SELECT part.value ->> 'digest' FROM turns JOIN told ON turn_id = turns.id JOIN json_each(parts) AS part
    WHERE turns.user_id = :user AND part.value ->> 'source' = :source)
"""


class Hearing(Protocol):
    """A request that says what its attempt was told."""

    @property
    def turn(self) -> str: ...
    @property
    def attempt(self) -> int: ...
    @property
    def told(self) -> tuple[Told, ...]: ...


def record(connection: sqlite3.Connection, user: str, request: Hearing, now: int) -> None:
    """Store what an attempt was told, if the request says so; twice is once."""
    if not request.told:
        return
    texts = [(told, data := clean(told.text).encode(), _digest(data)) for told in request.told]
    connection.executemany(_KEEP, [(user, digest, data.decode(), now, _DAY) for _, data, digest in texts])
    parts = [
        {
            "source": told.source,
            "size": len(data),
            "digest": digest,
            **({"origins": origins_out(told.origins)} if told.origins else {}),
        }
        for told, data, digest in texts
    ]
    connection.execute(
        "INSERT OR IGNORE INTO told VALUES (?, ?, ?, ?)", (request.turn, request.attempt, now, dump(parts))
    )


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def of_turn(connection: sqlite3.Connection, turn: str, user: str) -> tuple[ToldText, ...]:
    """What each attempt of a turn was told. Raises UnknownTurn, also for one of another user."""
    found = connection.execute(
        "SELECT coalesce(merged_into, id) FROM turns WHERE id = ? AND user_id = ?", (clean(turn), user)
    ).fetchone()
    if found is None:
        raise UnknownTurn(turn=turn)
    rows = connection.execute(_TOLD, (user, found[0]))
    return tuple(
        ToldText(
            attempt=attempt,
            source=source,
            size=size,
            digest=digest,
            text=text,
            origins=origins_in(json.loads(origins or "[]")),
        )
        for attempt, source, size, digest, text, origins in rows
    )


def forget(connection: sqlite3.Connection, user: str, source: str) -> None:
    """Delete the texts that a source has told in the turns of a user."""
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(_FORGET, {"user": user, "source": clean(source)})


def purge(connection: sqlite3.Connection, before: int) -> None:
    """Delete what was told before a time, in microseconds since 1970."""
    connection.execute("DELETE FROM told WHERE at < ?", (before,))
    connection.execute("DELETE FROM told_texts WHERE used_at < ?", (before - _DAY,))
