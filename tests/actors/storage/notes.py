"""A database of notes, and jobs for it."""

import contextlib
import pathlib
import sqlite3
import stat
import threading
from collections.abc import AsyncGenerator, Callable

import trio
import trio.testing

from actors import storage
from actors.storage import Migration, Storage

TABLE = "CREATE TABLE notes(text TEXT NOT NULL UNIQUE) STRICT;"
SECOND = "ALTER TABLE notes ADD COLUMN stars INTEGER NOT NULL DEFAULT 0;"


def add(connection: sqlite3.Connection, text: str) -> int:
    connection.execute("INSERT INTO notes(text) VALUES (?)", (text,))
    count: int = connection.execute("SELECT count(*) FROM notes").fetchone()[0]
    return count


def texts(connection: sqlite3.Connection) -> list[str]:
    return [row["text"] for row in connection.execute("SELECT text FROM notes ORDER BY rowid")]


def boom(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO notes(text) VALUES ('half')")
    raise ValueError("boom")


def pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def mode(path: pathlib.Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def content_of(path: pathlib.Path) -> bytes:
    return path.read_bytes()


def write(path: pathlib.Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


@contextlib.asynccontextmanager
async def opened(
    path: pathlib.Path, *migrations: Migration, inline: bool | None = None, busy_timeout: float = 5.0
) -> AsyncGenerator[Storage]:
    database = Storage(path, migrations or (TABLE,), inline=inline, busy_timeout=busy_timeout)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


class Gate:
    """Holds the database thread until opened, so that jobs gather behind it."""

    def __init__(self) -> None:
        self.token = trio.lowlevel.current_trio_token()
        self.reached = trio.Event()
        self.open = threading.Event()

    def job(self, connection: sqlite3.Connection) -> None:
        trio.from_thread.run_sync(self.reached.set, trio_token=self.token)
        assert self.open.wait(60)


async def gathered(database: Storage, *jobs: Callable[[sqlite3.Connection], object]) -> list[object]:
    """Run the jobs as one group; each gives its value or its error."""
    gate = Gate()
    results: list[object] = [None] * len(jobs)

    async def run(position: int, job: Callable[[sqlite3.Connection], object]) -> None:
        try:
            results[position] = await database.run(job)
        except Exception as error:  # noqa: BLE001 - it is the result
            results[position] = error

    async def hold() -> None:
        with contextlib.suppress(storage.Locked):
            await database.run(gate.job)
        gate.reached.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(hold)
        await gate.reached.wait()
        for position, job in enumerate(jobs):
            nursery.start_soon(run, position, job)
        await trio.testing.wait_all_tasks_blocked()
        gate.open.set()
    return results
