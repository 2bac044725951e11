"""Conversations that a person deletes, pins, labels, and what they write in them. Each function is one transaction."""
# ruff: noqa: S608 - statements are put together from constants; values are parameters

import json
import sqlite3
from collections.abc import Iterable
from typing import Final

from actors.storage import clean, micros, moment

from . import pruning, sessions, titles
from .messages import (
    GRACE,
    MOST_DRAFTS,
    NEW,
    Delete,
    Draft,
    Going,
    KeepDraft,
    Label,
    Pin,
    Restore,
    Session,
    SetLabels,
    UnknownSession,
)

_LETTERS: Final = 40
"""Of a label."""
_OWN: Final = "id = ? AND user_id = ? AND origin IS NULL"
_RESTORE: Final = f"""
UPDATE sessions SET gone_at = NULL, is_closed = is_closed OR EXISTS (
    SELECT 1 FROM sessions AS other WHERE other.user_id = sessions.user_id AND other.channel = sessions.channel
    AND other.channel_key = sessions.channel_key AND other.is_closed = 0 AND other.gone_at IS NULL)
WHERE {_OWN} AND gone_at IS NOT NULL
"""
_LABELS: Final = """
SELECT value AS name, count(*) AS count FROM sessions
JOIN json_each(CASE WHEN json_valid(labels) THEN labels ELSE '[]' END) AS label ON label.type = 'text'
WHERE user_id = ? AND labels <> '[]' AND gone_at IS NULL AND origin IS NULL GROUP BY value
"""
_TOO_MANY: Final = """
DELETE FROM drafts WHERE user_id = ?1 AND place NOT IN (
    SELECT place FROM drafts WHERE user_id = ?1 ORDER BY at DESC, place LIMIT ?2)
"""


def delete(connection: sqlite3.Connection, request: Delete, now: int) -> Going:
    """Put a conversation out of sight, to be gone soon. Raises UnknownSession.

    Args:
      connection: inside a transaction.
      request: which one.
      now: microseconds since 1970.
    """
    row = connection.execute(
        f"UPDATE sessions SET gone_at = coalesce(gone_at, ?) WHERE {_OWN} RETURNING gone_at",
        (now + int(GRACE * 1_000_000), clean(request.session), request.user),
    ).fetchone()
    if row is None:
        raise UnknownSession(session=request.session)
    return Going(moment(row["gone_at"]))


def restore(connection: sqlite3.Connection, request: Restore) -> Session:
    """Bring a conversation back that is not gone yet. Raises UnknownSession."""
    connection.execute(_RESTORE, (clean(request.session), request.user))
    return sessions.get(connection, request.session, request.user)


def erase(connection: sqlite3.Connection, now: int) -> tuple[tuple[str, str], ...]:
    """Delete for good the conversations that are due and at rest; which, and whose."""
    due = connection.execute("SELECT id, user_id FROM sessions WHERE gone_at <= ?", (now,)).fetchall()
    return tuple((session, user) for session, user in due if pruning.erase(connection, session, user, now))


def pin(connection: sqlite3.Connection, request: Pin) -> Session:
    """Keep at the top, or no more. Raises UnknownSession."""
    return sessions.update(connection, "pinned = ?", request.pinned, request)


def set_labels(connection: sqlite3.Connection, request: SetLabels) -> Session:
    """Replace the labels. Raises UnknownSession."""
    labels = json.dumps(_told_apart(request.labels), ensure_ascii=False)
    return sessions.update(connection, "labels = ?", labels, request)


def _told_apart(labels: Iterable[str]) -> list[str]:
    """Labels as they are kept, in their order."""
    known: dict[str, str] = {}
    for label in labels:
        if name := titles.readable(clean(label))[:_LETTERS].strip():
            known.setdefault(titles.folded(name), name)
    return list(known.values())


def labels(connection: sqlite3.Connection, user: str) -> tuple[Label, ...]:
    """What conversations of somebody are labelled with."""
    found = [Label(name=name, count=count) for name, count in connection.execute(_LABELS, (user,))]
    return tuple(sorted(found, key=lambda label: titles.folded(label.name)))


def drafts(connection: sqlite3.Connection, user: str) -> tuple[Draft, ...]:
    """What somebody is writing, the newest first."""
    rows = connection.execute(
        "SELECT place, text, at FROM drafts WHERE user_id = ? ORDER BY at DESC, place", (user,)
    )
    return tuple(Draft(place=place, text=text, at=moment(at)) for place, text, at in rows)


def keep_draft(connection: sqlite3.Connection, request: KeepDraft, now: int) -> None:
    """Replace what is being written somewhere; an empty text is none. Raises UnknownSession."""
    place = clean(request.place)
    if not request.text:
        connection.execute("DELETE FROM drafts WHERE user_id = ? AND place = ?", (request.user, place))
        return
    if place != NEW:
        sessions.get(connection, place, request.user)
    connection.execute(
        "INSERT OR REPLACE INTO drafts VALUES (?, ?, ?, ?)", (request.user, place, clean(request.text), now)
    )
    connection.execute(_TOO_MANY, (request.user, MOST_DRAFTS))


def before(going: Going, now: int) -> float:
    """Seconds until a conversation is gone."""
    return max(0.0, (micros(going.gone_at) - now) / 1_000_000)
