"""Rows of ``sessions`` and ``turns`` as the values of the front door."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from actors.storage import clean, micros, moment
from actors.vocabulary import Attachment, Text, Usage

from .encoding import attachments_in, load, options_in
from .messages import Session, Turn, TurnOptions
from .steps import Said
from .words import blocks_of

SESSION: Final = """
SELECT id, user_id, channel, channel_key, title, summary, created_at, last_message_at, message_count, is_closed,
       is_read, triggered_by, model, effort, is_archived, pinned, labels,
       EXISTS (SELECT 1 FROM turns WHERE session_id = sessions.id AND state IN ('accepted', 'running')) AS running,
       caller_turn || ':' || caller_step AS delegated_by,
       (SELECT session_id FROM turns WHERE turns.id = caller_turn) AS parent
FROM sessions
"""

_TURN: Final = """
SELECT turns.id, seq, session_id, turns.user_id, role, channel, channel_key, state, outcome, attempt, deaths,
       cancel_requested, {text} AS text, called, {expansion} AS expansion, attachments, options, mode, source,
       client_message_id, accepted_at,
       (SELECT started_at FROM steps WHERE turn_id = turns.id AND n = 0) AS started_at, finished_at,
       turns.triggered_by, merged_into, end_seq, caller_turn || ':' || caller_step AS delegated_by, origin, depth,
       CASE WHEN parent IS NOT NULL THEN
            coalesce((SELECT id FROM turns AS other WHERE other.seq = turns.parent), '') END AS follows,
       (SELECT json_array(total(input_tokens), total(output_tokens), total(cache_read_tokens),
                          total(cache_write_tokens), sum(cost_usd), count(*) FILTER (WHERE purpose = 'completion'))
        FROM usage WHERE usage.session_id = turns.session_id AND turn_id = turns.id) AS used,
       (SELECT model FROM usage WHERE usage.session_id = turns.session_id AND turn_id = turns.id
        AND purpose = 'completion' ORDER BY usage.id DESC LIMIT 1) AS model,
       (SELECT count(*) FROM steps AS call JOIN steps AS answer ON answer.turn_id = call.turn_id
        AND answer.n = call.n - 1 AND answer.kind = 'assistant' WHERE call.turn_id = turns.id AND call.kind = 'tool')
       AS tool_rounds
FROM turns JOIN sessions ON sessions.id = session_id
"""
TURN: Final = _TURN.format(text="text", expansion="expansion")
LISTED_TURN: Final = _TURN.format(text="text", expansion="NULL")
"""The same without what its words have called up, which may be long."""
SHORT_TURN: Final = _TURN.format(text="substr(text, 1, 200)", expansion="NULL")
"""The same with the beginning of its text alone."""

OPEN: Final = "state IN ('accepted', 'running')"
"""The very words of the partial index ``turns_open``, so that SQLite uses it."""


_NONE: Final = "[]"
_NO_ATTACHMENTS: Final = "[]"
_NO_OPTIONS: Final = "{}"


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
        delegated_by=row["delegated_by"],
        parent=row["parent"],
        model=row["model"],
        effort=row["effort"],
        is_archived=bool(row["is_archived"]),
        pinned=bool(row["pinned"]),
        labels=() if row["labels"] == _NONE else _labels(row["labels"]),
    )


def _labels(text: str) -> tuple[str, ...]:
    """Those of a conversation; none where they are damaged, so that it keeps nobody from the list of all."""
    try:
        return tuple(map(clean, load(text)))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return ()


def turn_of(row: sqlite3.Row) -> Turn:
    """A row selected by :data:`TURN`."""
    text: str = row["text"]
    attachments, options, damaged = _unpacked(row)
    tokens_in, tokens_out, read, written, cost, completions = json.loads(row["used"])
    return Turn(
        id=row["id"],
        seq=row["seq"],
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
        started_at=_moment(row["started_at"]),
        finished_at=_moment(row["finished_at"]),
        triggered_by=row["triggered_by"],
        merged_into=row["merged_into"],
        end_seq=row["end_seq"],
        follows=row["follows"],
        content=blocks_of(text, attachments, row["expansion"]),
        called=row["called"] or "",
        usage=Usage(
            input_tokens=int(tokens_in),
            output_tokens=int(tokens_out),
            cache_read_tokens=int(read),
            cache_write_tokens=int(written),
            cost_usd=cost,
            model=row["model"],
        ),
        completions=completions,
        tool_rounds=row["tool_rounds"],
        delegated_by=row["delegated_by"],
        origin=row["origin"],
        depth=row["depth"],
    )


def _moment(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


def _unpacked(row: sqlite3.Row) -> tuple[tuple[Attachment, ...], TurnOptions, bool]:
    """Attachments and options of a turn, and whether they are damaged and left out."""
    if row["attachments"] == _NO_ATTACHMENTS and row["options"] == _NO_OPTIONS:  # as of nearly every turn
        return (), TurnOptions(), False
    try:
        return attachments_in(load(row["attachments"])), options_in(load(row["options"])), False
    except Exception:  # noqa: BLE001 - whatever damage does to a decoder, it stays with the row
        return (), TurnOptions(), True


def turns_of(rows: Iterable[sqlite3.Row]) -> tuple[Turn, ...]:
    """Rows selected by :data:`TURN`."""
    return tuple(map(turn_of, rows))


def said_by(turn: Turn) -> Said:
    """The message of a turn, as a step stores it."""
    return Said(
        turn=turn.id,
        text=turn.text,
        attachments=turn.attachments,
        at=micros(turn.accepted_at),
        expansion=_expansion(turn) if is_expanded(turn) else None,
    )


def is_expanded(turn: Turn) -> bool:
    """Whether the model gets something else than the words of a message: what they call up, or more than they say."""
    return bool(turn.called) or turn.content != blocks_of(turn.text, turn.attachments)


def _expansion(turn: Turn) -> str:
    """What that is: of the texts of a message the first."""
    return next(block.text for block in turn.content if isinstance(block, Text))
