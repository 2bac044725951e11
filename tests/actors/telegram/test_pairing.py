"""Who asks to be let in, what was chosen for conversations, what was said to chats."""

import sqlite3
from collections.abc import Iterator

import pytest

from actors.storage import empty, numbered
from actors.telegram import choices, pairing
from actors.telegram.choices import HOUR
from actors.telegram.update import Sender
from tests.actors.telegram.test_inbox import MIGRATIONS, NOW


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with empty(numbered(MIGRATIONS)) as connection:
        yield connection


def stranger(id: int = 1) -> Sender:
    return Sender(id=id, username="grace", name="Grace")


def test_a_code_has_nothing_in_it_that_looks_like_something_else() -> None:
    code = pairing.code_of(bytes(range(100, 108)))
    assert len(code) == 8
    assert set(code) <= set(pairing.ALPHABET)
    assert not set(pairing.ALPHABET) & set("IO01")
    assert len(pairing.ALPHABET) == 32


def test_an_account_has_one_code_for_an_hour(db: sqlite3.Connection) -> None:
    assert pairing.ask(db, stranger(), 1, "AAAA2222", NOW) == "AAAA2222"
    assert pairing.ask(db, stranger(), 5, "BBBB3333", NOW + HOUR - 1) == "AAAA2222"
    (asks,) = pairing.listed(db, NOW)
    assert (asks.telegram_id, asks.username, asks.name) == (1, "grace", "Grace")
    assert (asks.expires_at - asks.asked_at).total_seconds() == 3600
    assert pairing.listed(db, NOW + HOUR) == ()
    assert pairing.find(db, "AAAA2222", NOW + HOUR) is None
    assert pairing.ask(db, stranger(), 1, "BBBB3333", NOW + HOUR) == "BBBB3333"


def test_a_code_is_known_however_it_is_written(db: sqlite3.Connection) -> None:
    pairing.ask(db, stranger(), 5, "AAAA2222", NOW)
    found = pairing.find(db, " aaaa-2222", NOW)
    assert found is not None
    assert (found[0].code, found[1]) == ("AAAA2222", 5)
    pairing.forget(db, "aaaa 2222")
    assert pairing.find(db, "AAAA2222", NOW) is None


def test_no_more_than_fifty_are_asked_for_at_once(db: sqlite3.Connection) -> None:
    for n in range(pairing.MOST):
        assert pairing.ask(db, stranger(n), n, f"CODE{n}", NOW + n) == f"CODE{n}"
    assert pairing.ask(db, stranger(99), 1, "XXXX", NOW + 60) is None
    assert pairing.ask(db, stranger(0), 1, "XXXX", NOW + 60) == "CODE0"
    assert pairing.ask(db, stranger(99), 1, "XXXX", NOW + HOUR) == "XXXX"


def test_a_code_does_not_last_because_the_clock_was_set_back(db: sqlite3.Connection) -> None:
    pairing.ask(db, stranger(), 1, "AAAA2222", NOW)
    assert pairing.find(db, "AAAA2222", NOW - 2 * HOUR) is None


def test_a_chat_hears_the_same_once_an_hour(db: sqlite3.Connection) -> None:
    assert not choices.was_said(db, 5, "stranger", NOW)
    choices.note_said(db, 5, "stranger", NOW)
    assert choices.was_said(db, 5, "stranger", NOW + HOUR - 1)
    assert not choices.was_said(db, 5, "late", NOW)
    assert not choices.was_said(db, 6, "stranger", NOW)
    assert not choices.was_said(db, 5, "stranger", NOW + HOUR)
    assert not choices.was_said(db, 5, "stranger", NOW - 2 * HOUR)
    choices.note_said(db, 6, "late", NOW + HOUR)
    assert db.execute("SELECT count(*) FROM said").fetchone()[0] == 1


def test_a_model_is_chosen_by_somebody_for_a_conversation(db: sqlite3.Connection) -> None:
    choices.choose_model(db, "ada", "7", "test/one")
    choices.choose_model(db, "ada", "7", "test/two")
    assert choices.model(db, "ada", "7") == "test/two"
    assert choices.model(db, "bob", "7") is None
    choices.choose_model(db, "ada", "7", "test/two", is_taken=True)
    assert choices.model(db, "ada", "7") is None, "the conversation knows"
    choices.choose_model(db, "ada", "7", None)
    assert choices.model(db, "ada", "7") is None


def test_what_was_chosen_in_a_group_stays_when_it_gets_another_number(db: sqlite3.Connection) -> None:
    for key in ("-5", "-5:4", "-55", "7"):
        choices.choose_model(db, "ada", key, f"test/{key}")
    choices.choose_model(db, "ada", "-100", "test/there already")
    choices.choose_model(db, "ada", "-5", "test/-5", is_taken=True)
    choices.move(db, -5, -100)
    assert choices.model(db, "ada", "-100") == "test/-5", "no conversation of that number knows"
    rows = db.execute("SELECT key, model FROM choices ORDER BY key").fetchall()
    assert [tuple(row) for row in rows] == [
        ("-100", "test/-5"), ("-100:4", "test/-5:4"), ("-55", "test/-55"), ("7", "test/7"),
    ]  # fmt: skip
