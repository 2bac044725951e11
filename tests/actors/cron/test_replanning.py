"""A ledger whose clock is set back."""

from datetime import timedelta

from actors.cron import ledger
from tests.actors.cron.book import BAD, HOUR, NINE, START, Book, once


def test_a_clock_that_is_set_back_runs_nothing_twice_and_waits_no_longer_than_it_must(book: Book) -> None:
    job = book.add(schedule=NINE)
    book.now = START + timedelta(days=1000)
    book.carry_out(book.claim()[0])
    book.now = START
    ledger.replan(book.connection, book.now)
    assert book.next() == 25 * 3600  # what was planned is accounted for, what was not written down is free
    book.wait(hours=25)
    book.carry_out(book.claim()[0])
    assert [run.instant for run in book.runs(job) if run.state == "done"] == [
        START + timedelta(days=999, hours=1),
        START + timedelta(days=1, hours=1),
    ]


def test_what_ran_before_the_clock_was_set_back_does_not_run_again(book: Book) -> None:
    job = book.add(schedule=HOUR)
    for _ in range(3):
        book.wait(hours=1)
        book.carry_out(book.claim()[0])
    book.now = START + timedelta(minutes=30)
    ledger.replan(book.connection, book.now)
    assert book.next() == 3.5 * 3600
    book.now = START + timedelta(days=2)
    ledger.replan(book.connection, book.now)
    assert book.next() == 4 * 3600 - 2 * 86400
    assert book.states(job) == ["done"] * 3


def test_a_clock_that_is_set_back_makes_nobody_wait_longer_for_another_attempt(book: Book) -> None:
    book.add(schedule=once(hours=1))
    book.wait(hours=1)
    book.carry_out(book.claim()[0], BAD)
    book.wait(days=-1)
    ledger.replan(book.connection, book.now)
    assert book.next() == 30
    ledger.replan(book.connection, book.now - timedelta(seconds=10))
    assert book.next() == 20
    ledger.replan(book.connection, book.now + timedelta(seconds=10))
    assert book.next() == 20


def test_what_is_planned_as_it_should_be_stays_as_it_is(book: Book) -> None:
    book.add("tea", NINE)
    book.add("milk", once(hours=1))
    book.wait(hours=1)
    book.claim()
    before = book.connection.total_changes
    ledger.replan(book.connection, book.now)
    assert book.connection.total_changes == before


def test_a_plan_that_is_lost_is_made_again(book: Book) -> None:
    job = book.add(schedule=HOUR)
    book.connection.execute("DELETE FROM runs")
    ledger.replan(book.connection, book.now)
    assert book.next() == 3600
    assert book.kept(job).enabled
