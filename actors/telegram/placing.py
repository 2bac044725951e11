"""Which messages of a chat belong to a turn. Each function is one transaction."""

import re
import sqlite3
from typing import Final

from actors.telegram.inbox import KEPT
from actors.telegram.messages import Asked, FindMessages, Kept, Placed

_BY_UPDATE: Final = "SELECT * FROM updates WHERE bot = ? AND update_id = ? AND message_id IS NOT NULL"
_BY_TURN: Final = "SELECT * FROM updates WHERE turn = ? AND message_id IS NOT NULL ORDER BY n LIMIT 1"


def find(connection: sqlite3.Connection, request: FindMessages) -> Placed:
    """The messages of a turn: what was asked, and what of ours changes while it runs."""
    rows = connection.execute("SELECT * FROM kept WHERE turn = ? ORDER BY kind, n", (request.turn,))
    kept = tuple(
        Kept(kind=row["kind"], n=row["n"], chat=row["chat"], message_id=row["message_id"]) for row in rows
    )
    return Placed(asked=_asked(connection, request), kept=kept)


def _asked(connection: sqlite3.Connection, request: FindMessages) -> Asked | None:
    """By the message itself, which is known before its turn has a name."""
    named = re.fullmatch(r"tg:([0-9]{1,18}):([0-9]{1,18})", request.client_message_id or "")
    if named is not None:
        row = connection.execute(_BY_UPDATE, named.groups()).fetchone()
    else:
        row = connection.execute(_BY_TURN, (request.turn,)).fetchone()
    if row is None:
        return None
    return Asked(chat=row["chat"], message_id=row["message_id"], in_group=bool(row["in_group"]))


def keep(connection: sqlite3.Connection, turn: str, message: Kept, now: int) -> None:
    """Remember a message of ours, in place of one of the same kind and number."""
    connection.execute("DELETE FROM kept WHERE at < ?", (now - KEPT,))
    connection.execute(
        "INSERT OR REPLACE INTO kept (turn, kind, n, chat, message_id, at) VALUES (?, ?, ?, ?, ?, ?)",
        (turn, message.kind, message.n, message.chat, message.message_id, now),
    )
