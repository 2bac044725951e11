"""API keys in the store."""

import sqlite3
from datetime import timedelta
from typing import Final

from actors.storage import clean, micros, moment, one_line

from . import accounts, audit, devices
from .accounts import NOBODY, Done, Told
from .hashing import digest, prefix_of
from .messages import (
    MOST_KEYS,
    AccessChanged,
    ApiKey,
    CreatedKey,
    ListKeys,
    NewKey,
    RevokeKey,
    TooManyKeys,
    UnknownKey,
    User,
)
from .rights import is_admin, leaving_an_admin, require_admin

_DAY: Final = timedelta(days=1) // timedelta(microseconds=1)


def issue(connection: sqlite3.Connection, request: NewKey, key: str, id: str, now: int) -> Done[CreatedKey]:
    """Store a new `key`. Raises UnknownUser, TooManyKeys, NotAllowed."""
    if request.id in {None, request.user}:
        owner = accounts.active(connection, request.user)
    else:
        require_admin(connection, request)
        owner = accounts.find(connection, request.id or "")
    if _good_of(connection, owner.id, now) >= MOST_KEYS:
        raise TooManyKeys(user=owner.id, most=MOST_KEYS)
    _forget_void(connection, owner.id, now)
    days, label = request.expires_in_days, one_line(request.label or "")
    meta = insert(
        connection,
        owner,
        request,
        id=id,
        source="generated",
        prefix=prefix_of(key),
        key_hash=digest(key),
        label=label or None,
        expires_at=None if days is None else now + days * _DAY,
        created_at=now,
    )
    return CreatedKey(meta=meta, key=key), NOBODY


def insert(
    connection: sqlite3.Connection, owner: User, asked: audit.Asked | None, **values: str | int | None
) -> ApiKey:
    """Write a row, and that it was written."""
    row = {**values, "user_id": owner.id}
    marks = ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT INTO api_keys ({', '.join(row)}) VALUES ({marks})", row)  # noqa: S608 - names are ours
    key = _find(connection, str(row["id"]))
    audit.record(connection, asked, "key.created", key.user, micros(key.created_at), detail=_named(key))
    return key


def of_user(connection: sqlite3.Connection, request: ListKeys) -> tuple[ApiKey, ...]:
    """The keys of a user, newest first. Raises UnknownUser, NotAllowed."""
    owner = request.user
    if request.id not in {None, owner}:
        require_admin(connection, request)
        owner = accounts.find(connection, request.id or "").id
    rows = connection.execute(
        "SELECT * FROM api_keys WHERE user_id = ? ORDER BY created_at DESC, rowid DESC", (owner,)
    )
    return tuple(map(_key_of, rows))


def revoke(connection: sqlite3.Connection, request: RevokeKey, now: int) -> Done[ApiKey]:
    """Make a key void. Raises UnknownKey, LastAdmin."""
    key = _find(connection, request.id)
    if key.user != request.user and not is_admin(connection, request):
        raise UnknownKey(id=request.id)
    if key.revoked_at is not None:
        return key, NOBODY
    with leaving_an_admin(connection, now):
        told = end(connection, key, request, now)
    return _find(connection, key.id), told


def end(connection: sqlite3.Connection, key: ApiKey, asked: audit.Asked | None, now: int) -> Told:
    """Write that a key is void from now on, and so is what was signed in with it."""
    by = "" if asked is None else asked.user
    connection.execute("UPDATE api_keys SET revoked_at = ?, revoked_by = ? WHERE id = ?", (now, by, key.id))
    audit.record(connection, asked, "key.revoked", key.user, now, detail=_named(key))
    ended = AccessChanged(user=key.user, credential=key.id, why="ended")
    return (ended, *devices.end_with(connection, key.id, asked, now))


def any_good(connection: sqlite3.Connection, now: int) -> bool:
    """Whether an active user has a key that is good."""
    good = "is_active AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)"
    found = connection.execute(
        f"SELECT EXISTS (SELECT 1 FROM users JOIN api_keys ON user_id = users.id WHERE {good})",  # noqa: S608 - it is ours
        (now,),
    )
    return bool(found.fetchone()[0])


def _good_of(connection: sqlite3.Connection, user: str, now: int) -> int:
    """How many keys of a user are good."""
    found: int = connection.execute(
        "SELECT count(*) FROM api_keys WHERE user_id = ? AND revoked_at IS NULL"
        " AND (expires_at IS NULL OR expires_at > ?)",
        (user, now),
    ).fetchone()[0]
    return found


def _forget_void(connection: sqlite3.Connection, user: str, now: int) -> None:
    """Forget the oldest keys that are no longer good, but for those that devices or the environment still refer to."""
    connection.execute(
        "DELETE FROM api_keys WHERE id IN (SELECT id FROM api_keys WHERE user_id = ? AND source = 'generated'"
        " AND (revoked_at IS NOT NULL OR expires_at <= ? AND expiry_told)"
        " AND NOT EXISTS (SELECT 1 FROM devices WHERE key_id = api_keys.id)"
        " ORDER BY created_at DESC, rowid DESC LIMIT -1 OFFSET ?)",
        (user, now, MOST_KEYS),
    )


Chosen = tuple[ApiKey, str, str | None]
"""A key that came from the environment, its hash, and who revoked it: nobody if it was gone, or another one came."""


def chosen(connection: sqlite3.Connection) -> tuple[Chosen, ...]:
    """Keys that came from the environment, newest first."""
    rows = connection.execute(
        "SELECT * FROM api_keys WHERE source = 'environment' ORDER BY created_at DESC, rowid DESC"
    )
    return tuple((_key_of(row), row["key_hash"], row["revoked_by"]) for row in rows)


def _find(connection: sqlite3.Connection, id: str) -> ApiKey:
    row = connection.execute("SELECT * FROM api_keys WHERE id = ?", (clean(id),)).fetchone()
    if row is None:
        raise UnknownKey(id=id)
    return _key_of(row)


def _named(key: ApiKey) -> str:
    return f"{key.id} ({key.label})" if key.label else key.id


def _key_of(row: sqlite3.Row) -> ApiKey:
    moments = {
        name: None if row[name] is None else moment(row[name])
        for name in ("expires_at", "revoked_at", "last_used_at")
    }
    return ApiKey(
        id=row["id"],
        user=row["user_id"],
        prefix=row["prefix"],
        label=row["label"],
        created_at=moment(row["created_at"]),
        **moments,
    )
