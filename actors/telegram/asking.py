"""Messages in which something is asked, until they say what became of it. Each function is one transaction."""

import sqlite3
from typing import final

import attrs

from actors.telegram.inbox import KEPT


@final
@attrs.frozen(kw_only=True)
class Kept:
    """One message."""

    approval: str
    user: str
    """Who is asked."""
    chat: int
    message_id: int


def keep(
    connection: sqlite3.Connection, approval: str, user: str, chat: int, message_id: int, now: int
) -> None:
    """Remember a message of ours."""
    connection.execute("DELETE FROM questions WHERE at < ?", (now - 2 * KEPT,))
    connection.execute(
        "INSERT INTO questions (chat, message_id, approval, user, at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (chat, message_id) DO NOTHING",
        (chat, message_id, approval, user, now),
    )


def kept(connection: sqlite3.Connection) -> tuple[Kept, ...]:
    """Those that are not closed as far as their readers know, the oldest first."""
    rows = connection.execute("SELECT * FROM questions ORDER BY at, chat, message_id")
    return tuple(
        Kept(approval=row["approval"], user=row["user"], chat=row["chat"], message_id=row["message_id"])
        for row in rows
    )


def forget(connection: sqlite3.Connection, chat: int, message_id: int) -> None:
    """The message says what became of it, or is none of ours."""
    connection.execute("DELETE FROM questions WHERE chat = ? AND message_id = ?", (chat, message_id))
