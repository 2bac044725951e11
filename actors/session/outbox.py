"""Messages to channels that must be pushed: stored with the end of their turn, taken by the channel, marked."""

import json
import sqlite3
from collections.abc import Sequence

from .encoding import clean, dump, micros, moment
from .messages import MarkOutbox, OutboxRow, Push, TakeOutbox


def push(connection: sqlite3.Connection, turn: str, pushes: Sequence[Push], now: int) -> None:
    """Store what is to be sent; a key that is there already is left alone."""
    connection.executemany(
        "INSERT INTO outbox (turn_id, channel, key, body, state, next_at) VALUES (?, ?, ?, ?, 'pending', ?)"
        " ON CONFLICT (key) DO NOTHING",
        [(turn, push.channel, clean(push.key), dump(push.body), now) for push in pushes],
    )


def take(connection: sqlite3.Connection, request: TakeOutbox, boot: str, now: int) -> tuple[OutboxRow, ...]:
    """Move due rows to ``sending``, oldest first."""
    rows = connection.execute(
        "UPDATE outbox SET state = 'sending', attempt = attempt + 1, boot_id = ? WHERE id IN"
        " (SELECT id FROM outbox WHERE state = 'pending' AND channel = ? AND next_at <= ? ORDER BY id LIMIT ?)"
        " RETURNING id, turn_id, channel, key, body, state, attempt, next_at",
        (boot, request.channel, now, request.limit),
    ).fetchall()
    return tuple(sorted(map(_row_of, rows), key=lambda row: row.id))


def mark(connection: sqlite3.Connection, request: MarkOutbox, now: int) -> None:
    """Say what became of a row; an unknown one is nobody's concern."""
    next_at = now if request.next_at is None else micros(request.next_at)
    connection.execute(
        "UPDATE outbox SET state = ?, next_at = ? WHERE id = ?", (request.state, next_at, request.id)
    )


def doubt(connection: sqlite3.Connection, boot: str) -> None:
    """What another boot was sending when it ended may or may not have arrived."""
    connection.execute(
        "UPDATE outbox SET state = 'doubtful' WHERE state = 'sending' AND boot_id <> ?", (boot,)
    )


def _row_of(row: sqlite3.Row) -> OutboxRow:
    return OutboxRow(
        id=row["id"],
        turn=row["turn_id"],
        channel=row["channel"],
        key=row["key"],
        body=json.loads(row["body"]),
        state=row["state"],
        attempt=row["attempt"],
        next_at=moment(row["next_at"]),
    )
