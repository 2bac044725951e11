"""A new master key for the secrets of a host. Killed at any moment of that, it opens every secret afterwards."""

import sqlite3
from pathlib import Path
from typing import Final

from actors import jsontext
from actors.causes import why
from bus import crash_point
from starpod.errors import StarpodError
from starpod.host import store
from starpod.host.safe import Safe
from starpod.host.schema import open_store

PATH: Final = "/secrets/rotate"
WITHIN: Final = 120.0
"""Seconds that a host may take."""


def rotate(connection: sqlite3.Connection, safe: Safe) -> int:
    """Seal everything with a new key and forget the old one; how many secrets that are. Raises Unsealable.

    The new key lies beside the old one before anything is sealed with it, and the old one goes last. Until it is
    over nobody else writes.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        key, anew = safe.seal_anew(store.sealed(connection))
        crash_point("rotate", "key_written")
        store.reseal(connection, anew)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    crash_point("rotate", "sealed")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # what the old key opens is on no disk any more
    safe.keep_only(key)
    crash_point("rotate", "old_key_gone")
    return len(anew)


def rotate_in(folder: Path) -> int:
    """As above, in the folder of a host that does not run."""
    safe = Safe.of(folder)
    rows = open_store(str(folder / "host.db"), safe)
    try:
        return rotate(rows, safe)
    except sqlite3.Error as error:
        raise StarpodError(f"the database of the host fails: {error}") from error
    finally:
        rows.close()


def ask(url: str, key: str) -> int:
    """Have a host that runs do it: it alone knows with which key it runs. Raises StarpodError."""
    import httpx2

    headers = {"Authorization": f"Bearer {key}"}
    try:
        answer = httpx2.post(f"{url}{PATH}", headers=headers, timeout=WITHIN, trust_env=False)
        said = jsontext.read_object(answer.content)
    except (httpx2.HTTPError, jsontext.NotJson) as error:
        raise StarpodError(f"the host at {url} has not answered: {why(error)}") from error
    if answer.status_code != 200:
        raise StarpodError(str(said.get("error") or f"HTTP {answer.status_code}"))
    return int(said["sealed"])
