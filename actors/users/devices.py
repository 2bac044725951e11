"""Devices in the store: browsers that are signed in."""

import sqlite3
from datetime import timedelta
from typing import Final

from actors.storage import clean, moment, one_line

from . import accounts, audit
from .accounts import NOBODY, Done, Told
from .hashing import digest
from .messages import (
    AccessChanged,
    CreatedDevice,
    Device,
    ListDevices,
    NewDevice,
    NotKnown,
    SignOut,
    UnknownDevice,
)

MOST: Final = 50
"""Devices of one user; the oldest beyond are forgotten, those that are signed out first."""
GOOD_FOR: Final = timedelta(days=30) // timedelta(microseconds=1)
LONGEST: Final = 100
"""Characters of a label."""


def sign_in(
    connection: sqlite3.Connection, request: NewDevice, halves: tuple[str, str], id: str, now: int
) -> Done[CreatedDevice]:
    """Sign a device in that shows `halves`, cookie and page, from now on. Raises UnknownUser, NotKnown."""
    owner, (cookie, page) = accounts.active(connection, request.user), halves
    until = _end_of(connection, request.key, owner.id, now) if request.key else None
    row = {
        "id": id,
        "user_id": owner.id,
        "key_id": request.key or None,
        "cookie_hash": digest(cookie),
        "page_hash": digest(page),
        "label": one_line(request.label)[:LONGEST],
        "address": clean(request.address)[:LONGEST],
        "created_at": now,
        "last_seen_at": now,
        "expires_at": min(now + GOOD_FOR, until or now + GOOD_FOR),
    }
    marks = ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT INTO devices ({', '.join(row)}) VALUES ({marks})", row)  # noqa: S608 - names are ours
    device = _find(connection, id, owner.id)
    audit.record(connection, request, "device.signed_in", owner.id, now, detail=_named(device))
    told = _forget_oldest(connection, owner.id, request, now)
    return CreatedDevice(device=device, cookie=cookie, page=page), told


def of_user(connection: sqlite3.Connection, request: ListDevices) -> tuple[Device, ...]:
    """The devices of a user, newest first."""
    rows = connection.execute(
        "SELECT * FROM devices WHERE user_id = ? ORDER BY created_at DESC, rowid DESC", (request.user,)
    )
    return tuple(map(_device_of, rows))


def sign_out(connection: sqlite3.Connection, request: SignOut, now: int) -> Done[Device]:
    """Sign a device out. Raises UnknownDevice."""
    device = _find(connection, request.id, request.user)
    if device.revoked_at is not None:
        return device, NOBODY
    connection.execute("UPDATE devices SET revoked_at = ? WHERE id = ?", (now, device.id))
    return _find(connection, device.id, device.user), (_ended(connection, device, request, now),)


def end_with(connection: sqlite3.Connection, key: str, asked: audit.Asked | None, now: int) -> Told:
    """Sign out what was signed in with a key that has ended."""
    rows = connection.execute(
        "UPDATE devices SET revoked_at = ? WHERE key_id = ? AND revoked_at IS NULL RETURNING *", (now, key)
    ).fetchall()
    return tuple(_ended(connection, _device_of(row), asked, now) for row in rows)


def _end_of(connection: sqlite3.Connection, key: str, owner: str, now: int) -> int | None:
    """When a key expires, if ever. Raises NotKnown when it is not good any more."""
    row = connection.execute(
        "SELECT expires_at FROM api_keys WHERE id = ? AND user_id = ? AND revoked_at IS NULL"
        " AND (expires_at IS NULL OR expires_at > ?)",
        (clean(key), owner, now),
    ).fetchone()
    if row is None:
        raise NotKnown(what="invalid")
    until: int | None = row["expires_at"]
    return until


def _forget_oldest(connection: sqlite3.Connection, owner: str, asked: audit.Asked, now: int) -> Told:
    gone = connection.execute(
        "DELETE FROM devices WHERE id IN (SELECT id FROM devices WHERE user_id = ?"
        " ORDER BY revoked_at IS NULL AND expires_at > ? DESC, created_at DESC, rowid DESC LIMIT -1 OFFSET ?)"
        " RETURNING *",
        (owner, now, MOST),
    ).fetchall()
    return tuple(
        _ended(connection, device, asked, now)
        for device in map(_device_of, gone)
        if device.revoked_at is None
    )


def _ended(
    connection: sqlite3.Connection, device: Device, asked: audit.Asked | None, now: int
) -> AccessChanged:
    audit.record(connection, asked, "device.signed_out", device.user, now, detail=_named(device))
    return AccessChanged(user=device.user, credential=device.id, why="ended")


def _find(connection: sqlite3.Connection, id: str, owner: str) -> Device:
    row = connection.execute(
        "SELECT * FROM devices WHERE id = ? AND user_id = ?", (clean(id), owner)
    ).fetchone()
    if row is None:
        raise UnknownDevice(id=id)
    return _device_of(row)


def _named(device: Device) -> str:
    return f"{device.id} ({device.label})"


def _device_of(row: sqlite3.Row) -> Device:
    return Device(
        id=row["id"],
        user=row["user_id"],
        label=row["label"],
        address=row["address"],
        created_at=moment(row["created_at"]),
        last_seen_at=moment(row["last_seen_at"]),
        expires_at=moment(row["expires_at"]),
        revoked_at=None if row["revoked_at"] is None else moment(row["revoked_at"]),
    )
