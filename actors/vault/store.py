"""Secrets in their database, sealed. Each function is one transaction."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from actors.storage import micros, moment
from actors.vault.messages import Access, Action, Entry
from actors.vault.names import HOSTS, is_system, widened
from actors.vault.sealing import WITHOUT_HOSTS, Sealed

KEPT: Final = 10_000
"""Rows of the log of accesses."""
_ENTRY: Final = (
    "SELECT key, owner, form, allowed_hosts, created_at, updated_at, last_read_at FROM vault_entries"
)
_SEALED: Final = (
    "SELECT owner, key, master_key, nonce, encrypted_value, form, allowed_hosts FROM vault_entries"
)

_RESEAL: Final = """
UPDATE vault_entries SET master_key = ?1, nonce = ?2, encrypted_value = ?3, form = ?4, allowed_hosts = ?5
WHERE owner = ?6 AND key = ?7
"""
_STORE: Final = """
INSERT INTO vault_entries (master_key, nonce, encrypted_value, form, allowed_hosts, owner, key, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
ON CONFLICT (owner, key) DO UPDATE
SET master_key = ?1, nonce = ?2, encrypted_value = ?3, form = ?4, allowed_hosts = ?5, updated_at = ?8
"""


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


def put(connection: sqlite3.Connection, kept: Sealed, user: str, now: datetime) -> Entry:
    """Keep a secret in place of an older one."""
    stored = _store(connection, kept, now)
    log(connection, "set", kept.name, kept.owner, user, "", now)
    return stored


def set_hosts(connection: sqlite3.Connection, kept: Sealed, user: str, now: datetime) -> Entry:
    """Keep what is the same secret, perhaps with other hosts."""
    before = entry(connection, kept.owner, kept.name)
    if before is not None and before.hosts == kept.hosts:
        return before
    stored = _store(connection, kept, now)
    log(connection, "hosts", kept.name, kept.owner, user, ", ".join(kept.hosts) or "nowhere", now)
    return stored


def _store(connection: sqlite3.Connection, kept: Sealed, now: datetime) -> Entry:
    connection.execute(_STORE, (*_values(kept), now.isoformat()))
    stored = entry(connection, kept.owner, kept.name)
    assert stored is not None  # noqa: S101 - it was stored above
    return stored


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
        connection.execute(_RESEAL, _values(each))
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
    name, owner, form, hosts, created, updated, read = row
    return Entry(
        name=name,
        owner=owner,
        system=is_system(name),
        hosts=_hosts(form, name, hosts),
        created_at=_moment(created),
        updated_at=_moment(updated),
        last_read_at=None if read is None else _moment(read),
    )


def _sealed_of(row: sqlite3.Row) -> Sealed:
    owner, name, key, nonce, data, form, hosts = row
    return Sealed(
        owner=owner,
        name=name,
        master_key=key,
        nonce=nonce,
        data=data,
        hosts=_hosts(form, name, hosts),
        form=form,
    )


def _values(kept: Sealed) -> tuple[Any, ...]:
    sealed = (kept.master_key, kept.nonce, kept.data, kept.form, " ".join(kept.hosts))
    return (*sealed, kept.owner, kept.name)


def _hosts(form: int, name: str, stored: str) -> tuple[str, ...]:
    """Where a secret may be sent.

    What is not bound anybody may have written who can write the database; of that counts what the name says too.
    """
    hosts = tuple(stored.split())
    if form != WITHOUT_HOSTS:
        return hosts
    unsure = widened(HOSTS.get(name, ()), hosts)
    return tuple(host for host in hosts if host not in unsure)


def _moment(stored: str) -> datetime:
    """A time; what is none, as only damage writes it, costs no more than itself."""
    try:
        return moment(micros(datetime.fromisoformat(stored)))
    except (ValueError, TypeError):  # the latter is of one without a time zone
        return moment(0)
