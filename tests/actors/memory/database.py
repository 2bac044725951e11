"""An index of its own in memory, as tests and benchmarks use it."""

import sqlite3
from datetime import date
from pathlib import Path

from actors.memory import chunks, index
from actors.storage import numbered

MIGRATIONS = Path(index.__file__).parent / "migrations"
TODAY = date(2026, 3, 20)


def opened(path: Path | str = ":memory:", size: int = chunks.SIZE) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for script in numbered(MIGRATIONS):
        connection.executescript(str(script))
    index.prepare(connection, size)
    return connection
