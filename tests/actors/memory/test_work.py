"""What is still to be done with turns and conversations that have ended."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from actors.memory import work
from actors.memory.work import Entry, Export, Review, Spoken
from actors.storage import numbered

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    for migration in numbered(work.MIGRATIONS):
        connection.executescript(str(migration))
    yield connection
    connection.close()


def entry(text: str, user: str = "ada") -> Entry:
    return Entry(user=user, at=NOW, text=text)


def spoken(session: str = "s1", messages: int = 1, at: datetime = NOW, user: str = "ada") -> Spoken:
    return Spoken(session=session, user=user, messages=messages, at=at)


class TestEntries:
    def test_the_cursor_moves_with_what_follows(self, connection: sqlite3.Connection) -> None:
        assert work.cursor(connection, "turns") == 0
        work.take_turns(connection, 7, [entry("one"), entry("two", "bob")], [], NOW)
        assert work.cursor(connection, "turns") == 7
        assert work.writers(connection, NOW) == ["ada", "bob"]

    def test_a_cursor_that_is_lost_is_missed_and_set_anew(self, connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM cursors WHERE name = 'turns'")
        assert work.cursor(connection, "turns") is None
        assert work.cursor(connection, "closed") == 0
        work.begin(connection, "turns", 12)
        assert work.cursor(connection, "turns") == 12

    def test_a_batch_stays_what_it_was_until_it_is_done(self, connection: sqlite3.Connection) -> None:
        work.take_turns(connection, 1, [entry("one")], [], NOW)
        first = work.next_batch(connection, "ada", "b1")
        work.take_turns(connection, 2, [entry("two"), entry("hers", "bob")], [], NOW)
        assert work.next_batch(connection, "ada", "b2") == first == ("b1", [entry("one")])
        assert work.next_batch(connection, "bob", "b2") == ("b2", [entry("hers", "bob")])
        work.logged(connection, "ada", "b1")
        assert work.next_batch(connection, "ada", "b3") == ("b3", [entry("two")])
        work.logged(connection, "ada", "b3")
        assert work.next_batch(connection, "ada", "b4")[1] == []

    def test_a_number_that_damage_has_made_huge_holds_up_no_turn(
        self, connection: sqlite3.Connection
    ) -> None:
        work.take_turns(connection, 1, [], [spoken()], NOW)
        connection.execute("UPDATE reviews SET waiting = 9223372036854775807")
        work.take_turns(connection, 2, [], [spoken(), spoken("s2")], NOW)
        assert work.cursor(connection, "turns") == 2

    def test_many_come_in_several_batches(self, connection: sqlite3.Connection) -> None:
        work.take_turns(connection, 1, [entry(str(n)) for n in range(work.BATCH + 1)], [], NOW)
        batch, entries = work.next_batch(connection, "ada", "b1")
        assert len(entries) == work.BATCH
        work.logged(connection, "ada", batch)
        assert work.next_batch(connection, "ada", "b2")[1] == [entry(str(work.BATCH))]

    def test_what_cannot_be_written_for_long_is_given_up(self, connection: sqlite3.Connection) -> None:
        work.take_turns(connection, 1, [entry("one")], [], NOW)
        assert work.writers(connection, NOW + work.PATIENCE) == ["ada"]
        assert work.writers(connection, NOW + work.PATIENCE + timedelta(seconds=1)) == []


class TestExports:
    def test_those_that_were_closed_come_in_order(self, connection: sqlite3.Connection) -> None:
        closed = [Export(seq=n, session=f"s{n}", user="ada") for n in (3, 4)]
        work.take_closed(connection, closed)
        assert work.cursor(connection, "closed") == 4
        assert work.next_export(connection, NOW) == closed[0]
        work.exported(connection, closed[0])
        assert work.next_export(connection, NOW) == closed[1]
        work.exported(connection, closed[1])
        assert work.next_export(connection, NOW) is None

    def test_one_that_fails_holds_up_no_other_and_is_never_given_up(
        self, connection: sqlite3.Connection
    ) -> None:
        closed = [Export(seq=n, session=f"s{n}", user="ada") for n in (1, 2)]
        work.take_closed(connection, closed)
        now = NOW
        for tries in range(20):
            work.put_off_export(connection, closed[0], now)
            wait = work.SOON * 2 ** min(tries, work.DOUBLINGS)
            assert work.next_export(connection, now + wait - timedelta(seconds=1)) == closed[1]
            assert work.next_export(connection, now + wait) == closed[0]
            now += wait

    @pytest.mark.parametrize("tries", [2**63 - 1, 60, -(2**63)])
    def test_whatever_damage_has_made_of_the_tries_it_is_put_off(
        self, connection: sqlite3.Connection, tries: int
    ) -> None:
        work.take_closed(connection, [Export(seq=1, session="s1", user="ada")])
        work.take_turns(connection, 1, [], [spoken(messages=3)], NOW)
        connection.execute("UPDATE exports SET tries = ?", (tries,))
        connection.execute("UPDATE reviews SET tries = ?", (tries,))
        export, review = work.next_export(connection, NOW), work.next_review(connection, 3, 9, NOW)
        assert export is not None
        assert review is not None
        work.put_off_export(connection, export, NOW)
        work.put_off_review(connection, review, NOW)


class TestReviews:
    def due(
        self, connection: sqlite3.Connection, now: datetime = NOW, interval: int = 3, per_day: int = 9
    ) -> Review | None:
        return work.next_review(connection, interval, per_day, now)

    def test_enough_messages_make_one_due(self, connection: sqlite3.Connection) -> None:
        work.take_turns(connection, 1, [], [spoken(messages=2)], NOW)
        assert self.due(connection) is None
        work.take_turns(connection, 2, [], [spoken()], NOW)
        review = Review(session="s1", user="ada", waiting=3, upto=0)
        assert self.due(connection) == review
        assert self.due(connection, interval=0) is None
        work.take_turns(connection, 3, [], [spoken()], NOW)
        work.reviewed(connection, review, 17, NOW)
        assert self.due(connection) is None
        work.take_turns(connection, 4, [], [spoken(messages=2)], NOW)
        assert self.due(connection) == Review(session="s1", user="ada", waiting=3, upto=17)

    def test_what_was_closed_is_reviewed_however_little_was_said(
        self, connection: sqlite3.Connection
    ) -> None:
        work.take_turns(connection, 1, [], [spoken()], NOW)
        work.take_closed(connection, [Export(seq=1, session="s1", user="ada")])
        review = self.due(connection)
        assert review is not None
        work.reviewed(connection, review, 5, NOW)
        assert connection.execute("SELECT count(*) FROM reviews").fetchone() == (0,), "nothing is left of it"

    def test_silence_makes_one_due_in_which_more_was_said_than_once(
        self, connection: sqlite3.Connection
    ) -> None:
        work.take_turns(connection, 1, [], [spoken("s1"), spoken("s2", 2)], NOW)
        assert self.due(connection, NOW + work.QUIET - timedelta(seconds=1)) is None
        review = self.due(connection, NOW + work.QUIET)
        assert review == Review(session="s2", user="ada", waiting=2, upto=0)

    def test_what_was_said_long_ago_is_not_reviewed(self, connection: sqlite3.Connection) -> None:
        work.take_turns(connection, 1, [], [spoken(messages=9, at=NOW - work.RECENT)], NOW)
        assert self.due(connection) is None

    def test_a_user_has_so_many_a_day(self, connection: sqlite3.Connection) -> None:
        late = NOW + timedelta(minutes=1)
        said = [spoken(messages=3), spoken("s2", 3), spoken("s3", 3, late, "bob")]
        work.take_turns(connection, 1, [], said, NOW)
        for _ in range(2):
            work.spend(connection, "ada", NOW)
        review = self.due(connection, late, per_day=2)
        assert review is not None
        assert review.user == "bob"
        tomorrow = NOW + timedelta(days=1)
        review = self.due(connection, tomorrow, per_day=2)
        assert review is not None
        assert review.user == "ada"
        work.spend(connection, "ada", tomorrow)
        assert self.due(connection, tomorrow, per_day=2) == review

    def test_one_that_fails_is_tried_again_later_and_in_the_end_left(
        self, connection: sqlite3.Connection
    ) -> None:
        work.take_turns(connection, 1, [], [spoken(messages=3)], NOW)
        now = NOW
        for n in range(work.TRIES):
            review = self.due(connection, now)
            assert review is not None
            work.put_off_review(connection, review, now)
            assert self.due(connection, now) is None
            now += work.RETRY * 2**n
        assert self.due(connection, now + timedelta(days=1)) is None
        work.take_turns(connection, 2, [], [spoken(messages=3, at=now)], now)
        assert self.due(connection, now) is not None, "something new was said"

    def test_of_conversations_that_rest_nothing_is_kept_for_ever(
        self, connection: sqlite3.Connection
    ) -> None:
        for n, session in enumerate(("s1", "s2"), 1):
            at = NOW + work.KEPT * (n - 1)
            work.take_turns(connection, n, [], [spoken(session, 3, at)], at)
            review = self.due(connection, at)
            assert review is not None
            work.reviewed(connection, review, 5, at + timedelta(seconds=1))
        assert [tuple(row) for row in connection.execute("SELECT session_id, upto FROM reviews")] == [
            ("s2", 5)
        ]


def test_what_an_earlier_program_has_begun_goes_on(connection: sqlite3.Connection) -> None:
    old = sqlite3.connect(":memory:")
    first, second = map(str, numbered(work.MIGRATIONS))
    old.executescript(first)
    old.executemany(
        "INSERT INTO entries (user_id, at, text, noted_at, batch) VALUES ('ada', 0, ?, 0, ?)",
        [("one", 7), ("two", None)],
    )
    old.executescript(second)
    batch, entries = work.next_batch(old, "ada", "fresh")
    assert (batch, [each.text for each in entries]) == ("7", ["one"])
    work.logged(old, "ada", batch)
    batch, entries = work.next_batch(old, "ada", "fresh")
    assert (batch, [each.text for each in entries]) == ("fresh", ["two"])
    schema = "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
    assert old.execute(schema).fetchall() == connection.execute(schema).fetchall()
    old.close()
