"""Runs that no plan asked for: by a person or a tool, and the agent's own."""

import attrs
import pytest

from actors.cron import afterwards, jobs, ledger
from actors.cron.ledger import Outcome
from actors.cron.messages import (
    AlreadyRunning,
    UnknownJob,
)
from tests.actors.cron.book import BAD, GOOD, HOUR, MINUTE, Book

# --- beside the plan ----------------------------------------------------------------------------------------


def test_a_job_runs_now_beside_its_plan(book: Book) -> None:
    job = book.add(schedule=HOUR)
    run = jobs.run_now(book.connection, job, book.now)
    assert jobs.run(book.connection, run).manual
    with pytest.raises(AlreadyRunning, match="'tea'"):
        jobs.run_now(book.connection, job, book.now)
    book.carry_out(ledger.opened(book.connection)[0])
    jobs.run_now(book.connection, job, book.now)
    assert [run.instant.microsecond for run in book.runs(job)] == [0, 2, 1]
    assert book.next() == 3600


def test_where_runs_wait_for_one_another_one_that_is_asked_for_does_too(book: Book) -> None:
    job = book.add(schedule=HOUR, overlap="queue")
    jobs.run_now(book.connection, job, book.now)
    jobs.run_now(book.connection, job, book.now)
    assert book.states(job) == ["claimed", "waiting"]


def test_one_that_is_asked_for_takes_the_place_of_another_attempt(book: Book) -> None:
    job = book.add(schedule=HOUR)
    book.wait(hours=1)
    book.carry_out(book.claim()[0], BAD)
    jobs.run_now(book.connection, job, book.now)
    assert book.states(job) == ["failed", "claimed"]


def test_a_paused_job_that_is_asked_for_is_tried_again_too(book: Book) -> None:
    job = book.add(schedule=HOUR)
    book.change(job, enabled=False)
    jobs.run_now(book.connection, job, book.now)
    book.carry_out(ledger.opened(book.connection)[0], BAD)
    assert book.states(job) == ["retrying"]


def test_a_call_of_a_tool_acts_once(book: Book) -> None:
    connection, now = book.connection, book.now
    job = book.add("tea")
    new = attrs.evolve(job, id="abcdefghij", name="milk")
    said = jobs.add_once(connection, "c1", new, now, 10)
    assert said.startswith("Job milk (abcdefgh) is made: ")
    assert jobs.add_once(connection, "c1", new, now, 10) == said == jobs.answer(connection, "c1")
    for _ in range(2):
        assert "It is paused." in jobs.change_once(connection, "c2", job, {"enabled": False}, now)
        assert "runs now" in jobs.run_once(connection, "c3", "milk", "ada", now)
        assert jobs.remove_once(connection, "c4", "tea", "ada", now) == "Job tea is removed."
    assert [each.state for each in book.runs(new)] == ["planned", "claimed"]
    assert jobs.answer(connection, "c5") is None


# --- the agent's own ----------------------------------------------------------------------------------------


def test_the_next_heartbeat_is_told_once_what_there_is_to_tell(book: Book) -> None:
    connection = book.connection
    assert "no heartbeat" in jobs.wake_once(connection, "c1", book.now, "look", at_once=False)
    with pytest.raises(UnknownJob):
        jobs.wake_once(connection, "c2", book.now, "look", at_once=True)

    job = book.add("__heartbeat__", MINUTE, builtin="heartbeat", prompt="")
    assert "The next heartbeat knows. Next run:" in jobs.wake_once(
        connection, "c3", book.now, "one", at_once=False
    )
    jobs.wake_once(connection, "c4", book.now, "two", at_once=False)
    book.wait(minutes=1)
    (claimed,) = book.claim()
    assert claimed.preface == "one\n\ntwo"
    book.carry_out(claimed, BAD)
    book.wait(seconds=30)
    (again,) = book.claim()
    assert (again.attempt, again.preface) == (2, "one\n\ntwo")
    book.carry_out(again, attrs.evolve(GOOD, quiet=True))
    assert book.untold() == []
    assert "now" in jobs.wake_once(connection, "c5", book.now, "", at_once=True)
    assert [each.preface for each in ledger.opened(connection)] == [""]
    assert book.states(job) == ["done", "claimed"]


def test_the_heartbeat_is_set_up_as_it_is_wanted(book: Book) -> None:
    job = attrs.evolve(
        book.add("x"), id="h", name="__heartbeat__", owner="admin", builtin="heartbeat", enabled=False
    )
    connection = book.connection
    jobs.set_up(connection, job, book.now)
    assert jobs.builtin(connection, "heartbeat") is None
    jobs.set_up(connection, attrs.evolve(job, enabled=True), book.now)
    jobs.set_up(connection, attrs.evolve(job, id="other", enabled=True, schedule=MINUTE), book.now)
    assert book.kept(job).schedule == MINUTE
    assert book.next() == 60
    jobs.set_up(connection, job, book.now)
    assert not book.kept(job).enabled


def test_of_runs_with_nothing_to_say_the_latest_keeps_its_conversation(book: Book) -> None:
    job = book.add("__heartbeat__", MINUTE, builtin="heartbeat", prompt="")
    quiet = Outcome(outcome="success", success=True, quiet=True)
    for outcome in (quiet, GOOD, quiet, quiet):
        book.wait(minutes=1)
        book.carry_out(book.claim()[0], outcome)
    assert [run.session is None for run in reversed(book.runs(job)[1:])] == [True, False, True, False]
    assert len(afterwards.leftovers(book.connection)) == 2


def test_a_start_is_one_run_in_the_life_of_a_process(book: Book) -> None:
    job = book.add("__boot__", MINUTE, builtin="boot", enabled=False)
    for process in ("one", "one", "two"):
        jobs.boot(book.connection, job, process, book.now)
        for claimed in ledger.opened(book.connection):
            book.carry_out(claimed)
    assert book.states(job) == ["done", "done"]
    assert not jobs.has_open(book.connection, job)


def test_the_first_start_is_one_run_until_it_succeeds(book: Book) -> None:
    job = book.add("__bootstrap__", MINUTE, builtin="bootstrap", enabled=False, max_retries=0)
    for process, outcome in (("one", BAD), ("two", GOOD), ("three", GOOD)):
        jobs.boot(book.connection, job, process, book.now)
        jobs.boot(book.connection, job, f"{process} again", book.now)
        for claimed in ledger.opened(book.connection):
            book.carry_out(claimed, outcome)
    assert book.states(job) == ["failed", "done"]
