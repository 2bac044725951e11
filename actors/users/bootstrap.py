"""The first admin, and the key that an owner chose in the environment."""

import sqlite3
from typing import Final

from actors.vocabulary import ADMIN

from . import accounts, audit, keys
from .accounts import Told
from .hashing import digest, is_generated, prefix_of

VARIABLE: Final = "STARPOD_API_KEY"
SHORTEST: Final = 8
"""Characters of a key that an owner chose."""
LONG: Final = 20
"""Characters of one that nobody finds by trying as many as a machine can."""


def weakness(key: str | None) -> list[str]:
    """What is wrong with a key that an owner chose; none at all is right."""
    if not key or len(key) >= SHORTEST:
        return []
    return [f"{VARIABLE} has {len(key)} characters: too easily guessed, it needs {SHORTEST} or more"]


def may_be_found(name: str, value: str) -> bool:
    """Whether a variable is a chosen key so short that it shall not be hidden from text.

    Whoever writes to the agent can try words by the hundred thousand, and would see which of them it hides.
    """
    return name == VARIABLE and len(value) < LONG


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether there is nobody, not even somebody who is not let in."""
    return connection.execute("SELECT 1 FROM users LIMIT 1").fetchone() is None


def first_admin(connection: sqlite3.Connection, key: str | None, id: str, now: int) -> bool:
    """Make the first admin, with a `key` that was made here; False when there is somebody already."""
    if not is_empty(connection):
        return False
    accounts.insert(
        connection,
        id=ADMIN,
        email=None,
        display_name="Admin",
        role="admin",
        filesystem_enabled=True,
        now=now,
    )
    audit.record(connection, None, "bootstrap", ADMIN, now)
    if key is not None:
        _insert(
            connection,
            key,
            id,
            now,
            source="generated",
            key_hash=digest(key),
            label="made at the first start",
        )
    return True


def replace_chosen(connection: sqlite3.Connection, key: str | None, hashed: str, id: str, now: int) -> Told:
    """Let the key of the variable be good, and none that it had before; None for no key.

    `hashed` is its hash. One that was made here and is stored already is left as it is.
    """
    told = tuple(
        event
        for each, _, _ in keys.chosen(connection)
        if each.revoked_at is None
        for event in keys.end(connection, each, None, now)
    )
    if key is not None and not _is_back(connection, hashed, now):
        _insert(connection, key, id, now, source="environment", key_hash=hashed, label=f"from {VARIABLE}")
    return told


def _insert(connection: sqlite3.Connection, key: str, id: str, now: int, **values: str) -> None:
    prefix = prefix_of(key) if is_generated(key) else ""
    owner = accounts.find(connection, ADMIN)
    keys.insert(connection, owner, None, id=id, created_at=now, prefix=prefix, **values)


def _is_back(connection: sqlite3.Connection, hashed: str, now: int) -> bool:
    """Whether a key of this hash is stored; one that was only void because it was gone is good again."""
    row = connection.execute(
        "SELECT id, user_id, source, revoked_by FROM api_keys WHERE key_hash = ?", (hashed,)
    ).fetchone()
    if row is None:
        return False
    if row["source"] == "environment" and row["revoked_by"] == "":
        connection.execute(
            "UPDATE api_keys SET revoked_at = NULL, revoked_by = NULL WHERE id = ?", (row["id"],)
        )
        audit.record(connection, None, "key.created", row["user_id"], now, detail=row["id"])
    return True
