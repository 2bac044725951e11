"""A ledger whose clock is set back."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from actors.cron import ledger
from tests.actors.cron.book import BAD, HOUR, NINE, START, Book, book, once


@pytest.fixture
def desk() -> Iterator[Book]:
    with book() as opened:
        yield opened


def test_a_clock_that_is_set_back_runs_nothing_twice_and_waits_no_longer_than_it_must(desk: Book) -> None:
    job = desk.add(schedule=NINE)
    desk.now = START + timedelta(days=1000)
    desk.carry_out(desk.claim()[0])
    desk.now = START
    ledger.replan(desk.connection, desk.now)
    assert desk.next() == 25 * 3600  # what was planned is accounted for, what was not written down is free
    desk.wait(hours=25)
    desk.carry_out(desk.claim()[0])
    assert [run.instant for run in desk.runs(job) if run.state == "done"] == [
        START + timedelta(days=999, hours=1),
        START + timedelta(days=1, hours=1),
    ]


def test_what_ran_before_the_clock_was_set_back_does_not_run_again(desk: Book) -> None:
    job = desk.add(schedule=HOUR)
    for _ in range(3):
        desk.wait(hours=1)
        desk.carry_out(desk.claim()[0])
    desk.now = START + timedelta(minutes=30)
    ledger.replan(desk.connection, desk.now)
    assert desk.next() == 3.5 * 3600
    desk.now = START + timedelta(days=2)
    ledger.replan(desk.connection, desk.now)
    assert desk.next() == 4 * 3600 - 2 * 86400
    assert desk.states(job) == ["done"] * 3


def test_a_clock_that_is_set_back_makes_nobody_wait_longer_for_another_attempt(desk: Book) -> None:
    desk.add(schedule=once(hours=1))
    desk.wait(hours=1)
    desk.carry_out(desk.claim()[0], BAD)
    desk.wait(days=-1)
    ledger.replan(desk.connection, desk.now)
    assert desk.next() == 30
    ledger.replan(desk.connection, desk.now - timedelta(seconds=10))
    assert desk.next() == 20
    ledger.replan(desk.connection, desk.now + timedelta(seconds=10))
    assert desk.next() == 20


def test_what_is_planned_as_it_should_be_stays_as_it_is(desk: Book) -> None:
    desk.add("tea", NINE)
    desk.add("milk", once(hours=1))
    desk.wait(hours=1)
    desk.claim()
    before = desk.connection.total_changes
    ledger.replan(desk.connection, desk.now)
    assert desk.connection.total_changes == before


def test_a_plan_that_is_lost_is_made_again(desk: Book) -> None:
    job = desk.add(schedule=HOUR)
    desk.connection.execute("DELETE FROM runs")
    ledger.replan(desk.connection, desk.now)
    assert desk.next() == 3600
    assert desk.kept(job).enabled
