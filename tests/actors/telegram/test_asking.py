"""Messages in which something is asked, as they are kept."""

import sqlite3
from collections.abc import Iterator

import pytest

from actors.storage import empty, numbered
from actors.telegram import asking
from actors.telegram.asking import Kept
from actors.telegram.inbox import KEPT
from actors.telegram.keeping import MIGRATIONS


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with empty(numbered(MIGRATIONS)) as connection:
        yield connection


def test_a_message_is_kept_until_it_says_what_became_of_it(database: sqlite3.Connection) -> None:
    asking.keep(database, "q1", "ada", 7, 20, now=1)
    asking.keep(database, "q1", "ada", 7, 20, now=2)
    asking.keep(database, "q1", "ada", 8, 3, now=3)
    first = Kept(approval="q1", user="ada", chat=7, message_id=20)
    second = Kept(approval="q1", user="ada", chat=8, message_id=3)
    assert asking.kept(database) == (first, second)
    asking.forget(database, 7, 20)
    asking.forget(database, 7, 20)
    assert asking.kept(database) == (second,)


def test_who_was_asked_first_is_who_is_asked(database: sqlite3.Connection) -> None:
    asking.keep(database, "q1", "ada", 7, 20, now=1)
    asking.keep(database, "q1", "eve", 7, 20, now=2)
    assert [each.user for each in asking.kept(database)] == ["ada"]


def test_what_nobody_could_close_is_forgotten_in_the_end(database: sqlite3.Connection) -> None:
    asking.keep(database, "q1", "ada", 7, 20, now=1)
    asking.keep(database, "q2", "ada", 7, 21, now=2 + 2 * KEPT)
    assert [each.approval for each in asking.kept(database)] == ["q2"]
