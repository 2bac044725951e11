"""Whether a database can be read, for a look from outside while nobody uses it."""

import pathlib
import sqlite3

from actors.storage.database import log_of, require_content
from actors.storage.errors import Corrupt, TooNew, translated


def check(path: pathlib.Path, known: int) -> None:
    """Read a database as a whole. Nothing is changed. Raises StorageError, whose text says what to do.

    Args:
      path: need not exist: a database that was never made is in order, one that was and is gone is not.
      known: number of the schema that this program knows.
    """
    log = log_of(path)
    with translated(path):
        require_content(path)
        if not path.exists():
            return
        has_log = log.exists() and log.stat().st_size > 0
        # Without a log to be read, SQLite would only leave an empty one behind.
        mode = "ro" if has_log else "ro&immutable=1"
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=2)
        try:
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
            verdict: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            connection.close()
    if verdict != "ok":
        raise Corrupt(path=path, detail=verdict)
    if version > known:
        detail = f"its schema is number {version}, this program knows {known}"
        raise TooNew(path=path, detail=detail, version=version, known=known)
