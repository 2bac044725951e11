"""Accounts that ask to be let in, each with a code. Each function is one transaction."""

import sqlite3
from typing import Final

from actors.storage import moment
from actors.telegram.choices import HOUR
from actors.telegram.messages import Pairing
from actors.telegram.update import Sender

ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Nothing in it looks like something else. Five bits each."""
LENGTH: Final = 8
MOST: Final = 50
"""Codes that may be good at once."""


def code_of(token: bytes) -> str:
    """A code from eight random bytes."""
    return "".join(ALPHABET[each % len(ALPHABET)] for each in token[:LENGTH])


def plain(code: str) -> str:
    """A code as it is stored, however somebody has written it down."""
    return "".join(each for each in code.upper() if each.isalnum())


def ask(connection: sqlite3.Connection, sender: Sender, chat: int, fresh: str, now: int) -> str | None:
    """The code of an account, which has one only; None while too many others ask.

    `fresh` becomes its code, if it has none that is good.
    """
    connection.execute("DELETE FROM pairings WHERE abs(? - asked_at) >= ?", (now, HOUR))
    known = connection.execute("SELECT code FROM pairings WHERE telegram_id = ?", (sender.id,)).fetchone()
    if known is not None:
        return str(known[0])
    (count,) = connection.execute("SELECT count(*) FROM pairings").fetchone()
    if count >= MOST:
        return None
    connection.execute(
        "INSERT INTO pairings VALUES (?, ?, ?, ?, ?, ?)",
        (fresh, sender.id, sender.username, sender.name, chat, now),
    )
    return fresh


def listed(connection: sqlite3.Connection, now: int) -> tuple[Pairing, ...]:
    """Who asks to be let in, the oldest first."""
    rows = connection.execute(
        "SELECT * FROM pairings WHERE abs(? - asked_at) < ? ORDER BY asked_at, code", (now, HOUR)
    )
    return tuple(map(_pairing, rows))


def find(connection: sqlite3.Connection, code: str, now: int) -> tuple[Pairing, int] | None:
    """Who asks with a code, and in which chat; None for nobody."""
    row = connection.execute(
        "SELECT * FROM pairings WHERE code = ? AND abs(? - asked_at) < ?", (plain(code), now, HOUR)
    ).fetchone()
    return None if row is None else (_pairing(row), int(row["chat"]))


def forget(connection: sqlite3.Connection, code: str) -> None:
    """Nobody is let in with a code any more."""
    connection.execute("DELETE FROM pairings WHERE code = ?", (plain(code),))


def _pairing(row: sqlite3.Row) -> Pairing:
    return Pairing(
        code=row["code"],
        telegram_id=row["telegram_id"],
        username=row["username"],
        name=row["name"],
        asked_at=moment(row["asked_at"]),
        expires_at=moment(row["asked_at"] + HOUR),
    )
