"""A database that cannot be read gives way to a new one; what can still be read of the history goes along."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from actors.memory import revisions

KEPT: Final = 3
"""Damaged databases that are kept at most; a further one takes the place of the last."""
_SUFFIXES: Final = ("", "-wal")
_LEFT: Final = ("-shm", ".made", ".new", ".new-wal")


def set_aside(path: Path) -> Path:
    """Move a database out of the way, with its log. Where it is now. Raises OSError."""
    candidates = [path.with_name(f"{path.name}.damaged{number}") for number in range(1, KEPT + 1)]
    aside = next((each for each in candidates if not each.exists()), candidates[-1])
    for suffix in _SUFFIXES:
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    for suffix in _LEFT:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return aside


def discard(aside: Path) -> None:
    """Remove what was set aside."""
    for suffix in (*_SUFFIXES, "-shm"):
        aside.with_name(aside.name + suffix).unlink(missing_ok=True)


def discard_all(path: Path) -> None:
    """Remove whatever was set aside of a database."""
    for each in path.parent.glob(f"{path.name}.damaged*"):
        each.unlink(missing_ok=True)


def history(connection: sqlite3.Connection, aside: Path) -> bool:
    """Copy what can be read of a history. Whether that is all there is."""
    if not aside.exists():
        return True
    try:
        with closing(sqlite3.connect(f"{aside.absolute().as_uri()}?mode=ro", uri=True)) as old:
            old.row_factory = sqlite3.Row
            names = [row[0] for row in old.execute("SELECT DISTINCT name FROM revisions ORDER BY name")]
            whole = [_copied(connection, old, name) for name in names]
            return all(whole) & _calls(connection, old)
    except sqlite3.DatabaseError:
        return False


def _copied(connection: sqlite3.Connection, old: sqlite3.Connection, name: str) -> bool:
    """Copy the history of one note, as far as it makes sense. Whether that is all of it."""
    rows = old.execute("SELECT * FROM revisions WHERE name = ? ORDER BY seq", (name,))
    return _inserted(connection, "revisions", revisions.sound(rows))


def _calls(connection: sqlite3.Connection, old: sqlite3.Connection) -> bool:
    """Copy that calls were made, also where their revisions make no sense. Whether all that have none are there."""
    known = {key for (key,) in connection.execute("SELECT key FROM revisions WHERE key IS NOT NULL")}
    columns = "key, seq, name, hash, size"
    of_revisions = old.execute(f"SELECT {columns} FROM revisions WHERE key IS NOT NULL AND pending = 0")  # noqa: S608
    _inserted(connection, "applied", (row for row in of_revisions if row["key"] not in known))
    if not old.execute("SELECT 1 FROM sqlite_schema WHERE name = 'applied'").fetchone():
        return True
    return _inserted(connection, "applied", old.execute(f"SELECT {columns} FROM applied"))  # noqa: S608 - ours


def _inserted(connection: sqlite3.Connection, table: str, rows: Iterable[sqlite3.Row]) -> bool:
    """Insert rows that are not there, as far as they can be read. Whether those were all."""
    try:
        for row in rows:
            columns = row.keys()
            connection.execute(
                f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608 - ours
                tuple(row),
            )
    except sqlite3.DatabaseError:
        return False
    return True
