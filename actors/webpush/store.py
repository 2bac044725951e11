"""Subscriptions in their database, and the key of this agent. Each function is one transaction."""

import sqlite3
from datetime import datetime
from typing import Final, final
from urllib.parse import urlsplit

import attrs

from actors.storage import micros, moment
from actors.webpush.messages import MOST, Subscription, TooManySubscriptions, UnknownSubscription
from bus import Data


@final
@attrs.frozen(kw_only=True)
class Kept(Data):
    """A subscription as it is stored."""

    id: str
    user: str
    endpoint: str = attrs.field(repr=False)
    p256dh: bytes = attrs.field(repr=False)
    auth: bytes = attrs.field(repr=False)
    page: str
    credential: str
    created_at: datetime


_STORE: Final = """
INSERT INTO subscriptions (id, user, endpoint, p256dh, auth, page, credential, created_at)
VALUES (:id, :user, :endpoint, :p256dh, :auth, :page, :credential, :created_at)
ON CONFLICT (endpoint) DO UPDATE SET user = :user, p256dh = :p256dh, auth = :auth, page = :page,
    credential = :credential, id = CASE user WHEN :user THEN id ELSE :id END,
    created_at = CASE user WHEN :user THEN created_at ELSE :created_at END
RETURNING *
"""


def find_key(connection: sqlite3.Connection) -> bytes | None:
    """The private key, if there is one yet."""
    row = connection.execute("SELECT private FROM vapid").fetchone()
    return None if row is None else bytes(row["private"])


def keep_key(connection: sqlite3.Connection, private: bytes) -> bytes:
    """Store the private key, unless there is one: that stays, since every subscription is bound to it."""
    connection.execute("INSERT OR IGNORE INTO vapid (id, private) VALUES (1, ?)", (private,))
    return find_key(connection) or private


def subscribe(connection: sqlite3.Connection, wanted: Kept) -> Subscription:
    """Store a subscription, in place of what is known of its endpoint. Raises TooManySubscriptions."""
    (others,) = connection.execute(
        "SELECT count(*) FROM subscriptions WHERE user = ? AND endpoint <> ?", (wanted.user, wanted.endpoint)
    ).fetchone()
    if others >= MOST:
        raise TooManySubscriptions(most=MOST)
    values = {**attrs.asdict(wanted), "created_at": micros(wanted.created_at)}
    return shown(_kept(connection.execute(_STORE, values).fetchone()))


def of_user(connection: sqlite3.Connection, user: str) -> tuple[Kept, ...]:
    """The subscriptions of a user, newest first."""
    rows = connection.execute(
        "SELECT * FROM subscriptions WHERE user = ? ORDER BY created_at DESC, id", (user,)
    )
    return tuple(map(_kept, rows))


def find(connection: sqlite3.Connection, id: str) -> Kept | None:
    """One of them, whosever it is."""
    row = connection.execute("SELECT * FROM subscriptions WHERE id = ?", (id,)).fetchone()
    return None if row is None else _kept(row)


def unsubscribe(connection: sqlite3.Connection, id: str, user: str) -> None:
    """Forget one. Raises UnknownSubscription."""
    gone = connection.execute("DELETE FROM subscriptions WHERE id = ? AND user = ?", (id, user)).rowcount
    if not gone:
        raise UnknownSubscription(id=id)


def forget(connection: sqlite3.Connection, kept: Kept) -> None:
    """Forget one that nothing can be sent to any more, unless it was made anew meanwhile."""
    connection.execute(
        "DELETE FROM subscriptions WHERE id = ? AND auth = ? AND credential = ?",
        (kept.id, kept.auth, kept.credential),
    )


def shown(kept: Kept) -> Subscription:
    """What its owner is told of it."""
    return Subscription(
        id=kept.id,
        service=urlsplit(kept.endpoint).hostname or "",
        page=kept.page,
        device=kept.credential,
        created_at=kept.created_at,
    )


def _kept(row: sqlite3.Row) -> Kept:
    return Kept(
        id=row["id"],
        user=row["user"],
        endpoint=row["endpoint"],
        p256dh=bytes(row["p256dh"]),
        auth=bytes(row["auth"]),
        page=row["page"],
        credential=row["credential"],
        created_at=moment(row["created_at"]),
    )
