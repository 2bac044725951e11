"""Conversations as a whole: list, look at, rename, mark, close, read."""
# ruff: noqa: S608 - statements are put together from constants; values are parameters

import sqlite3
from typing import Final

from actors.storage import clean
from actors.vocabulary import Channel

from . import branches, display, titles
from .attempts import still_open
from .messages import (
    INACTIVITY,
    WAITING,
    Archive,
    Close,
    Closed,
    Current,
    EmptyTitle,
    Ends,
    List,
    MarkRead,
    Message,
    Messages,
    NoteMissing,
    Pin,
    Rename,
    Session,
    SetLabels,
    SetModel,
    UnknownSession,
)
from .rows import OPEN, SESSION, session_of
from .steps import COLUMNS, CallStep, Group, HeadStep, step_of

_OWNED: Final = "id = ? AND user_id = ? AND gone_at IS NULL"

_BACKWARDS: Final = """
SELECT {columns} FROM steps
WHERE session_id = :session AND id < coalesce(
    (SELECT min(id) FROM steps WHERE session_id = :session AND id > :before AND kind <> 'tool'),
    9223372036854775807)
ORDER BY id DESC
"""
"""Steps up to the group that begins with :before, newest first."""
_STRAIGHT: Final = _BACKWARDS.format(columns=COLUMNS)
_WITH_TURN: Final = _BACKWARDS.format(columns=f"{COLUMNS}, {branches.SEQ}")
"""The same, with what tells the paths apart."""
_OF_TURN: Final = f"""
SELECT {COLUMNS} FROM steps
WHERE turn_id = :turn AND +session_id = :session AND id < coalesce(
    (SELECT min(id) FROM steps WHERE turn_id = :turn AND id > :before AND kind <> 'tool'), 9223372036854775807)
ORDER BY n DESC
"""
"""The same of one turn."""
_FORWARD: Final = f"""
SELECT {COLUMNS}, {branches.SEQ} FROM steps
WHERE session_id = :session AND id >= coalesce(
    (SELECT max(id) FROM steps WHERE session_id = :session AND id <= :after AND kind <> 'tool'), 0)
ORDER BY id
"""
"""Steps from the group that holds :after, oldest first."""


def get(connection: sqlite3.Connection, session: str, user: str) -> Session:
    """One conversation. Raises UnknownSession, also for one of somebody else."""
    row = connection.execute(f"{SESSION} WHERE {_OWNED}", (clean(session), user)).fetchone()
    if row is None:
        raise UnknownSession(session=session)
    return session_of(row)


def current(connection: sqlite3.Connection, request: Current) -> Session | None:
    """The open conversation behind a key, or else the last one, if that is wanted."""
    found = f"{SESSION} WHERE user_id = ? AND channel = ? AND channel_key = ? AND gone_at IS NULL"
    key = (request.user, request.channel, clean(request.key))
    row = connection.execute(f"{found} AND is_closed = 0", key).fetchone()
    if row is None and request.or_last:
        row = connection.execute(f"{found} ORDER BY created_at DESC LIMIT 1", key).fetchone()
    return None if row is None else session_of(row)


def find(connection: sqlite3.Connection, request: List) -> tuple[Session, ...]:
    """Conversations, newest activity first, without those of subagents."""
    conditions = ["user_id = ?", "origin IS NULL", "gone_at IS NULL", "is_archived = ?"]
    values: list[object] = [request.user, request.archived]
    if request.q:
        connection.create_function("folded", 1, _folded, deterministic=True)  # SQLite folds ASCII only
        conditions.append("instr(folded(CAST(coalesce(title, '') AS BLOB)), ?)")
        values.append(titles.folded(clean(request.q)))
    if request.pinned is not None:
        conditions.append("pinned = 1" if request.pinned else "pinned = 0")
    if request.label is not None:
        conditions.append(
            "labels <> '[]' AND json_valid(labels) AND EXISTS (SELECT 1 FROM json_each(labels) WHERE value = ?)"
        )
        values.append(clean(request.label))
    query = f"{SESSION} WHERE {' AND '.join(conditions)} ORDER BY last_message_at DESC, id LIMIT ? OFFSET ?"
    rows = connection.execute(query, (*values, max(0, request.limit), max(0, request.offset)))
    return tuple(map(session_of, rows))


def _folded(title: bytes) -> str:
    """As bytes it comes also where damage has made it no text."""
    return titles.folded(title.decode(errors="replace"))


def closed_after(connection: sqlite3.Connection, seq: int, limit: int) -> tuple[Closed, ...]:
    """Conversations that were closed after number `seq`, in that order, without those of subagents."""
    numbers = connection.execute(
        "SELECT id, closed_seq FROM sessions WHERE closed_seq > ? AND origin IS NULL ORDER BY closed_seq LIMIT ?",
        (seq, max(0, limit)),
    ).fetchall()
    return tuple(
        Closed(
            seq=number, session=session_of(connection.execute(f"{SESSION} WHERE id = ?", (id,)).fetchone())
        )
        for id, number in numbers
    )


def ends(connection: sqlite3.Connection) -> Ends:
    """The last numbers of the ledgers."""
    last = dict(connection.execute("SELECT name, last FROM counters").fetchall())
    return Ends(turns=last["ended"], closed=last["closed"])


def mark_read(connection: sqlite3.Connection, request: MarkRead) -> Session:
    """Set or clear the unread mark. Raises UnknownSession."""
    return update(connection, "is_read = ?", request.is_read, request)


def archive(connection: sqlite3.Connection, request: Archive) -> Session:
    """Put aside, or back. Raises UnknownSession."""
    return update(connection, "is_archived = ?", request.archived, request)


def rename(connection: sqlite3.Connection, request: Rename) -> Session:
    """Replace the title. Raises UnknownSession; EmptyTitle when there is nothing to be seen in it."""
    title = titles.readable(request.title)
    if not title:
        raise EmptyTitle
    return update(connection, "title = ?", titles.shorten(title, titles.TITLE_BYTES), request)


def set_model(connection: sqlite3.Connection, request: SetModel) -> Session:
    """Which model answers from now on. Raises UnknownSession."""
    connection.execute(
        f"UPDATE sessions SET model = ?, effort = ?, missing_model = NULL WHERE {_OWNED}",
        (
            None if request.model is None else clean(request.model),
            request.effort,
            clean(request.session),
            request.user,
        ),
    )
    return get(connection, request.session, request.user)


def note_missing(connection: sqlite3.Connection, request: NoteMissing) -> bool:
    """Note that a model is not offered any more; whether that is new."""
    noted = connection.execute(
        "UPDATE sessions SET missing_model = :model WHERE id = :session AND missing_model IS NOT :model",
        {"model": clean(request.model), "session": clean(request.session)},
    )
    return noted.rowcount > 0


def close(connection: sqlite3.Connection, request: Close) -> Session:
    """Close for good; closing again replaces the summary. Raises UnknownSession."""
    return update(connection, "is_closed = 1, summary = ?", clean(request.summary), request)


def update(
    connection: sqlite3.Connection,
    assignment: str,
    value: object,
    request: MarkRead | Archive | Rename | Close | Pin | SetLabels,
) -> Session:
    """Change a column of the conversation that a request names. Raises UnknownSession."""
    connection.execute(
        f"UPDATE sessions SET {assignment} WHERE {_OWNED}", (value, clean(request.session), request.user)
    )
    return get(connection, request.session, request.user)


def messages(connection: sqlite3.Connection, request: Messages) -> tuple[Message, ...]:
    """The last displayed messages before an id, oldest first. Raises UnknownSession."""
    session = get(connection, request.session, request.user)
    if request.after is not None:
        return _following(connection, session.id, request.after, request.limit)
    shown: list[list[Message]] = []
    if request.before is None:
        waiting = [turn for turn in still_open(connection, session.id) if turn.attempt == 0]
        shown.append([row for row in display.waiting(waiting) if request.turn in {None, row.turn}])
    limit = max(0, request.limit)
    before = WAITING if request.before is None else request.before
    wanted = {"session": session.id, "before": display.step_before(before), "turn": request.turn}
    path = None if request.turn or request.versions else branches.chosen(connection, session.id)
    query = _OF_TURN if request.turn is not None else _STRAIGHT if path is None else _WITH_TURN
    calls: list[CallStep] = []
    for row in connection.execute(query, wanted):
        if path is not None and not path.holds(row["seq"]):
            continue
        step = step_of(row)
        if isinstance(step, CallStep):
            calls.append(step)
            continue
        group = Group(step, tuple(reversed(calls)))
        calls = []
        shown.append([message for message in display.rows_of(session.id, group) if message.id < before])
        if sum(map(len, shown)) >= limit:
            break
    found = [message for rows in reversed(shown) for message in rows]
    return tuple(found[max(0, len(found) - limit) :])


def _following(connection: sqlite3.Connection, session: str, after: int, limit: int) -> tuple[Message, ...]:
    """The first displayed messages after an id that have begun."""
    path = branches.chosen(connection, session)
    found: list[Message] = []
    head: HeadStep | None = None
    calls: list[CallStep] = []

    def flush() -> None:
        if head is not None:
            rows = display.rows_of(session, Group(head, tuple(calls)))
            found.extend(message for message in rows if message.id > after)
        calls.clear()

    for row in connection.execute(_FORWARD, {"session": session, "after": display.step_before(after)}):
        if path is not None and not path.holds(row["seq"]):
            continue
        step = step_of(row)
        if isinstance(step, CallStep):
            calls.append(step)
            continue
        flush()
        if len(found) >= limit:
            return tuple(found[:limit])
        head = step
    flush()
    return tuple(found[:limit])


def close_silent(connection: sqlite3.Connection, channel: Channel, before: int) -> tuple[Session, ...]:
    """Close the conversations of a channel that had no message since `before`, in microseconds since 1970.

    Those with a turn that is still to be done stay open.
    """
    closed = connection.execute(
        "UPDATE sessions SET is_closed = 1, summary = ? WHERE channel = ? AND is_closed = 0 AND last_message_at <= ?"
        " AND gone_at IS NULL"
        f" AND NOT EXISTS (SELECT 1 FROM turns WHERE session_id = sessions.id AND {OPEN}) RETURNING id, user_id",
        (INACTIVITY, channel, before),
    ).fetchall()
    return tuple(get(connection, session, user) for session, user in closed)
