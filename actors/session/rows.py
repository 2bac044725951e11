"""Rows of ``sessions`` and ``turns`` as the values of the front door."""

import json
import sqlite3
from collections.abc import Iterable
from typing import Final

from actors.vocabulary import Attachment

from .encoding import attachments_in, micros, moment, options_in
from .messages import Session, Turn, TurnOptions
from .steps import Said
from .words import blocks_of

SESSION: Final = """
SELECT id, user_id, channel, channel_key, title, summary, created_at, last_message_at, message_count, is_closed,
       is_read, triggered_by,
       EXISTS (SELECT 1 FROM turns WHERE session_id = sessions.id AND state IN ('accepted', 'running')) AS running
FROM sessions
"""

TURN: Final = """
SELECT turns.id, session_id, turns.user_id, role, channel, channel_key, state, outcome, attempt, deaths,
       cancel_requested, text, attachments, options, mode, source, client_message_id, accepted_at, turns.triggered_by,
       merged_into, end_seq
FROM turns JOIN sessions ON sessions.id = session_id
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
    attachments, options, damaged = _unpacked(row)
    return Turn(
        id=row["id"],
        session=row["session_id"],
        user=row["user_id"],
        role=row["role"],
        channel=row["channel"],
        key=row["channel_key"],
        state=row["state"],
        outcome=row["outcome"],
        attempt=row["attempt"],
        deaths=row["deaths"],
        cancel_requested=bool(row["cancel_requested"]),
        damaged=damaged,
        text=text,
        attachments=attachments,
        options=options,
        mode=row["mode"],
        source=row["source"],
        client_message_id=row["client_message_id"],
        accepted_at=moment(row["accepted_at"]),
        triggered_by=row["triggered_by"],
        merged_into=row["merged_into"],
        end_seq=row["end_seq"],
        content=blocks_of(text, attachments),
    )


def _unpacked(row: sqlite3.Row) -> tuple[tuple[Attachment, ...], TurnOptions, bool]:
    """Attachments and options of a turn, and whether they are damaged and left out."""
    try:
        return attachments_in(json.loads(row["attachments"])), options_in(json.loads(row["options"])), False
    except Exception:  # noqa: BLE001 - whatever damage does to a decoder, it stays with the row
        return (), TurnOptions(), True


def turns_of(rows: Iterable[sqlite3.Row]) -> tuple[Turn, ...]:
    """Rows selected by :data:`TURN`."""
    return tuple(map(turn_of, rows))


def said_by(turn: Turn) -> Said:
    """The message of a turn, as a step stores it."""
    return Said(turn=turn.id, text=turn.text, attachments=turn.attachments, at=micros(turn.accepted_at))
