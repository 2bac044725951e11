"""What it costs to make a message durable on this disk."""

import sqlite3
import time
from pathlib import Path

from tests.bench.figures import Figure, median


def measure(folder: Path) -> list[Figure]:
    """One commit of a small row with the settings of the conversations' database."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / "commit.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, body TEXT)")
    seconds: list[float] = []
    for _ in range(300):
        start = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO row (body) VALUES (?)", ("x" * 500,))
        connection.execute("COMMIT")
        seconds.append(time.perf_counter() - start)
    connection.close()
    return [Figure(name="one commit of this disk (FULL)", value=1000 * median(seconds), unit="ms")]
