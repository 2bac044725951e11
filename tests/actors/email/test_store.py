"""What is kept of e-mail."""

import sqlite3
from collections.abc import Generator
from datetime import UTC, datetime

import pytest

from actors.email import store
from actors.email.fates import LeftAlone, Taken
from actors.email.messages import Address, AddressTaken, Passed
from actors.email.store import MIGRATIONS, Place, Thread
from actors.storage import empty, numbered

DAY = 86_400_000_000
AT = datetime(1970, 1, 2, tzinfo=UTC)


@pytest.fixture
def db() -> Generator[sqlite3.Connection]:
    with empty(numbered(MIGRATIONS)) as connection:
        yield connection


def test_one_address_is_of_one_user_and_a_user_has_one(db: sqlite3.Connection) -> None:
    assert store.put(db, "ada", "ada@x", DAY) == Address(user="ada", address="ada@x", set_at=AT)
    store.put(db, "ada", "ada@y", DAY)
    store.put(db, "ada", "ada@y", DAY)
    store.put(db, "bob", "ada@x", DAY)
    with pytest.raises(AddressTaken, match="ada@x is the address of 'bob': remove it there first"):
        store.put(db, "ada", "ada@x", DAY)
    assert store.owners(db) == {"ada@y": "ada", "ada@x": "bob"}
    assert [each.user for each in store.listed(db)] == ["ada", "bob"]
    assert store.of(db, "bob") == Address(user="bob", address="ada@x", set_at=AT)
    assert store.remove(db, "bob")
    assert not store.remove(db, "bob")
    assert store.of(db, "bob") is None


def test_how_far_a_mailbox_was_read_and_what_was_left_alone(db: sqlite3.Connection) -> None:
    assert store.place(db, "a") is None
    store.reach(db, "a", Place(validity=1, uid=7))
    store.leave(db, "a", Place(validity=1, uid=8), LeftAlone(reason="unknown", detail="x"), 1)
    store.leave(db, "a", Place(validity=2, uid=1), LeftAlone(reason="unknown", detail="y"), DAY)
    assert store.place(db, "a") == Place(validity=2, uid=1)
    assert store.place(db, "b") is None
    assert store.passed(db) == (Passed(reason="unknown", count=2, last_at=AT, detail="y"),)


def test_a_count_that_damage_has_made_huge_does_not_keep_a_mailbox_from_being_read(
    db: sqlite3.Connection,
) -> None:
    store.leave(db, "a", Place(validity=1, uid=8), LeftAlone(reason="unknown", detail="x"), 1)
    db.execute("UPDATE left_alone SET count = 9223372036854775807")
    store.leave(db, "a", Place(validity=1, uid=9), LeftAlone(reason="unknown", detail="y"), 1)
    assert store.place(db, "a") == Place(validity=1, uid=9)


def test_what_an_answer_has_to_say_of_a_mail_is_known_for_ninety_days(db: sqlite3.Connection) -> None:
    mail = Taken(
        sender="ada@x",
        message_id="<1@x>",
        subject="Tea",
        references=("<0@x>", "<00@x>"),
        is_reply=True,
        provenance="",
    )
    store.keep(db, mail, 0)
    store.keep(db, mail, DAY)
    thread = Thread(message_id="<1@x>", subject="Tea", references=("<0@x>", "<00@x>"))
    assert store.thread(db, "mail:<1@x>") == thread
    assert store.thread(db, "mail:<2@x>") is None
    assert store.thread(db, None) is None
    other = Taken(
        sender="ada@x", message_id="<2@x>", subject="", references=(), is_reply=False, provenance=""
    )
    store.keep(db, other, 91 * DAY)
    assert store.thread(db, "mail:<1@x>") == thread
    store.keep(db, other, 91 * DAY + 1)
    assert store.thread(db, "mail:<1@x>") is None
