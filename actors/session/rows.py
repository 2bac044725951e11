"""Rows of ``sessions`` and ``turns`` as the values of the front door."""

import json
import sqlite3
from typing import Final

from .encoding import attachments_in, micros, moment
from .messages import Session, Turn
from .steps import Said
from .words import blocks_of

SESSION: Final = """
SELECT id, user_id, channel, channel_key, title, summary, created_at, last_message_at, message_count, is_closed,
       is_read, triggered_by,
       EXISTS (SELECT 1 FROM turns WHERE session_id = sessions.id AND state IN ('accepted', 'running')) AS running
FROM sessions
"""

TURN: Final = """
SELECT id, session_id, user_id, state, attempt, released, text, attachments, model, mode, source, client_message_id,
       accepted_at, triggered_by, merged_into
FROM turns
"""

OPEN: Final = "state IN ('accepted', 'running')"
"""The very words of the partial index ``turns_open``, so that SQLite uses it."""


def session_of(row: sqlite3.Row) -> Session:
    """A row selected by :data:`SESSION`."""
    return Session(
        id=row["id"],
        user=row["user_id"],
        channel=row["channel"],
        key=row["channel_key"],
        title=row["title"],
        summary=row["summary"],
        created_at=moment(row["created_at"]),
        last_message_at=moment(row["last_message_at"]),
        message_count=row["message_count"],
        is_closed=bool(row["is_closed"]),
        is_read=bool(row["is_read"]),
        triggered_by=row["triggered_by"],
        running=bool(row["running"]),
    )


def turn_of(row: sqlite3.Row) -> Turn:
    """A row selected by :data:`TURN`."""
    text: str = row["text"]
    attachments = attachments_in(json.loads(row["attachments"]))
    return Turn(
        id=row["id"],
        session=row["session_id"],
        user=row["user_id"],
        state=row["state"],
        attempt=row["attempt"],
        released=row["released"],
        text=text,
        attachments=attachments,
        model=row["model"],
        mode=row["mode"],
        source=row["source"],
        client_message_id=row["client_message_id"],
        accepted_at=moment(row["accepted_at"]),
        triggered_by=row["triggered_by"],
        merged_into=row["merged_into"],
        content=blocks_of(text, attachments),
    )


def said_by(turn: Turn) -> Said:
    """The message of a turn, as a step stores it."""
    return Said(turn=turn.id, text=turn.text, attachments=turn.attachments, at=micros(turn.accepted_at))
