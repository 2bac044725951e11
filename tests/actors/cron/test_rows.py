"""Jobs and runs as they are stored and as they are told, and a calendar of them."""

from datetime import datetime, timedelta

import attrs
import pytest

from actors.cron import agenda
from actors.cron.messages import Entry, Schedule
from actors.cron.rows import values_of
from actors.vocabulary import Role
from tests.actors.cron.book import BAD, GOOD, HOUR, MINUTE, NINE, START, Book, once


@pytest.mark.parametrize("schedule", [HOUR, NINE, once(days=2)])
def test_a_job_comes_back_as_it_was_stored(book: Book, schedule: Schedule) -> None:
    text = "drop table jobs; -- '\"\n\U0001f375"
    job = book.add(
        "tea",
        schedule,
        prompt=text,
        timezone="Asia/Kolkata",
        delete_after_run=True,
        session_mode="main",
        max_retries=0,
        timeout_secs=1,
        missed="all",
        missed_secs=1,
        overlap="queue",
        jitter_secs=5,
        budget_usd=0.25,
        model="test/one",
        preface="look",
    )
    assert book.kept(job) == job
    assert set(values_of(job)) == {field.name for field in attrs.fields(type(job))}
    shown = book.shown(job)
    assert (shown.prompt, shown.schedule, shown.user_id) == (text, schedule, "ada")
    assert (shown.last_state, shown.last_run_at, shown.running) == (None, None, False)


def test_a_job_says_how_it_stands_while_it_runs(book: Book) -> None:
    job = book.add(schedule=HOUR)
    book.wait(hours=1)
    (claimed,) = book.claim()
    book.accept(claimed)
    shown = book.shown(job)
    assert (shown.running, shown.last_state, shown.last_error, shown.retry_at) == (
        True,
        "accepted",
        None,
        None,
    )


def test_a_run_says_what_was_tried(book: Book) -> None:
    job = book.add(schedule=once(hours=1), max_retries=1)
    book.wait(hours=1)
    book.carry_out(book.claim()[0], BAD)
    book.wait(seconds=30)
    (claimed,) = book.claim()
    book.accept(claimed)
    (run,) = book.runs(job)
    assert (run.id, run.name, run.session) == (str(claimed.run), "tea", f"s-{claimed.key}")
    assert [(each.n, each.outcome, each.error, each.ended_at is None) for each in run.attempts] == [
        (1, "error", "no model", False),
        (2, None, None, True),
    ]
    assert (run.started_at, run.ended_at) == (START + timedelta(hours=1), None)


def test_a_run_that_came_to_no_turn_has_no_conversation(book: Book) -> None:
    job = book.add(schedule=HOUR)
    book.wait(hours=3)
    book.claim()
    missed = book.runs(job)[-1]
    assert (missed.state, missed.session, missed.attempts) == ("collapsed", None, ())
    assert missed.collapsed_into == book.now


# --- a calendar ---------------------------------------------------------------------------------------------


def calendar(
    book: Book, start: datetime, days: float, role: Role = "user", each: int = 50, most: int = 100
) -> list[Entry]:
    end = start + timedelta(days=days)
    return list(agenda.calendar(book.connection, "ada", role, start, end, each, most))


def test_a_calendar_has_what_was_is_and_will_be_in_its_order(book: Book) -> None:
    tea = book.add("tea", NINE)
    book.add("milk", once(hours=1))
    book.wait(hours=1)
    for claimed in book.claim():
        book.carry_out(claimed, GOOD if claimed.job.name == "tea" else BAD)
    found = calendar(book, START, 2.5)
    assert [(each.name, each.state, each.instant - START) for each in found] == [
        ("milk", "retrying", timedelta(hours=1)),
        ("tea", "done", timedelta(hours=1)),
        ("tea", "planned", timedelta(hours=25)),
        ("tea", "planned", timedelta(hours=49)),
    ]
    assert (found[1].job, found[1].user_id, found[1].session is None) == (tea.id, "ada", False)


def test_a_person_sees_their_own_and_an_admin_everybodys(book: Book) -> None:
    book.add("tea", NINE)
    book.add("milk", NINE, owner="bob")
    assert [each.name for each in calendar(book, START, 1)] == ["tea"]
    assert [each.name for each in calendar(book, START, 1, "admin")] == ["milk", "tea"]


def test_a_week_far_ahead_has_the_instants_of_that_week(book: Book) -> None:
    book.add("tea", NINE)
    later = START + timedelta(days=70)
    found = calendar(book, later, 7)
    assert [each.instant - later for each in found] == [timedelta(days=n, hours=1) for n in range(7)]


def test_no_job_fills_a_calendar(book: Book) -> None:
    book.add("minute", MINUTE)
    book.add("tea", NINE)
    names = [each.name for each in calendar(book, START, 7, each=5)]
    assert (names.count("minute"), names.count("tea")) == (6, 6)  # the planned one, and those after it
    assert len(calendar(book, START, 7, most=3)) == 3
    assert len(calendar(book, START, 7, most=1)) == 1


def test_what_is_over_has_no_more_instants(book: Book) -> None:
    job = book.add(schedule=once(hours=1))
    book.wait(hours=1)
    book.carry_out(book.claim()[0])
    assert [each.state for each in calendar(book, START, 400)] == ["done"]
    assert not book.kept(job).enabled
    assert calendar(book, book.now + timedelta(days=1), 400) == []
