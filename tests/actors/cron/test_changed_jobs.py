"""Jobs that are paused, changed, found and removed, and what becomes of their runs."""

from datetime import timedelta
from typing import Any

import attrs
import pytest

from actors.cron import afterwards, agenda, jobs, ledger
from actors.cron.messages import (
    BadJob,
    Interval,
    JobExists,
    NotYourJob,
    TooManyJobs,
    UnknownJob,
)
from tests.actors.cron.book import BAD, HOUR, MINUTE, NINE, START, Book, once

# --- changes ------------------------------------------------------------------------------------------------


def test_a_paused_job_has_no_plan_and_gets_one_when_it_is_resumed(book: Book) -> None:
    job = book.add(schedule=NINE)
    book.change(job, enabled=False)
    assert (book.next(), book.runs(job)) == (None, [])
    book.wait(days=3)
    book.change(job, enabled=True)
    assert book.next() == 3600
    assert book.claim() == ()


def test_pausing_ends_attempts_and_what_waits_and_lets_go_on_what_runs(book: Book) -> None:
    tea, milk = book.add("tea", once(hours=1)), book.add("milk", MINUTE, overlap="queue")
    book.wait(hours=1)
    running, failing = sorted(book.claim(), key=lambda each: each.job.name)
    book.accept(running)
    book.carry_out(failing, BAD)
    book.change(tea, enabled=False)
    book.wait(minutes=1)
    book.claim()
    book.change(milk, enabled=False)
    assert book.states(tea) == ["failed"]
    assert book.states(milk)[-2:] == ["accepted", "skipped"]
    book.end(running, BAD)
    assert book.states(milk)[-2:] == ["failed", "skipped"]


def test_another_schedule_is_another_plan_counted_from_now(book: Book) -> None:
    job = book.add(schedule=HOUR)
    book.wait(minutes=10)
    changed = book.change(job, schedule=Interval(every_ms=600_000))
    assert changed.anchor == book.now
    assert book.next() == 600
    book.change(job, prompt="make coffee")
    assert book.next() == 600
    assert book.kept(job).prompt == "make coffee"


def test_what_was_due_when_the_job_was_changed_has_its_row(book: Book) -> None:
    job = book.add(schedule=HOUR)
    book.wait(hours=1)
    book.change(job, schedule=NINE)
    assert book.states(job) == ["skipped"]
    assert book.runs(job)[-1].why == "the job was changed before it began"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"enabled": False}, "the job was paused"),
        ({"schedule": NINE}, "the job was changed before it began"),
    ],
)
def test_everything_that_had_passed_when_the_job_was_changed_has_its_row(
    book: Book, change: dict[str, Any], why: str
) -> None:
    job = book.add(schedule=HOUR)
    book.wait(hours=5, minutes=30)
    book.change(job, **change)
    left_out = [run for run in book.runs(job) if run.state != "planned"]
    assert [(run.state, run.why, run.ended_at) for run in left_out] == [("skipped", why, book.now)] * 5
    assert {run.instant - START for run in left_out} == {timedelta(hours=n) for n in range(1, 6)}


def test_a_change_of_what_is_not_there_any_more_is_refused(book: Book) -> None:
    job = book.add()
    book.change(job, prompt="other")
    with pytest.raises(BadJob, match="somebody else"):
        jobs.change(book.connection, job, {"prompt": "mine"}, book.now)
    assert jobs.change(book.connection, book.kept(job), {"prompt": "other"}, book.now).prompt == "other"


def test_names_are_unique_for_each_owner_and_their_number_is_bounded(book: Book) -> None:
    book.add("tea")
    with pytest.raises(JobExists, match="'tea'"):
        book.add("tea")
    milk = book.add("milk")
    with pytest.raises(JobExists):
        book.change(milk, name="tea")
    book.add("tea", owner="bob")
    with pytest.raises(TooManyJobs, match="2"):
        jobs.add(book.connection, attrs.evolve(milk, id="x", name="x"), book.now, 2)


def test_jobs_are_found_by_their_owners_and_by_admins(book: Book) -> None:
    tea = book.add("tea")
    book.add("milk", owner="bob")
    book.add("__heartbeat__", owner="admin", builtin="heartbeat")
    connection = book.connection
    assert [each.name for each in jobs.listed(connection, "ada", "user", builtin=True)] == ["tea"]
    assert [each.name for each in jobs.listed(connection, "ada", "admin")] == ["milk", "tea"]
    assert len(jobs.listed(connection, "ada", "admin", builtin=True)) == 3
    with pytest.raises(NotYourJob):
        jobs.get(connection, tea.id, "bob", "user")
    assert jobs.get(connection, tea.id, "bob", "admin").user_id == "ada"
    with pytest.raises(UnknownJob, match="'bob-tea'"):
        jobs.get(connection, "bob-tea", "bob", "admin")
    with pytest.raises(UnknownJob):
        jobs.named(connection, "milk", "ada")
    assert jobs.builtin(connection, "boot") is None


def test_a_removed_job_is_gone_once_its_run_has_ended_and_was_told_of(book: Book) -> None:
    job = book.add(schedule=MINUTE)
    book.wait(minutes=1)
    (claimed,) = book.claim()
    assert afterwards.remove(book.connection, job)
    assert book.next() is None
    assert jobs.listed(book.connection, "ada", "admin") == ()
    assert agenda.calendar(book.connection, "ada", "admin", START, START + timedelta(days=1), 5, 50) == ()
    book.add(schedule=MINUTE, owner="bob")
    for gone in (lambda: jobs.named(book.connection, "tea", "ada"), lambda: book.shown(job)):
        with pytest.raises(UnknownJob):
            gone()
    assert book.accept(claimed)
    book.end(claimed, BAD)
    assert book.states(job) == ["failed"]
    assert ledger.opened(book.connection) == ()
    book.wait(minutes=2)
    assert afterwards.removed(book.connection, book.now) == ()
    assert book.untold() == ["tea: no model"]
    assert afterwards.removed(book.connection, book.now) == (job.id,)
    afterwards.forget_job(book.connection, job.id)
    ledger.skipped(book.connection, claimed, "whatever", book.now, 5)
    assert ledger.current(book.connection, claimed) is None
