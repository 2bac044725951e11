"""Secrets in their database, sealed. Each function is one transaction."""

import sqlite3
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Final

from actors.storage import Migration
from actors.vault.messages import Access, Action, Entry
from actors.vault.names import is_system
from actors.vault.sealing import Sealed

KEPT: Final = 10_000
"""Rows of the log of accesses."""
_ENTRY: Final = "SELECT key, owner, allowed_hosts, created_at, updated_at, last_read_at FROM vault_entries"
_SEALED: Final = "SELECT owner, key, master_key, nonce, encrypted_value, allowed_hosts FROM vault_entries"


@contextmanager
def empty(migrations: Iterable[Migration]) -> Generator[sqlite3.Connection]:
    """A database in which nothing is kept, and which is kept nowhere."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for migration in migrations:
            connection.executescript(str(migration))
        yield connection


def entries(connection: sqlite3.Connection, owners: Collection[str] | None) -> tuple[Entry, ...]:
    """What is kept by these, or by everybody, by owner and name."""
    found = map(_entry_of, connection.execute(f"{_ENTRY} ORDER BY owner, key"))
    return tuple(each for each in found if owners is None or each.owner in owners)


def entry(connection: sqlite3.Connection, owner: str, name: str) -> Entry | None:
    """One of them."""
    row = connection.execute(f"{_ENTRY} WHERE owner = ? AND key = ?", (owner, name)).fetchone()
    return None if row is None else _entry_of(row)


def sealed(connection: sqlite3.Connection, owners: Sequence[str], names: Iterable[str]) -> tuple[Sealed, ...]:
    """In the order of `names`, what is kept under each by the first of `owners` that keeps something."""
    candidates = ((owner, name) for name in names for owner in owners)
    found: dict[str, Sealed] = {}
    for owner, name in candidates:
        row = connection.execute(f"{_SEALED} WHERE owner = ? AND key = ?", (owner, name)).fetchone()
        if row is not None:
            found.setdefault(name, _sealed_of(row))
    return tuple(found.values())


def everything(connection: sqlite3.Connection) -> tuple[Sealed, ...]:
    """All that is kept."""
    return tuple(map(_sealed_of, connection.execute(_SEALED)))


def master_keys(connection: sqlite3.Connection) -> frozenset[str]:
    """Fingerprints of the keys with which something is sealed."""
    return frozenset(key for (key,) in connection.execute("SELECT DISTINCT master_key FROM vault_entries"))


def put(
    connection: sqlite3.Connection, kept: Sealed, hosts: Sequence[str] | None, user: str, now: datetime
) -> Entry:
    """Keep a secret in place of an older one; hosts that are None stay as they are, or are none."""
    connection.execute(
        "INSERT INTO vault_entries VALUES (?1, ?2, ?3, ?4, ?5, coalesce(?6, ''), ?7, ?7, NULL)"
        " ON CONFLICT (owner, key) DO UPDATE SET master_key = ?3, nonce = ?4, encrypted_value = ?5,"
        " allowed_hosts = coalesce(?6, allowed_hosts), updated_at = ?7",
        (
            kept.owner,
            kept.name,
            kept.master_key,
            kept.nonce,
            kept.data,
            None if hosts is None else " ".join(hosts),
            now.isoformat(),
        ),
    )
    log(connection, "set", kept.name, kept.owner, user, "", now)
    stored = entry(connection, kept.owner, kept.name)
    assert stored is not None  # noqa: S101 - it was stored above
    return stored


def set_hosts(
    connection: sqlite3.Connection, owner: str, name: str, hosts: Sequence[str], user: str, now: datetime
) -> Entry | None:
    """Change where a secret may be sent; None where there is no such secret."""
    before = entry(connection, owner, name)
    if before is None or before.hosts == tuple(hosts):
        return before
    connection.execute(
        "UPDATE vault_entries SET allowed_hosts = ?, updated_at = ? WHERE owner = ? AND key = ?",
        (" ".join(hosts), now.isoformat(), owner, name),
    )
    log(connection, "hosts", name, owner, user, ", ".join(hosts) or "nowhere", now)
    return entry(connection, owner, name)


def delete(connection: sqlite3.Connection, owner: str, name: str, user: str, now: datetime) -> bool:
    """Forget a secret; False where there was none."""
    gone = connection.execute("DELETE FROM vault_entries WHERE owner = ? AND key = ?", (owner, name))
    log(connection, "delete", name, owner, user, "" if gone.rowcount else "there was none", now)
    return gone.rowcount > 0


def looked(
    connection: sqlite3.Connection,
    found: Iterable[Sealed],
    unreadable: Mapping[str, str],
    action: Action,
    user: str,
    why: str,
    now: datetime,
) -> None:
    """Write down who looked at secrets, and which of them did not open."""
    for kept in found:
        if kept.name in unreadable:
            log(connection, "unreadable", kept.name, kept.owner, user, unreadable[kept.name], now)
            continue
        log(connection, action, kept.name, kept.owner, user, why, now)
        connection.execute(
            "UPDATE vault_entries SET last_read_at = ? WHERE owner = ? AND key = ?",
            (now.isoformat(), kept.owner, kept.name),
        )


def reseal(connection: sqlite3.Connection, anew: Iterable[Sealed], user: str, now: datetime) -> None:
    """Exchange what is sealed, all of it or none."""
    count = 0
    for count, each in enumerate(anew, 1):  # noqa: B007 - the last one counts
        connection.execute(
            "UPDATE vault_entries SET master_key = ?, nonce = ?, encrypted_value = ? WHERE owner = ? AND key = ?",
            (each.master_key, each.nonce, each.data, each.owner, each.name),
        )
    log(connection, "rotate", "", "", user, f"{count} sealed anew", now)


# --- the log ------------------------------------------------------------------------------------------------


def log(
    connection: sqlite3.Connection,
    action: Action,
    name: str,
    owner: str,
    user: str,
    why: str,
    now: datetime,
) -> None:
    """Add a row, and let the oldest go."""
    row = (now.isoformat(), action, name, owner, user, why)
    added = connection.execute(
        "INSERT INTO vault_audit (timestamp, action, key, owner, user_id, why) VALUES (?, ?, ?, ?, ?, ?)", row
    )
    connection.execute("DELETE FROM vault_audit WHERE id <= ?", ((added.lastrowid or 0) - KEPT,))


def accesses(connection: sqlite3.Connection, limit: int) -> tuple[Access, ...]:
    """The newest rows, the newest first."""
    rows = connection.execute(
        "SELECT id, timestamp, action, key, owner, user_id, why FROM vault_audit ORDER BY id DESC LIMIT ?",
        (limit,),
    )
    return tuple(
        Access(id=id, at=_moment(at), action=action, name=name, owner=owner, user=user, why=why)
        for id, at, action, name, owner, user, why in rows
    )


# --- rows ---------------------------------------------------------------------------------------------------


def _entry_of(row: sqlite3.Row) -> Entry:
    name, owner, hosts, created, updated, read = row
    return Entry(
        name=name,
        owner=owner,
        system=is_system(name),
        hosts=tuple(hosts.split()),
        created_at=_moment(created),
        updated_at=_moment(updated),
        last_read_at=None if read is None else _moment(read),
    )


def _sealed_of(row: sqlite3.Row) -> Sealed:
    owner, name, key, nonce, data, hosts = row
    return Sealed(owner=owner, name=name, master_key=key, nonce=nonce, data=data, hosts=tuple(hosts.split()))


def _moment(stored: str) -> datetime:
    """A time; what is none, as only damage writes it, costs no more than itself."""
    try:
        return datetime.fromisoformat(stored)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
