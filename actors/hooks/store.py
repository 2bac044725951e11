"""What is kept of hooks: their calls, their failures, how far the ledger was read. Each function is a transaction."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

from actors.hooks.breaker import Count
from actors.hooks.messages import Run
from actors.storage import clean, micros, moment

MIGRATIONS: Final = Path(__file__).parent / "migrations"
MOST: Final = 500
"""Calls that are kept."""

Ledger = Literal["turns", "closed", "init"]
"""Turns that have ended, conversations that were closed, and that the agent was started for the first time."""


# --- calls ------------------------------------------------------------------------------------------------


def ran(connection: sqlite3.Connection, run: Run, count: Count | None) -> None:
    """Keep what came of a call; `count` is how its hook fares now, None where that is as it was."""
    row = connection.execute(
        "INSERT INTO runs (hook, event, tool, session, at, seconds, result, detail, stderr)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            clean(run.hook),
            run.event,
            clean(run.tool),
            clean(run.session),
            micros(run.at),
            run.seconds,
            run.result,
            clean(run.detail),
            clean(run.stderr),
        ),
    )
    connection.execute("DELETE FROM runs WHERE id <= ?", ((row.lastrowid or 0) - MOST,))
    if count is not None:
        _count(connection, run.hook, count)


def runs(connection: sqlite3.Connection, hook: str | None, limit: int) -> tuple[Run, ...]:
    """The last calls, of one hook or of all, the newest first."""
    rows = connection.execute(
        "SELECT * FROM runs WHERE ? IS NULL OR hook = ? ORDER BY id DESC LIMIT ?", (hook, hook, limit)
    )
    return tuple(
        Run(
            hook=row["hook"],
            event=row["event"],
            tool=row["tool"],
            session=row["session"],
            at=moment(row["at"]),
            seconds=row["seconds"],
            result=row["result"],
            detail=row["detail"],
            stderr=row["stderr"],
        )
        for row in rows
    )


# --- failures ---------------------------------------------------------------------------------------------


def _count(connection: sqlite3.Connection, hook: str, count: Count) -> None:
    if not count.failures:
        connection.execute("DELETE FROM failing WHERE hook = ?", (clean(hook),))
        return
    connection.execute(
        "INSERT INTO failing VALUES (?, ?, ?)"
        " ON CONFLICT (hook) DO UPDATE SET failures = excluded.failures, until = excluded.until",
        (clean(hook), count.failures, None if count.until is None else micros(count.until)),
    )


def failing(connection: sqlite3.Connection) -> dict[str, Count]:
    """Hooks that have failed the last time."""
    return {
        row["hook"]: Count(
            failures=row["failures"], until=None if row["until"] is None else moment(row["until"])
        )
        for row in connection.execute("SELECT * FROM failing")
    }


def forget(connection: sqlite3.Connection, hooks: Iterable[str]) -> None:
    """There are no such hooks any more."""
    connection.executemany("DELETE FROM failing WHERE hook = ?", [(clean(hook),) for hook in hooks])


# --- the ledger -------------------------------------------------------------------------------------------


def cursor(connection: sqlite3.Connection, ledger: Ledger) -> int | None:
    """The last end that hooks were told of; None while there are none for it."""
    row = connection.execute("SELECT seq FROM cursors WHERE name = ?", (ledger,)).fetchone()
    return None if row is None else int(row["seq"])


def move(connection: sqlite3.Connection, ledger: Ledger, seq: int | None) -> None:
    """Hooks were told of this end; None: nobody is to be told any more."""
    if seq is None:
        connection.execute("DELETE FROM cursors WHERE name = ?", (ledger,))
        return
    connection.execute(
        "INSERT INTO cursors VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq", (ledger, seq)
    )
