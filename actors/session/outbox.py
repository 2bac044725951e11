"""What must reach a person: stored with the end of its turn, claimed by its channel, marked, at last thrown away."""
# ruff: noqa: S608 - statements are put together from constants; values are parameters

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, cast, final

import attrs

from actors.storage import clean, micros, moment
from actors.transcript import texts
from actors.vocabulary import Block, Channel
from bus import Data

from .encoding import attachments_out, dump
from .messages import Claimed, ClaimOutbox, MarkOutbox, OutboxRow, Push, Turn
from .steps import COLUMNS, AssistantStep, CallStep, NoticeStep, step_of

KEPT: Final = timedelta(days=7)
"""How long a row stays once it was sent or dropped."""
KEPT_UNDELIVERED: Final = timedelta(days=90)
"""How long one stays that could not be delivered."""
WAITS: Final = timedelta(days=3)
"""How long a notification may wait; what is older is no news any more."""
_NOTICED: Final = 1_000_000
"""Microseconds from which a clock counts as set back: below, it is only made to agree with others."""
_TOO_LATE: Final = "it could not be sent within three days"
_UNREADABLE: Final = "what is stored of it cannot be read any more"
_INTERRUPTED: Final = "the program ended while it was being sent"

_OPEN: Final = "state IN ('pending', 'sending')"
"""The very words of the partial index ``outbox_open``, so that SQLite uses it."""
_INSERT: Final = """
INSERT INTO outbox (turn_id, user_id, channel, recipient, key, body, state, created_at, next_at)
VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, ?)
ON CONFLICT (key) DO NOTHING
"""
_IS_NEW: Final = "(attempt = 0 AND next_at <= created_at)"
"""Stored to be sent at once and never tried: due even if the clock was set back since, or later ones would overtake."""
_IS_DUE: Final = f"(next_at <= :now OR {_IS_NEW})"
_DUE: Final = f"""
SELECT id FROM outbox AS row INDEXED BY outbox_open
WHERE channel = :channel AND {_OPEN} AND {_IS_DUE}
    AND recipient NOT IN (SELECT recipient FROM outbox WHERE id IN (SELECT value FROM json_each(:in_hand)))
    AND NOT EXISTS (
        SELECT 1 FROM outbox AS before INDEXED BY outbox_open
        WHERE before.channel = row.channel AND before.recipient = row.recipient AND before.id < row.id
            AND before.{_OPEN} AND ({_IS_DUE} OR before.attempt > 0))
ORDER BY id LIMIT :limit
"""
"""Of each recipient the oldest. What is ``sending`` is the claimer's own: that of others no longer is by then."""
_CLAIM: Final = f"""
UPDATE outbox SET state = 'sending', attempt = min(attempt, 1000000) + 1, boot_id = :boot, claimer = :claimer
WHERE id IN ({_DUE})
RETURNING *
"""
_DOUBT: Final = """
UPDATE outbox SET state = CASE doubts WHEN 0 THEN 'pending' ELSE 'doubtful' END, doubts = min(doubts, 1000) + 1,
    next_at = ?, reason = ? WHERE state = 'sending'
"""
"""What nobody can say of whether it has arrived is tried once more, and no more than that."""


@final
@attrs.frozen(kw_only=True)
class Undelivered(Data):
    """A row that will not be sent by itself any more."""

    user: str
    channel: Channel
    session: str | None
    reason: str


def push(connection: sqlite3.Connection, request: Push, now: int) -> None:
    """Store what is to be sent; a key that is there already is left alone."""
    next_at = now if request.not_before is None else max(now, micros(request.not_before))
    recipient, key = clean(request.recipient), clean(request.key)
    _insert(connection, (None, request.user, request.channel, recipient, key, request.body, now, next_at))


def _insert(connection: sqlite3.Connection, row: tuple[object, ...]) -> None:
    *names, body, created_at, next_at = row
    connection.execute(_INSERT, (*names, dump(body), created_at, next_at))


# --- what turns say -----------------------------------------------------------------------------------------


def fill(connection: sqlite3.Connection, turn: Turn, now: int) -> None:
    """Store what a turn that ended has to say to whoever is behind its conversation, and has not said yet."""
    said = _said_in(connection, turn)
    fresh = [
        text for n, text in enumerate(said.texts, 1) if text and not _is_there(connection, _key(turn.id, n))
    ]
    if fresh or said.attachments or said.notice:
        body = _body(turn, fresh, said)
        _insert(
            connection,
            (turn.id, turn.user, turn.channel, turn.key, _key(turn.id), body, now, now),
        )


def say(
    connection: sqlite3.Connection, turn: Turn, iteration: int, content: Sequence[Block], now: int
) -> bool:
    """Store what one completion of a turn that goes on has to say; whether there is anything."""
    text = "".join(texts(content))
    if text:
        body = _body(turn, [text], _Said(texts=[""] * iteration))
        key = _key(turn.id, iteration)
        _insert(connection, (turn.id, turn.user, turn.channel, turn.key, key, body, now, now))
    return bool(text)


def _key(turn: str, iteration: int | None = None) -> str:
    return f"turn:{turn}" if iteration is None else f"turn:{turn}:{iteration}"


def _is_there(connection: sqlite3.Connection, key: str) -> bool:
    return connection.execute("SELECT 1 FROM outbox WHERE key = ?", (key,)).fetchone() is not None


@final
@attrs.define
class _Said:
    """What a turn has said."""

    texts: list[str] = attrs.field(factory=list[str])
    """Of each completion."""
    answers: list[str] = attrs.field(factory=list[str])
    """Of those that called no tool: one, or more where followups came just then."""
    attachments: list[Any] = attrs.field(factory=list[Any])
    notice: str | None = None


def _body(turn: Turn, fresh: list[str], said: _Said) -> dict[str, Any]:
    return {
        "session": turn.session,
        "turn": turn.id,
        "outcome": turn.outcome,
        "texts": fresh,
        "answers": said.answers,
        "attachments": said.attachments,
        "notice": said.notice,
        "iteration": len(said.texts),
        "client_message_id": turn.client_message_id,
    }


def _said_in(connection: sqlite3.Connection, turn: Turn) -> _Said:
    said = _Said()
    query = f"SELECT {COLUMNS} FROM steps WHERE turn_id = ? ORDER BY n"
    answer = ""
    for step in map(step_of, connection.execute(query, (turn.id,))):
        if not isinstance(step, CallStep) and answer:
            said.answers.append(answer)
        answer = ""
        match step:
            case AssistantStep(content=content):
                said.texts.append(answer := "".join(texts(content)))
            case CallStep(result=result) if result is not None:
                said.attachments += attachments_out(result.attachments)
            case NoticeStep(text=text):
                said.notice = text
            case _:
                pass
    if answer:
        said.answers.append(answer)
    return said


# --- claiming and marking -----------------------------------------------------------------------------------


def claim(
    connection: sqlite3.Connection, request: ClaimOutbox, boot: str, now: int, set_back: int = 0
) -> tuple[Claimed, tuple[Undelivered, ...]]:
    """Move due rows to ``sending``, of each recipient the oldest; and what this has found to be undeliverable.

    `set_back`: microseconds by which the clock was set back since the last claim, for which nothing waits longer.
    """
    if set_back >= _NOTICED:
        tried = f"UPDATE outbox SET next_at = next_at - ? WHERE {_OPEN} AND attempt > 0"
        connection.execute(tried, (set_back,))
    lost = _close(
        connection,
        f"{_DOUBT} AND channel = ? AND (boot_id, claimer) IS NOT (?, ?)",
        (now, _INTERRUPTED, request.channel, boot, request.claimer),
    )
    lost += _close(
        connection,
        "UPDATE outbox SET state = 'dead', reason = ?, next_at = ? WHERE state = 'pending' AND channel = ?"
        " AND turn_id IS NULL AND created_at < ?",
        (_TOO_LATE, now, request.channel, now - WAITS // timedelta(microseconds=1)),
    )
    due = {
        "boot": boot,
        "claimer": request.claimer,
        "channel": request.channel,
        "now": now,
        "in_hand": json.dumps(request.in_hand),
        "limit": max(0, request.limit),
    }
    found: list[OutboxRow] = []
    for row in sorted(connection.execute(_CLAIM, due).fetchall(), key=lambda row: int(row["id"])):
        body, sent = body_of(row), _sent_of(row)
        if body is None or sent is None:
            kill = "UPDATE outbox SET state = 'dead', reason = ?, next_at = ? WHERE id = ?"
            lost += _close(connection, kill, (_UNREADABLE, now, row["id"]))
        else:
            found.append(_row_of(row, body, sent))
    (next_at,) = connection.execute(
        f"SELECT min(next_at) FROM outbox WHERE channel = :channel AND {_OPEN} AND NOT {_IS_DUE}",
        {"channel": request.channel, "now": now},
    ).fetchone()
    return Claimed(rows=tuple(found), next_at=None if next_at is None else moment(next_at)), tuple(lost)


def mark(connection: sqlite3.Connection, request: MarkOutbox, now: int) -> tuple[Undelivered, ...]:
    """Say what became of a row; an unknown one is nobody's concern. Gives the row if it will not be sent any more."""
    next_at = now if request.next_at is None else micros(request.next_at)
    if request.sent:
        connection.execute(
            "UPDATE outbox SET doubts = 0, reason = NULL, sent = (SELECT json_group_array(value) FROM"
            " (SELECT value FROM json_each(sent) UNION ALL SELECT value FROM json_each(?)"
            " WHERE value NOT IN (SELECT value FROM json_each(sent)))) WHERE id = ?",
            (json.dumps(request.sent), request.id),
        )
    reason = None if request.reason is None else clean(request.reason)
    which = "id = ? AND (state <> 'dropped' OR ? = 'sent')"
    if request.state == "doubtful":
        return tuple(_close(connection, f"{_DOUBT} AND id = ?", (next_at, reason, request.id)))
    if request.state == "sending":
        return ()
    change = (
        "UPDATE outbox SET state = ?, next_at = ?, reason = coalesce(?, reason), doubts = max(doubts, ?)"
        f" WHERE {which}"
    )
    values = (request.state, next_at, reason, request.perhaps, request.id, request.state)
    return tuple(_close(connection, change, values))


def _close(connection: sqlite3.Connection, change: str, values: tuple[object, ...]) -> list[Undelivered]:
    """Carry out a change. What is undeliverable after it leaves the unread mark on its conversation."""
    rows = connection.execute(f"{change} RETURNING *", values).fetchall()
    lost = [undelivered_of(row) for row in rows if row["state"] in {"doubtful", "dead"}]
    for session in {each.session for each in lost if each.session}:
        connection.execute("UPDATE sessions SET is_read = 0 WHERE id = ?", (session,))
    return lost


def doubt(connection: sqlite3.Connection, boot: str, now: int) -> tuple[Undelivered, ...]:
    """What another boot was sending when it ended may or may not have arrived."""
    return tuple(_close(connection, f"{_DOUBT} AND boot_id IS NOT ?", (now, _INTERRUPTED, boot)))


def purge(connection: sqlite3.Connection, now: int) -> None:
    """Throw away what is over and old."""
    for states, kept in (
        ("'sent', 'dropped'", KEPT),
        ("'dead', 'doubtful'", KEPT_UNDELIVERED),
    ):
        before = now - kept // timedelta(microseconds=1)
        connection.execute(f"DELETE FROM outbox WHERE state IN ({states}) AND next_at < ?", (before,))


# --- rows ---------------------------------------------------------------------------------------------------


def body_of(row: sqlite3.Row) -> Mapping[str, Any] | None:
    """What a row has to say; None when that cannot be read any more."""
    try:
        body: Any = json.loads(row["body"])
    except ValueError:
        return None
    return cast("dict[str, Any]", body) if isinstance(body, dict) else None


def session_of(body: Mapping[str, Any] | None) -> str | None:
    """The conversation that what is said belongs to."""
    session = None if body is None else body.get("session")
    return session if isinstance(session, str) else None


def undelivered_of(row: sqlite3.Row) -> Undelivered:
    """What is told of a row that will not be sent any more."""
    return Undelivered(
        user=row["user_id"],
        channel=row["channel"],
        session=session_of(body_of(row)),
        reason=row["reason"] or "",
    )


def _sent_of(row: sqlite3.Row) -> tuple[str, ...] | None:
    """The parts of a row that were sent; None when that cannot be read any more."""
    try:
        return tuple(map(str, json.loads(row["sent"])))
    except (ValueError, TypeError):
        return None


def _row_of(row: sqlite3.Row, body: Mapping[str, Any], sent: tuple[str, ...]) -> OutboxRow:
    return OutboxRow(
        id=row["id"],
        turn=row["turn_id"],
        user=row["user_id"],
        channel=row["channel"],
        recipient=row["recipient"],
        key=row["key"],
        body=body,
        attempt=row["attempt"],
        sent=sent,
        doubtful=row["doubts"] > 0,
        created_at=moment(row["created_at"]),
    )
