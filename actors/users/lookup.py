"""Who is it: what was shown, found in the store."""
# ruff: noqa: S608 - statements are put together from constants; values are parameters

import sqlite3
from collections.abc import Mapping
from typing import Final

from actors.storage import clean, moment
from actors.vocabulary import Principal, Proof

from . import audit
from .accounts import Told
from .hashing import digest, matches
from .messages import AccessChanged, Identity

MINUTE: Final = 60_000_000
"""Microseconds between two notes that a credential was used."""

_KEYS: Final = """
SELECT api_keys.id, user_id, key_hash, expires_at, last_used_at AS used_at, role
FROM api_keys JOIN users ON users.id = user_id
WHERE is_active AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now) AND
"""
_EXPIRED: Final[Mapping[str, audit.What]] = {"api_keys": "key.expired", "devices": "device.expired"}
_DEVICE: Final = """
SELECT devices.id, user_id, cookie_hash, page_hash, expires_at, last_seen_at AS used_at, role
FROM devices JOIN users ON users.id = user_id
WHERE is_active AND revoked_at IS NULL AND expires_at > :now AND cookie_hash = :hash
"""


Found = tuple[Identity, bool]
"""Somebody who was recognised, and whether it is time to note that what they showed was used."""


def generated(connection: sqlite3.Connection, key: str, now: int) -> Found | None:
    """Whose key that was made here this is."""
    row = connection.execute(f"{_KEYS} key_hash = :hash", {"now": now, "hash": digest(key)}).fetchone()
    return _found(row, "key", now) if row and matches(key, row["key_hash"]) else None


def chosen(connection: sqlite3.Connection, hashed: str, now: int) -> Found | None:
    """Whose key that an owner chose this is; `hashed` is what is stored of it."""
    row = connection.execute(f"{_KEYS} key_hash = :hash", {"now": now, "hash": hashed}).fetchone()
    return _found(row, "key", now) if row else None


def device(connection: sqlite3.Connection, cookie: str, page: str, now: int) -> Found | None:
    """Whose device shows this."""
    row = connection.execute(_DEVICE, {"now": now, "hash": digest(cookie)}).fetchone()
    known = row and matches(cookie, row["cookie_hash"]) & matches(page, row["page_hash"])
    return _found(row, "page", now) if known else None


def touch(connection: sqlite3.Connection, shown: Principal, address: str, now: int) -> None:
    """Note that a credential was used just now."""
    if shown.proof == "key":
        connection.execute("UPDATE api_keys SET last_used_at = ? WHERE id = ?", (now, shown.credential))
    else:
        connection.execute(
            "UPDATE devices SET last_seen_at = ?, address = ? WHERE id = ?",
            (now, clean(address)[:100], shown.credential),
        )


def expire(connection: sqlite3.Connection, now: int) -> Told:
    """What has expired and was not told of yet."""
    ended: list[AccessChanged] = []
    for table, event in _EXPIRED.items():
        rows = connection.execute(
            f"UPDATE {table} SET expiry_told = 1 WHERE expires_at <= ? AND NOT expiry_told AND revoked_at IS NULL"
            " RETURNING id, user_id",
            (now,),
        ).fetchall()
        for id, user in rows:
            audit.record(
                connection,
                None,
                event,
                user,
                now,
                detail=id,
            )
            ended.append(AccessChanged(user=user, credential=id, why="ended"))
    return tuple(ended)


def next_expiry(connection: sqlite3.Connection) -> int | None:
    """When the next key or device expires, in microseconds since 1970."""
    pending = "expires_at IS NOT NULL AND NOT expiry_told AND revoked_at IS NULL"
    found: int | None = connection.execute(
        f"SELECT min(expires_at) FROM (SELECT expires_at FROM api_keys WHERE {pending}"
        f" UNION ALL SELECT expires_at FROM devices WHERE {pending})"
    ).fetchone()[0]
    return found


def _found(row: sqlite3.Row, proof: Proof, now: int) -> Found:
    principal = Principal(user=row["user_id"], role=row["role"], proof=proof, credential=row["id"])
    expires_at = None if row["expires_at"] is None else moment(row["expires_at"])
    unnoted = row["used_at"] is None or now - row["used_at"] >= MINUTE
    return Identity(principal=principal, expires_at=expires_at), unnoted
