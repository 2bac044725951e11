"""What the host knows: agents, secrets, and which instance is to be in which state. A function is one transaction.

What is to be done follows from the rows alone, so a host that was killed goes on where it was.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any, Final, Literal, final

import attrs

from actors import jsontext
from starpod.host.safe import Safe, Sealed

State = Literal["creating", "starting", "running", "paused", "error", "deleting"]

EVERYBODY: Final = ""
"""Whose secrets those are that every agent gets."""
DAMAGED: Final = "what the host has written down of it is damaged: delete it and make it anew"
_SEALED: Final = "agent_id, key, master_key, nonce, sealed"


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
    port: int | None = None
    """Where it listens on this machine, always the same as long as that is free."""


_FIELDS: Final = tuple(attrs.fields_dict(Row))
_INSTANCES: Final = f"SELECT {', '.join(_FIELDS)} FROM instances"  # noqa: S608 - our names


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


def secrets(connection: sqlite3.Connection, safe: Safe, agent: str) -> list[dict[str, Any]]:
    """Those of an agent, or of everybody, without their values."""
    query = f"SELECT id, created_at, {_SEALED} FROM secrets WHERE agent_id = ? ORDER BY key"  # noqa: S608 - our names
    return [
        {
            "id": id,
            "key": sealed.name,
            "hint": safe.hint(sealed),
            "agent_id": sealed.owner or None,
            "created_at": at,
        }
        for id, at, sealed in ((id, at, _sealed(*rest)) for id, at, *rest in _all(connection, query, agent))
    ]


def set_secret(
    connection: sqlite3.Connection, safe: Safe, id: str, agent: str, key: str, value: str, now: float
) -> dict[str, Any]:
    """Keep one in place of the one of this name. Raises Unsealable."""
    kept = safe.seal(master_keys(connection), agent, key, value)
    connection.execute(
        "INSERT INTO secrets VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (agent_id, key) DO UPDATE SET "
        "master_key = excluded.master_key, nonce = excluded.nonce, sealed = excluded.sealed, "
        "created_at = excluded.created_at",
        (id, agent, key, kept.master_key, kept.nonce, kept.data, now),
    )
    return next(each for each in secrets(connection, safe, agent) if each["key"] == key)


def delete_secret(connection: sqlite3.Connection, agent: str, id: str) -> bool:
    """Whether there was one."""
    return connection.execute("DELETE FROM secrets WHERE agent_id = ? AND id = ?", (agent, id)).rowcount == 1


def values(connection: sqlite3.Connection, safe: Safe, agent: str | None) -> dict[str, str]:
    """What an instance of an agent gets: the secrets of everybody, and in their place those of the agent.

    Raises Unsealable where one of them does not open: without it the agent would be another one.
    """
    query = f"SELECT {_SEALED} FROM secrets WHERE agent_id IN (?, ?) ORDER BY agent_id"  # noqa: S608 - our names
    found = {row[1]: _sealed(*row) for row in _all(connection, query, EVERYBODY, agent or EVERYBODY)}
    return {name: safe.open(sealed) for name, sealed in found.items()}


def master_keys(connection: sqlite3.Connection) -> frozenset[str]:
    """Fingerprints of the keys with which something is sealed."""
    return frozenset(key for (key,) in _all(connection, "SELECT DISTINCT master_key FROM secrets"))


def sealed(connection: sqlite3.Connection) -> list[Sealed]:
    """Everything that is sealed."""
    return [_sealed(*row) for row in _all(connection, f"SELECT {_SEALED} FROM secrets")]  # noqa: S608 - our names


def reseal(connection: sqlite3.Connection, anew: Iterable[Sealed]) -> None:
    """Exchange what is sealed. The caller sees to it that it is all or none."""
    for each in anew:
        connection.execute(
            "UPDATE secrets SET master_key = ?, nonce = ?, sealed = ? WHERE agent_id = ? AND key = ?",
            (each.master_key, each.nonce, each.data, each.owner, each.name),
        )


def _sealed(owner: str, name: str, master_key: str, nonce: bytes, data: bytes) -> Sealed:
    return Sealed(owner=owner, name=name, master_key=master_key, nonce=nonce, data=data)


# --- instances --------------------------------------------------------------------------------------------


def instances(connection: sqlite3.Connection) -> list[Row]:
    """All, the oldest first."""
    return [_row(*each) for each in _all(connection, f"{_INSTANCES} ORDER BY created_at, id")]


def instance(connection: sqlite3.Connection, id: str) -> Row | None:
    """One of them."""
    return next((_row(*each) for each in _all(connection, f"{_INSTANCES} WHERE id = ?", id)), None)


def _row(*stored: Any) -> Row:
    fields = dict(zip(_FIELDS, stored, strict=True))
    try:
        fields["variables"] = jsontext.read_object(fields["variables"])
    except jsontext.NotJson:  # the others have nothing to do with it
        state = "deleting" if fields["state"] == "deleting" else "error"
        fields |= {"variables": {}, "state": state, "error": DAMAGED}
    return Row(**fields)


def add_instance(connection: sqlite3.Connection, row: Row) -> None:
    """Enter one."""
    fields = attrs.astuple(row)
    stored = (*fields[:4], jsontext.write(dict(row.variables)), *fields[5:])
    connection.execute(
        f"INSERT INTO instances ({', '.join(_FIELDS)}) VALUES ({', '.join('?' * len(stored))})",  # noqa: S608 - our names
        stored,
    )


def keep_port(connection: sqlite3.Connection, id: str, port: int) -> None:
    """Remember where one listens."""
    connection.execute("UPDATE instances SET port = ? WHERE id = ?", (port, id))


def ports(connection: sqlite3.Connection) -> frozenset[int]:
    """Those that are somebody's."""
    return frozenset(
        port for (port,) in _all(connection, "SELECT port FROM instances WHERE port IS NOT NULL")
    )


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
