"""Telegram accounts in the store."""

import sqlite3
from typing import Final

from actors.storage import clean, moment
from actors.vocabulary import Principal, Role

from . import accounts, audit
from .accounts import NOBODY, Done, Told
from .messages import (
    TELEGRAM,
    AccessChanged,
    GetTelegram,
    IdentifyTelegram,
    Identity,
    LinkTelegram,
    NotKnown,
    TelegramLink,
    UnlinkTelegram,
    plain_name,
)
from .rights import require_admin

_LINKED: Final = """
SELECT link.user_id, link.telegram_id, users.role, users.is_active
FROM telegram_links AS link JOIN users ON users.id = link.user_id
WHERE link.telegram_id = :id OR (link.telegram_id IS NULL AND link.username = :name)
ORDER BY link.telegram_id IS NULL LIMIT 1
"""
"""A name counts only where there is no number: whoever takes a name over that was given up is somebody else."""


def link(connection: sqlite3.Connection, request: LinkTelegram, now: int) -> Done[TelegramLink]:
    """Link an account, in place of every link of it or of the user. Raises UnknownUser, NotAllowed."""
    require_admin(connection, request)
    user = accounts.find(connection, request.id)
    name = plain_name(request.username)
    name = name and clean(name)
    gone = connection.execute(
        "DELETE FROM telegram_links WHERE user_id = ? OR telegram_id = ? OR username = ? RETURNING user_id",
        (user.id, request.telegram_id, name),
    ).fetchall()
    connection.execute(
        "INSERT INTO telegram_links (user_id, telegram_id, username, linked_at) VALUES (?, ?, ?, ?)",
        (user.id, request.telegram_id, name, now),
    )
    audit.record(
        connection, request, "telegram.linked", user.id, now, detail=_named(request.telegram_id, name)
    )
    return _find(connection, user.id), _ended([row[0] for row in gone])


def unlink(connection: sqlite3.Connection, request: UnlinkTelegram, now: int) -> Done[None]:
    """Remove the link of a user. Raises UnknownUser, NotAllowed."""
    require_admin(connection, request)
    user = accounts.find(connection, request.id)
    gone = connection.execute(
        "DELETE FROM telegram_links WHERE user_id = ? RETURNING user_id, telegram_id, username", (user.id,)
    ).fetchall()
    for row in gone:
        detail = _named(row["telegram_id"], row["username"])
        audit.record(connection, request, "telegram.unlinked", user.id, now, detail=detail)
    return None, _ended([row[0] for row in gone])


def get(connection: sqlite3.Connection, request: GetTelegram) -> TelegramLink | None:
    """The link of a user. Raises UnknownUser, NotAllowed."""
    if request.id != request.user:
        require_admin(connection, request)
    user = accounts.find(connection, request.id)
    linked = connection.execute("SELECT 1 FROM telegram_links WHERE user_id = ?", (user.id,)).fetchone()
    return _find(connection, user.id) if linked else None


def recognise(connection: sqlite3.Connection, request: IdentifyTelegram) -> Identity:
    """Who writes from an account; a link by name alone gets its number. Raises NotKnown."""
    name = plain_name(request.username)
    row = connection.execute(_LINKED, {"id": request.telegram_id, "name": name and clean(name)}).fetchone()
    if row is None and request.allowed:
        return _only_user(connection)
    if row is None or not row["is_active"]:
        raise NotKnown(what="invalid")
    if row["telegram_id"] is None:
        connection.execute(
            "UPDATE telegram_links SET telegram_id = ? WHERE user_id = ?",
            (request.telegram_id, row["user_id"]),
        )
    return _identity(row["user_id"], row["role"])


def _only_user(connection: sqlite3.Connection) -> Identity:
    """The only user who is let in. Raises NotKnown where there are several: nobody has said which of them it is."""
    rows = connection.execute("SELECT id, role FROM users WHERE is_active LIMIT 2").fetchall()
    if len(rows) != 1:
        raise NotKnown(what="invalid")
    return _identity(rows[0]["id"], rows[0]["role"])


def _identity(user: str, role: Role) -> Identity:
    principal = Principal(user=user, role=role, proof="telegram", credential=TELEGRAM)
    return Identity(principal=principal, expires_at=None)


def _find(connection: sqlite3.Connection, user: str) -> TelegramLink:
    row = connection.execute("SELECT * FROM telegram_links WHERE user_id = ?", (user,)).fetchone()
    return TelegramLink(
        user=row["user_id"],
        telegram_id=row["telegram_id"],
        username=row["username"],
        linked_at=moment(row["linked_at"]),
    )


def _ended(users: list[str]) -> Told:
    if not users:
        return NOBODY
    return tuple(AccessChanged(user=user, credential=TELEGRAM, why="ended") for user in users)


def _named(telegram_id: int | None, username: str | None) -> str:
    return " ".join(each for each in (telegram_id and str(telegram_id), username and f"@{username}") if each)
