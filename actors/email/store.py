"""E-mail in its database: whose addresses there are, how far the mailbox was read, what mails are answered.

Each function is one transaction.
"""

import sqlite3
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final, final

import attrs

from actors.email.fates import LeftAlone, Taken
from actors.email.messages import Address, AddressTaken, Passed
from actors.storage import clean, moment
from bus import Data

MIGRATIONS: Final = Path(__file__).parent / "migrations"
KEPT: Final = timedelta(days=90)
"""How long it is known what a mail was about, so that an answer stands below it."""


@final
@attrs.frozen(kw_only=True)
class Thread(Data):
    """What an answer to a mail needs to know of it."""

    message_id: str
    subject: str
    references: tuple[str, ...]


@final
@attrs.frozen(kw_only=True)
class Place(Data):
    """How far a mailbox was read."""

    validity: int
    """Of the numbers, as the server says; with another one they mean other mails."""
    uid: int
    """The last mail that was looked at."""


# --- addresses --------------------------------------------------------------------------------------------


def put(connection: sqlite3.Connection, user: str, address: str, now: int) -> Address:
    """Give a user this address, in place of another. Raises AddressTaken when somebody else has it."""
    owner = connection.execute("SELECT user FROM addresses WHERE address = ?", (address,)).fetchone()
    if owner is not None and owner["user"] != user:
        raise AddressTaken(address=address, user=owner["user"])
    connection.execute(
        "INSERT INTO addresses (user, address, set_at) VALUES (?, ?, ?)"
        " ON CONFLICT (user) DO UPDATE SET address = excluded.address, set_at = excluded.set_at",
        (user, address, now),
    )
    return Address(user=user, address=address, set_at=moment(now))


def remove(connection: sqlite3.Connection, user: str) -> bool:
    """Take the address of a user away; whether there was one."""
    return connection.execute("DELETE FROM addresses WHERE user = ?", (user,)).rowcount > 0


def listed(connection: sqlite3.Connection) -> tuple[Address, ...]:
    """All addresses, by user."""
    rows = connection.execute("SELECT * FROM addresses ORDER BY user").fetchall()
    return tuple(
        Address(user=row["user"], address=row["address"], set_at=moment(row["set_at"])) for row in rows
    )


def of(connection: sqlite3.Connection, user: str) -> Address | None:
    """The address of a user."""
    return next((each for each in listed(connection) if each.user == user), None)


def owners(connection: sqlite3.Connection) -> Mapping[str, str]:
    """Users by their addresses."""
    return {each.address: each.user for each in listed(connection)}


# --- what comes in ----------------------------------------------------------------------------------------


def place(connection: sqlite3.Connection, mailbox: str) -> Place | None:
    """How far a mailbox was read; None for one that is new."""
    row = connection.execute("SELECT * FROM mailboxes WHERE mailbox = ?", (mailbox,)).fetchone()
    return None if row is None else Place(validity=row["validity"], uid=row["uid"])


def reach(connection: sqlite3.Connection, mailbox: str, at: Place) -> None:
    """Remember how far a mailbox was read."""
    connection.execute(
        "INSERT INTO mailboxes (mailbox, validity, uid) VALUES (?, ?, ?)"
        " ON CONFLICT (mailbox) DO UPDATE SET validity = excluded.validity, uid = excluded.uid",
        (mailbox, at.validity, at.uid),
    )


def leave(connection: sqlite3.Connection, mailbox: str, at: Place, mail: LeftAlone, now: int) -> None:
    """Count a mail that is left alone, and remember how far that is. Both or none."""
    connection.execute(
        "INSERT INTO left_alone (reason, count, last_at, detail) VALUES (?, 1, ?, ?)"
        " ON CONFLICT (reason) DO UPDATE SET"
        " count = min(count, 1000000000) + 1, last_at = excluded.last_at, detail = excluded.detail",
        (mail.reason, now, clean(mail.detail)),
    )
    reach(connection, mailbox, at)


def passed(connection: sqlite3.Connection) -> tuple[Passed, ...]:
    """What was left alone, by reason."""
    rows = connection.execute("SELECT * FROM left_alone ORDER BY reason").fetchall()
    return tuple(
        Passed(reason=row["reason"], count=row["count"], last_at=moment(row["last_at"]), detail=row["detail"])
        for row in rows
    )


# --- threads ----------------------------------------------------------------------------------------------


def keep(connection: sqlite3.Connection, mail: Taken, now: int) -> None:
    """Remember what an answer to a mail has to say of it, and forget what is too old for one."""
    connection.execute(
        "INSERT OR REPLACE INTO threads (key, message_id, subject, refs, at) VALUES (?, ?, ?, ?, ?)",
        (mail.key, mail.message_id, clean(mail.subject), " ".join(mail.references), now),
    )
    connection.execute("DELETE FROM threads WHERE at < ?", (now - KEPT // timedelta(microseconds=1),))


def thread(connection: sqlite3.Connection, key: str | None) -> Thread | None:
    """What is known of a mail, by its key; None where it is too old, or none."""
    row = connection.execute("SELECT * FROM threads WHERE key = ?", (key,)).fetchone()
    if row is None:
        return None
    return Thread(message_id=row["message_id"], subject=row["subject"], references=tuple(row["refs"].split()))
