"""Updates in the database, from when they come until they are dealt with."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

import actors.telegram
from actors.storage import empty, numbered
from actors.telegram import inbox, placing
from actors.telegram.inbox import KEPT, Waiting
from actors.telegram.messages import Asked, FindMessages, Kept
from tests.actors.telegram.made import GROUP, update

NOW: Final = 1_800_000_000_000_000
MIGRATIONS: Final = Path(actors.telegram.__file__).parent / "migrations"


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with empty(numbered(MIGRATIONS)) as connection:
        yield connection


def store(db: sqlite3.Connection, *updates: Any, bot: int = 99, now: int = NOW) -> None:
    arrivals = [each for each in map(inbox.arrival, updates) if each is not None]
    inbox.store_updates(db, bot, arrivals, now)


def first(db: sqlite3.Connection, chat: int = 7) -> Waiting:
    found = inbox.first(db, chat)
    assert found is not None
    return found


def test_what_comes_again_is_kept_once(db: sqlite3.Connection) -> None:
    store(db, update(1, "a"))
    store(db, update(1, "other words"), update(2, "b"))
    store(db, update(1, "a"), bot=98)
    assert inbox.count_waiting(db) == 3
    assert first(db).body["message"]["text"] == "a"


def test_what_was_dealt_with_does_not_come_again(db: sqlite3.Connection) -> None:
    store(db, update(1, "a"))
    inbox.finish(db, [first(db).n], "turn")
    store(db, update(1, "a"))
    assert inbox.first(db, 7) is None
    assert db.execute("SELECT body, turn FROM updates").fetchone()[:] == ("", "turn")


def test_the_order_is_that_in_which_they_came_whatever_their_numbers(db: sqlite3.Connection) -> None:
    store(db, update(900, "before a week of silence"))
    store(db, update(5, "after it"))
    assert first(db).key == "tg:99:900"
    inbox.finish(db, [first(db).n])
    assert first(db).key == "tg:99:5"


def test_chats_come_in_the_order_in_which_they_wait(db: sqlite3.Connection) -> None:
    for n, chat in enumerate((3, 1, 2, 1, 3), 1):
        store(db, update(n, "x", chat={"id": chat, "type": "private"}))
    assert inbox.chats(db, (), 10) == (3, 1, 2)
    assert inbox.chats(db, {3}, 1) == (1,)
    assert inbox.chats(db, {3, 1, 2}, 1) == ()


def test_what_was_dealt_with_is_forgotten_after_a_week(db: sqlite3.Connection) -> None:
    store(db, update(1, "a"), update(2, "b"))
    inbox.finish(db, [first(db).n])
    store(db, update(3, "c"), now=NOW + KEPT + 1)
    assert [row[0] for row in db.execute("SELECT update_id FROM updates ORDER BY n")] == [2, 3]


def test_an_album_is_what_was_there_when_it_was_settled(db: sqlite3.Connection) -> None:
    for n in (1, 2, 4):
        store(db, update(n, media_group_id="g"))
    store(db, update(3, "between"), update(5, media_group_id="other"))
    head = first(db)
    members = inbox.others(db, 7, head)
    assert [each.update_id for each in members] == [2, 4]
    inbox.settle(db, head.n, [each.n for each in members])
    store(db, update(6, media_group_id="g"))
    again = first(db)
    assert again.is_album
    assert [each.update_id for each in inbox.others(db, 7, again)] == [2, 4]
    inbox.finish(db, [again.n, *(each.n for each in members)], "turn")
    late = [first(db).key]
    inbox.finish(db, [first(db).n])
    inbox.finish(db, [first(db).n])
    assert [*late, first(db).key] == ["tg:99:3", "tg:99:6"]
    assert inbox.others(db, 7, first(db)) == ()


def test_what_is_to_be_stopped_is_noted_before(db: sqlite3.Connection) -> None:
    store(db, update(1, "/stop"))
    assert first(db).target is None
    inbox.aim(db, first(db).n, "turn")
    assert first(db).target == "turn"


def test_a_turn_is_found_by_its_message(db: sqlite3.Connection) -> None:
    store(db, update(1, "a"), update(2, "/new"))
    inbox.finish(db, [first(db).n], "turn")
    inbox.finish(db, [first(db).n])
    assert inbox.turn_of(db, 7, 1) == "turn"
    assert inbox.turn_of(db, 7, 2) is None


def test_a_body_that_is_damaged_says_nothing(db: sqlite3.Connection) -> None:
    store(db, update(1, "a"))
    db.execute("UPDATE updates SET body = '{\"mess'")
    assert first(db).body == {}


# --- which messages belong to a turn ------------------------------------------------------------------------


def asked(db: sqlite3.Connection, turn: str, message: str | None = None) -> Asked | None:
    return placing.find(db, FindMessages(turn=turn, client_message_id=message)).asked


def test_what_was_asked_is_found_by_turn_and_by_message(db: sqlite3.Connection) -> None:
    store(db, update(4, "a", chat=GROUP), {"update_id": 5})
    inbox.finish(db, [first(db, -5).n], "turn")
    there = Asked(chat=-5, message_id=4, in_group=True)
    assert asked(db, "turn") == asked(db, "not known yet", "tg:99:4") == there
    assert asked(db, "another") is None
    assert asked(db, "another", "tg:99:5") is None
    assert asked(db, "turn", "of the web") == there


def test_a_message_of_ours_takes_the_place_of_the_one_before(db: sqlite3.Connection) -> None:
    line = Kept(kind="line", n=0, chat=7, message_id=10)
    draft = Kept(kind="draft", n=1, chat=7, message_id=11)
    placing.keep(db, "old", line, NOW - KEPT - 1)
    for each in (line, draft, Kept(kind="line", n=0, chat=7, message_id=12)):
        placing.keep(db, "turn", each, NOW)
    found = placing.find(db, FindMessages(turn="turn"))
    assert [(each.kind, each.message_id) for each in found.kept] == [("draft", 11), ("line", 12)]
    assert placing.find(db, FindMessages(turn="old")).kept == ()
