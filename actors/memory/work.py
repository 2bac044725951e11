"""What is still to be done with turns and conversations that have ended. Each function is one transaction.

A cursor moves together with the work that follows from what was read, so no crash skips anything or does it twice.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal, final

import attrs

from actors.storage import micros, moment
from bus import Data

MIGRATIONS: Final = Path(__file__).parent / "log_migrations"

CursorName = Literal["turns", "closed"]

PATIENCE: Final = timedelta(days=7)
"""How long an entry waits for a log that cannot be written."""
BATCH: Final = 100
"""Entries that are added to a log at once."""
RETRY: Final = timedelta(minutes=10)
"""Until a review that has failed is tried again; twice as long each further time."""
SOON: Final = timedelta(seconds=10)
"""Until a conversation that could not be kept as a note is tried again; likewise."""
DOUBLINGS: Final = 13
"""Of that time: a conversation that cannot be kept as a note is tried once a day in the end."""
TRIES: Final = 5
"""Of a review; then it waits for something new to be said."""
RECENT: Final = timedelta(days=1)
"""Turns that ended before are reviewed no more: that somebody comes late shall cost nothing."""
QUIET: Final = timedelta(hours=6)
"""A conversation in which so long nothing was said is over, for now."""
FEWEST: Final = 2
"""Messages of a person that make a conversation worth a review although it was not closed."""
KEPT: Final = timedelta(days=90)
"""How long it is known up to where a conversation was reviewed."""


@final
@attrs.frozen(kw_only=True)
class Entry(Data):
    """For the daily log of a user."""

    user: str
    at: datetime
    text: str


@final
@attrs.frozen(kw_only=True)
class Spoken(Data):
    """What a turn adds to the review of its conversation."""

    session: str
    user: str
    messages: int
    """Of the person."""
    at: datetime


@final
@attrs.frozen(kw_only=True)
class Export(Data):
    seq: int
    session: str
    user: str


@final
@attrs.frozen(kw_only=True)
class Review(Data):
    session: str
    user: str
    waiting: int
    upto: int


def cursor(connection: sqlite3.Connection, name: CursorName) -> int | None:
    """How far the ledger has been read; None where damage has left no word of it."""
    row = connection.execute("SELECT seq FROM cursors WHERE name = ?", (name,)).fetchone()
    return None if row is None else int(row[0])


def begin(connection: sqlite3.Connection, name: CursorName, seq: int) -> None:
    """Read the ledger from there on."""
    connection.execute("INSERT INTO cursors VALUES (?, ?)", (name, seq))


def _advance(connection: sqlite3.Connection, name: CursorName, seq: int) -> None:
    connection.execute("UPDATE cursors SET seq = ? WHERE name = ?", (seq, name))


# --- turns ------------------------------------------------------------------------------------------------


def take_turns(
    connection: sqlite3.Connection,
    seq: int,
    entries: Iterable[Entry],
    spoken: Iterable[Spoken],
    now: datetime,
) -> None:
    """Note what is to be done with the turns up to an end number."""
    _advance(connection, "turns", seq)
    connection.executemany(
        "INSERT INTO entries (user_id, at, text, noted_at) VALUES (?, ?, ?, ?)",
        [(each.user, micros(each.at), each.text, micros(now)) for each in entries],
    )
    connection.executemany(
        "INSERT INTO reviews (session_id, user_id, waiting, last_at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET waiting = min(waiting + excluded.waiting, 1000000), last_at = max(last_at, excluded.last_at)",
        [
            (each.session, each.user, each.messages, micros(each.at))
            for each in spoken
            if each.at > now - RECENT
        ],
    )


def writers(connection: sqlite3.Connection, now: datetime) -> list[str]:
    """Users with entries that are in no log yet. What could not be written for long is given up."""
    connection.execute("DELETE FROM entries WHERE noted_at < ?", (micros(now - PATIENCE),))
    return [user for (user,) in connection.execute("SELECT DISTINCT user_id FROM entries ORDER BY user_id")]


def next_batch(connection: sqlite3.Connection, user: str, fresh: str) -> tuple[str, list[Entry]]:
    """The name of a batch of a user, which stays the same until it is done, and its entries; `fresh` is for a new one.

    No other database may have given out that name: what was written under it is not written again.
    """
    found = connection.execute(
        "SELECT batch FROM entries WHERE user_id = ? AND batch IS NOT NULL ORDER BY id LIMIT 1", (user,)
    ).fetchone()
    batch = fresh if found is None else str(found[0])
    if found is None:
        connection.execute(
            "UPDATE entries SET batch = ? WHERE id IN (SELECT id FROM entries WHERE user_id = ? ORDER BY id LIMIT ?)",
            (batch, user, BATCH),
        )
    rows = connection.execute(
        "SELECT user_id, at, text FROM entries WHERE user_id = ? AND batch = ? ORDER BY id", (user, batch)
    )
    return batch, [Entry(user=user, at=moment(at), text=text) for user, at, text in rows]


def logged(connection: sqlite3.Connection, user: str, batch: str) -> None:
    """The entries of a batch are in the log."""
    connection.execute("DELETE FROM entries WHERE user_id = ? AND batch = ?", (user, batch))


# --- conversations that were closed -----------------------------------------------------------------------


def take_closed(connection: sqlite3.Connection, closed: Sequence[Export]) -> None:
    """Note conversations that were closed, in order: they are to be kept, and reviewed for the last time."""
    _advance(connection, "closed", closed[-1].seq)
    connection.executemany(
        "INSERT INTO exports (seq, session_id, user_id) VALUES (?, ?, ?)",
        [(each.seq, each.session, each.user) for each in closed],
    )
    connection.executemany(
        "UPDATE reviews SET closed = 1 WHERE session_id = ?", [(each.session,) for each in closed]
    )


def next_export(connection: sqlite3.Connection, now: datetime) -> Export | None:
    """The next conversation that is to be kept."""
    row = connection.execute(
        "SELECT seq, session_id, user_id FROM exports WHERE not_before <= ? ORDER BY seq LIMIT 1",
        (micros(now),),
    ).fetchone()
    return None if row is None else Export(seq=row[0], session=row[1], user=row[2])


def exported(connection: sqlite3.Connection, export: Export) -> None:
    """It is kept, or is not to be."""
    connection.execute("DELETE FROM exports WHERE seq = ?", (export.seq,))


def put_off_export(connection: sqlite3.Connection, export: Export, now: datetime) -> None:
    """Try again later."""
    connection.execute(
        "UPDATE exports SET tries = min(tries, 1000) + 1, not_before = ? + (? << min(tries, ?)) WHERE seq = ?",
        (micros(now), SOON // timedelta(microseconds=1), DOUBLINGS, export.seq),
    )


# --- reviews ----------------------------------------------------------------------------------------------


def next_review(connection: sqlite3.Connection, interval: int, per_day: int, now: datetime) -> Review | None:
    """The conversation that is to be reviewed next: enough was said, it was closed, or it seems to be over.

    `interval` is in messages of the person, 0 for never; a user has at most `per_day` reviews on a day, UTC.
    """
    if interval == 0:
        return None
    row = connection.execute(
        "SELECT session_id, user_id, waiting, upto FROM reviews WHERE waiting > 0 AND not_before <= :now"
        " AND (waiting >= :interval OR closed OR (waiting >= :fewest AND last_at <= :quiet))"
        " AND NOT EXISTS (SELECT 1 FROM spent WHERE spent.user_id = reviews.user_id AND day = :day AND count >= :most)"
        " ORDER BY last_at LIMIT 1",
        {
            "now": micros(now),
            "interval": interval,
            "fewest": FEWEST,
            "quiet": micros(now - QUIET),
            "day": now.toordinal(),
            "most": per_day,
        },
    ).fetchone()
    return None if row is None else Review(session=row[0], user=row[1], waiting=row[2], upto=row[3])


def reviewed(connection: sqlite3.Connection, review: Review, upto: int, now: datetime) -> None:
    """A conversation was reviewed up to a message; what was said meanwhile is for the next time."""
    connection.execute(
        "UPDATE reviews SET waiting = max(0, waiting - ?), upto = ?, tries = 0, not_before = 0 WHERE session_id = ?",
        (review.waiting, upto, review.session),
    )
    connection.execute(
        "DELETE FROM reviews WHERE waiting = 0 AND (closed OR last_at < ?)", (micros(now - KEPT),)
    )


def spend(connection: sqlite3.Connection, user: str, now: datetime) -> None:
    """Count a review of today, before it is made."""
    connection.execute(
        "INSERT INTO spent VALUES (?, ?, 1) ON CONFLICT DO UPDATE"
        " SET count = CASE WHEN day = excluded.day THEN count + 1 ELSE 1 END, day = excluded.day",
        (user, now.toordinal()),
    )


def put_off_review(connection: sqlite3.Connection, review: Review, now: datetime) -> None:
    """Try again later, for so many TRIES."""
    (tries,) = connection.execute(
        "UPDATE reviews SET tries = min(tries, 1000) + 1, not_before = ? + (? << min(tries, ?))"
        " WHERE session_id = ? RETURNING tries",
        (micros(now), RETRY // timedelta(microseconds=1), DOUBLINGS, review.session),
    ).fetchone()
    if tries >= TRIES:
        reviewed(connection, review, review.upto, now)
