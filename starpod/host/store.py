"""What the host knows: agents, secrets, and which instance is to be in which state. A function is one transaction.

What is to be done follows from the rows alone, so a host that was killed goes on where it was.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final, Literal, final

import attrs

from actors import jsontext

State = Literal["creating", "starting", "running", "paused", "error", "deleting"]

_SCHEMA: Final = """
CREATE TABLE agents (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at REAL NOT NULL) STRICT;
CREATE TABLE secrets (
    id TEXT PRIMARY KEY, agent_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, created_at REAL NOT NULL,
    UNIQUE (agent_id, key)
) STRICT;
CREATE TABLE instances (
    id TEXT PRIMARY KEY, name TEXT, agent_id TEXT, region TEXT, variables TEXT NOT NULL, state TEXT NOT NULL,
    generation INTEGER NOT NULL, error TEXT, created_at REAL NOT NULL, updated_at REAL NOT NULL
) STRICT;
PRAGMA user_version = 1;
"""
EVERYBODY: Final = ""
"""Whose secrets those are that every agent gets."""


@final
@attrs.frozen(kw_only=True)
class Row:
    """An instance as it is to be."""

    id: str
    name: str | None
    agent_id: str | None
    region: str | None
    variables: Mapping[str, str]
    state: State
    generation: int
    """Counts how often it was to be started anew."""
    error: str | None
    created_at: float
    updated_at: float


def open_store(path: str) -> sqlite3.Connection:
    """The database at a path, made if it is not there."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if connection.execute("PRAGMA user_version").fetchone() == (0,):
        connection.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
    return connection


def _all(connection: sqlite3.Connection, query: str, *values: Any) -> list[Any]:
    with closing(connection.execute(query, values)) as found:
        return found.fetchall()


# --- agents -----------------------------------------------------------------------------------------------


def agents(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """All agents, by name."""
    found = _all(connection, "SELECT id, name, created_at FROM agents ORDER BY name")
    return [{"id": id, "name": name, "gcs_path": None, "created_at": at} for id, name, at in found]


def agent(connection: sqlite3.Connection, id: str) -> dict[str, Any] | None:
    """One of them."""
    return next((each for each in agents(connection) if each["id"] == id), None)


def add_agent(connection: sqlite3.Connection, id: str, name: str, now: float) -> bool:
    """Whether the name was free."""
    return connection.execute("INSERT OR IGNORE INTO agents VALUES (?, ?, ?)", (id, name, now)).rowcount == 1


# --- secrets ----------------------------------------------------------------------------------------------


def secrets(connection: sqlite3.Connection, agent: str) -> list[dict[str, Any]]:
    """Those of an agent, or of everybody, without their values."""
    query = "SELECT id, key, value, agent_id, created_at FROM secrets WHERE agent_id = ? ORDER BY key"
    return [
        {
            "id": id,
            "key": key,
            "hint": f"…{value[-4:]}" if len(value) > 12 else "…",
            "agent_id": owner or None,
            "created_at": at,
        }
        for id, key, value, owner, at in _all(connection, query, agent)
    ]


def set_secret(
    connection: sqlite3.Connection, id: str, agent: str, key: str, value: str, now: float
) -> dict[str, Any]:
    """Keep one in place of the one of this name."""
    connection.execute(
        "INSERT INTO secrets VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (agent_id, key) DO UPDATE SET value = excluded.value, created_at = excluded.created_at",
        (id, agent, key, value, now),
    )
    return next(each for each in secrets(connection, agent) if each["key"] == key)


def delete_secret(connection: sqlite3.Connection, agent: str, id: str) -> bool:
    """Whether there was one."""
    return connection.execute("DELETE FROM secrets WHERE agent_id = ? AND id = ?", (agent, id)).rowcount == 1


def values(connection: sqlite3.Connection, agent: str | None) -> dict[str, str]:
    """What an instance of an agent gets: the secrets of everybody, and in their place those of the agent."""
    query = "SELECT key, value FROM secrets WHERE agent_id IN (?, ?) ORDER BY agent_id"
    return dict(_all(connection, query, EVERYBODY, agent or EVERYBODY))


# --- instances --------------------------------------------------------------------------------------------


def instances(connection: sqlite3.Connection) -> list[Row]:
    """All, the oldest first."""
    names = attrs.fields_dict(Row)
    found = _all(connection, f"SELECT {', '.join(names)} FROM instances ORDER BY created_at, id")  # noqa: S608 - our names
    return [_row(dict(zip(names, values, strict=True))) for values in found]


def _row(fields: dict[str, Any]) -> Row:
    fields["variables"] = jsontext.read_object(fields["variables"])
    return Row(**fields)


def instance(connection: sqlite3.Connection, id: str) -> Row | None:
    """One of them."""
    return next((each for each in instances(connection) if each.id == id), None)


def add_instance(connection: sqlite3.Connection, row: Row) -> None:
    """Enter one."""
    fields = attrs.astuple(row)
    stored = (*fields[:4], jsontext.write(dict(row.variables)), *fields[5:])
    connection.execute("INSERT INTO instances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", stored)


def become(
    connection: sqlite3.Connection,
    id: str,
    state: State,
    now: float,
    *,
    error: str | None = None,
    anew: bool = False,
) -> bool:
    """Put an instance into another state; `anew` has it started once more. False where it is gone or going."""
    changed = connection.execute(
        "UPDATE instances SET state = ?, error = ?, updated_at = ?, generation = generation + ? "
        "WHERE id = ? AND state <> 'deleting'",
        (state, error, now, anew, id),
    )
    return changed.rowcount == 1


def settle(
    connection: sqlite3.Connection, row: Row, state: State, now: float, error: str | None = None
) -> bool:
    """Say what became of an instance, unless somebody wants something else of it by now."""
    changed = connection.execute(
        "UPDATE instances SET state = ?, error = ?, updated_at = ? WHERE id = ? AND generation = ? AND state = ?",
        (state, error, now, row.id, row.generation, row.state),
    )
    return changed.rowcount == 1


def forget(connection: sqlite3.Connection, id: str) -> None:
    """Remove the row of one that is gone."""
    connection.execute("DELETE FROM instances WHERE id = ?", (id,))
