"""What must reach a person: stored with the end of its turn, claimed by its channel, marked, at last thrown away."""

import json
import sqlite3
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, cast

from actors.storage import clean, micros
from actors.transcript import texts

from .encoding import attachments_out, dump
from .messages import ClaimOutbox, MarkOutbox, OutboxRow, Push, Turn
from .steps import COLUMNS, AssistantStep, CallStep, NoticeStep, step_of

KEPT: Final = timedelta(days=7)
"""How long a row stays once it was sent."""

_INSERT: Final = """
INSERT INTO outbox (turn_id, channel, recipient, key, body, state, next_at) VALUES (?, ?, ?, ?, ?, 'pending', ?)
ON CONFLICT (key) DO NOTHING
"""
_CLAIM: Final = """
UPDATE outbox SET state = 'sending', attempt = attempt + 1, boot_id = :boot, claimer = :claimer WHERE id IN
    (SELECT id FROM outbox WHERE channel = :channel AND next_at <= :now AND state IN ('pending', 'sending')
        AND id NOT IN (SELECT value FROM json_each(:in_hand)) ORDER BY id LIMIT :limit)
RETURNING id, turn_id, channel, recipient, key, body, attempt
"""
"""What is ``sending`` is the claimer's own: that of others is ``doubtful`` by then."""


def push(connection: sqlite3.Connection, request: Push, now: int) -> None:
    """Store what is to be sent; a key that is there already is left alone."""
    row = (None, request.channel, clean(request.recipient), clean(request.key), dump(request.body), now)
    connection.execute(_INSERT, row)


def fill(connection: sqlite3.Connection, turn: Turn, now: int) -> bool:
    """Store what a turn that ended has to say to whoever is behind its conversation; whether there is anything."""
    body = _said_in(connection, turn)
    if not (body["text"] or body["attachments"] or body["notice"]):
        return False
    connection.execute(_INSERT, (turn.id, turn.channel, turn.key, f"turn:{turn.id}", dump(body), now))
    return True


def _said_in(connection: sqlite3.Connection, turn: Turn) -> dict[str, Any]:
    said: list[str] = []
    attachments: list[Any] = []
    notice: str | None = None
    query = f"SELECT {COLUMNS} FROM steps WHERE turn_id = ? ORDER BY n"  # noqa: S608 - put together from constants
    for step in map(step_of, connection.execute(query, (turn.id,))):
        match step:
            case AssistantStep(content=content):
                said += texts(content)
            case CallStep(result=result) if result is not None:
                attachments += attachments_out(result.attachments)
            case NoticeStep(text=text):
                notice = text
            case _:
                pass
    return {
        "session": turn.session,
        "turn": turn.id,
        "outcome": turn.outcome,
        "text": "\n\n".join(said),
        "attachments": attachments,
        "notice": notice,
    }


def claim(connection: sqlite3.Connection, request: ClaimOutbox, boot: str, now: int) -> tuple[OutboxRow, ...]:
    """Move due rows to ``sending``, oldest first; what others were sending there is ``doubtful`` from now on."""
    connection.execute(
        "UPDATE outbox SET state = 'doubtful' WHERE state = 'sending' AND channel = ?"
        " AND (boot_id, claimer) IS NOT (?, ?)",
        (request.channel, boot, request.claimer),
    )
    due = {
        "boot": boot,
        "claimer": request.claimer,
        "channel": request.channel,
        "now": now,
        "in_hand": json.dumps(request.in_hand),
        "limit": max(0, request.limit),
    }
    rows = connection.execute(_CLAIM, due).fetchall()
    found: list[OutboxRow] = []
    for row in sorted(rows, key=lambda row: int(row["id"])):
        body = _body_of(row)
        if body is None:
            connection.execute("UPDATE outbox SET state = 'dead' WHERE id = ?", (row["id"],))
        else:
            found.append(_row_of(row, body))
    return tuple(found)


def mark(connection: sqlite3.Connection, request: MarkOutbox, now: int) -> None:
    """Say what became of a row; an unknown one is nobody's concern."""
    next_at = now if request.next_at is None else micros(request.next_at)
    connection.execute(
        "UPDATE outbox SET state = ?, next_at = ? WHERE id = ?", (request.state, next_at, request.id)
    )


def doubt(connection: sqlite3.Connection, boot: str) -> None:
    """What another boot was sending when it ended may or may not have arrived."""
    connection.execute(
        "UPDATE outbox SET state = 'doubtful' WHERE state = 'sending' AND boot_id IS NOT ?", (boot,)
    )


def purge(connection: sqlite3.Connection, before: int) -> None:
    """Throw away what was sent before a moment, in microseconds since 1970."""
    connection.execute("DELETE FROM outbox WHERE state = 'sent' AND next_at < ?", (before,))


def _body_of(row: sqlite3.Row) -> Mapping[str, Any] | None:
    """What a row has to say; None when that cannot be read any more."""
    try:
        body: Any = json.loads(row["body"])
    except ValueError:
        return None
    return cast("dict[str, Any]", body) if isinstance(body, dict) else None


def _row_of(row: sqlite3.Row, body: Mapping[str, Any]) -> OutboxRow:
    return OutboxRow(
        id=row["id"],
        turn=row["turn_id"],
        channel=row["channel"],
        recipient=row["recipient"],
        key=row["key"],
        body=body,
        attempt=row["attempt"],
    )
