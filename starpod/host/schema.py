"""The database of the host: its tables, and how an older one becomes one of today."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from starpod.errors import StarpodError
from starpod.host.safe import Safe

VERSION: Final = 3
_TABLES: Final = """
CREATE TABLE agents (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at REAL NOT NULL) STRICT;
CREATE TABLE instances (
    id TEXT PRIMARY KEY, name TEXT, agent_id TEXT, region TEXT, variables TEXT NOT NULL, state TEXT NOT NULL,
    generation INTEGER NOT NULL, error TEXT, created_at REAL NOT NULL, updated_at REAL NOT NULL, port INTEGER
) STRICT;
"""
_SECRETS: Final = """
CREATE TABLE secrets (
    id TEXT PRIMARY KEY, agent_id TEXT NOT NULL, key TEXT NOT NULL, master_key TEXT NOT NULL, nonce BLOB NOT NULL,
    sealed BLOB NOT NULL, created_at REAL NOT NULL, UNIQUE (agent_id, key)
) STRICT;
"""


class NoStore(StarpodError):
    """The database cannot be used; nothing was removed because of it."""


def open_store(path: str, safe: Safe) -> sqlite3.Connection:
    """The database at a path, made if it is not there, brought up to date if it is older. Raises NoStore, Unsealable.

    A crash at any point of that leaves the older one, or one that the next opening finishes.
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        version = _version(connection)
        if version > VERSION:
            raise NoStore(f"{path} was written by a newer version of Starpod: use that one")
        if version == 0:
            with _transaction(connection, VERSION):
                _run(connection, _TABLES + _SECRETS)
        if version == 1:
            with _transaction(connection, 2):
                _seal_all(connection, safe)
        if _version(connection) == 2:  # what stood there in clear may still be on pages that are free
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            with _transaction(connection, VERSION):
                pass
        if (wrong := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise NoStore(f"{path} is damaged ({wrong}): put it back from a copy")
    except sqlite3.Error as error:
        raise NoStore(f"{path} cannot be used: {error}") from error
    return connection


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


@contextmanager
def _transaction(connection: sqlite3.Connection, version: int) -> Generator[None]:
    """All of the block or nothing; afterwards the database has this version."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute(f"PRAGMA user_version = {version}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _run(connection: sqlite3.Connection, script: str) -> None:
    for statement in script.split(";"):  # executescript would commit what has begun
        connection.execute(statement)


def _seal_all(connection: sqlite3.Connection, safe: Safe) -> None:
    """From 1: secrets stood there in clear, and instances listened anywhere."""
    found = connection.execute("SELECT id, agent_id, key, value, created_at FROM secrets").fetchall()
    connection.execute("DROP TABLE secrets")
    _run(connection, _SECRETS + "ALTER TABLE instances ADD COLUMN port INTEGER")
    for id, owner, name, value, at in found:
        kept = safe.seal((), owner, name, value)
        connection.execute(
            "INSERT INTO secrets VALUES (?, ?, ?, ?, ?, ?, ?)",
            (id, owner, name, kept.master_key, kept.nonce, kept.data, at),
        )
