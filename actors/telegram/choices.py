"""What was chosen for conversations, and what was said to chats lately. Each function is one transaction."""

import sqlite3
from typing import Final, Literal

Said = Literal["stranger", "late"]
HOUR: Final = 3_600_000_000
"""Microseconds."""


def model(connection: sqlite3.Connection, user: str, key: str) -> str | None:
    """The model that somebody has chosen and no conversation knows of yet; None: nobody has."""
    row = connection.execute(
        "SELECT model FROM choices WHERE user = ? AND key = ? AND NOT is_taken", (user, key)
    ).fetchone()
    return None if row is None else str(row[0])


def choose_model(
    connection: sqlite3.Connection, user: str, key: str, chosen: str | None, *, is_taken: bool = False
) -> None:
    """Note a choice; None: the usual model. `is_taken`: the conversation knows of it, which holds it from now on."""
    connection.execute("DELETE FROM choices WHERE user = ? AND key = ?", (user, key))
    if chosen is not None:
        connection.execute("INSERT INTO choices VALUES (?, ?, ?, ?)", (user, key, chosen, is_taken))


def move(connection: sqlite3.Connection, old: int, new: int) -> None:
    """A group has got another number; what was chosen there stays, for conversations that know nothing of it."""
    connection.execute(
        "UPDATE OR REPLACE choices SET is_taken = 0, key = ? || substr(key, length(?) + 1)"
        " WHERE key = ? OR key LIKE ? || ':%'",
        (str(new), str(old), str(old), str(old)),
    )


def was_said(connection: sqlite3.Connection, chat: int, what: Said, now: int) -> bool:
    """Whether a chat has heard this within the hour."""
    row = connection.execute("SELECT at FROM said WHERE chat = ? AND what = ?", (chat, what)).fetchone()
    return row is not None and abs(now - row[0]) < HOUR


def note_said(connection: sqlite3.Connection, chat: int, what: Said, now: int) -> None:
    """A chat has heard this."""
    connection.execute("DELETE FROM said WHERE abs(? - at) >= ?", (now, HOUR))
    connection.execute("INSERT OR REPLACE INTO said VALUES (?, ?, ?)", (chat, what, now))
