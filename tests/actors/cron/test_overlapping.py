"""Instants that were missed, runs that overlap, and attempts after one that failed."""

from datetime import datetime, timedelta

import attrs

from tests.actors.cron.book import BAD, HOUR, MINUTE, NINE, START, Book, once

# --- missed instants ----------------------------------------------------------------------------------------


def test_a_day_of_downtime_is_one_run_that_stands_for_the_others(book: Book) -> None:
    job = book.add(schedule=HOUR)
    book.wait(hours=24)
    (claimed,) = book.claim()
    assert claimed.instant == book.now
    assert book.states(job) == ["collapsed"] * 23 + ["claimed"]
    assert {run.collapsed_into for run in book.runs(job)[2:]} == {book.now}
    assert book.next() == 3600


def test_what_is_too_old_is_late_and_the_rest_runs_once(book: Book) -> None:
    job = book.add(schedule=HOUR, missed="skip_older_than", missed_secs=7200)
    book.wait(hours=6)
    (claimed,) = book.claim()
    assert book.states(job) == ["late", "late", "late", "collapsed", "collapsed", "claimed"]
    book.carry_out(claimed)

    book.add("nine", NINE, missed="skip_older_than", missed_secs=7200)
    book.wait(hours=22)
    assert [each.job.name for each in book.claim()] == ["tea"]


def test_a_one_shot_that_is_too_old_is_late_and_its_owner_hears_of_it(book: Book) -> None:
    job = book.add(schedule=once(hours=1), missed="skip_older_than", missed_secs=60, delete_after_run=True)
    book.wait(hours=2)
    assert book.claim() == ()
    assert book.states(job) == ["late"]
    assert book.untold() == ["tea: found more than 60 s late, as the agent was not running"]
    assert not book.kept(job).enabled


def test_all_runs_the_last_ten_one_after_the_other(book: Book) -> None:
    job = book.add(schedule=HOUR, missed="all")
    book.wait(hours=12)
    claimed = book.claim()
    assert book.states(job) == ["collapsed", "collapsed", "claimed"] + ["waiting"] * 9
    assert book.runs(job)[-1].collapsed_into == START + timedelta(hours=3)
    ran = list[datetime]()
    while claimed:
        (run,) = claimed
        ran.append(run.instant)
        book.carry_out(run)
        claimed = book.claim()
    assert ran == [START + timedelta(hours=n) for n in range(3, 13)]
    assert book.states(job) == ["collapsed", "collapsed"] + ["done"] * 10


def test_no_more_instants_are_written_down_than_are_kept(book: Book) -> None:
    job = book.add(schedule=MINUTE)
    book.keep = 5
    book.wait(days=30)
    (claimed,) = book.claim()
    assert book.states(job) == ["collapsed"] * 5 + ["claimed"]
    book.carry_out(claimed)
    assert book.states(job) == ["collapsed"] * 5 + ["done"]


# --- overlapping runs ---------------------------------------------------------------------------------------


def test_an_instant_at_which_the_run_before_is_under_way_is_skipped(book: Book) -> None:
    job = book.add(schedule=MINUTE)
    book.wait(minutes=1)
    (first,) = book.claim()
    book.accept(first)
    book.wait(minutes=1)
    assert book.claim() == ()
    assert book.states(job) == ["accepted", "skipped"]
    assert book.runs(job)[1].why == "the run before was still under way"
    book.end(first)
    book.wait(minutes=1)
    assert len(book.claim()) == 1


def test_or_it_waits_and_not_more_than_ten_do(book: Book) -> None:
    job = book.add(schedule=MINUTE, overlap="queue")
    book.wait(minutes=1)
    (first,) = book.claim()
    for _ in range(12):
        book.wait(minutes=1)
        assert book.claim() == (first,)
    assert book.states(job) == ["claimed"] + ["waiting"] * 10 + ["skipped"] * 2
    book.carry_out(first)
    (second,) = book.claim()
    assert second.instant == first.instant + timedelta(minutes=1)


def test_a_failed_run_does_not_make_those_that_wait_wait_longer(book: Book) -> None:
    job = book.add(schedule=MINUTE, overlap="queue")
    book.wait(minutes=1)
    (first,) = book.claim()
    book.wait(minutes=1)
    book.claim()
    book.carry_out(first, BAD)
    assert book.states(job) == ["failed", "claimed"]


# --- attempts -----------------------------------------------------------------------------------------------


def test_a_run_that_failed_is_tried_again_with_growing_patience(book: Book) -> None:
    job = book.add(schedule=once(hours=1), max_retries=5)
    book.wait(hours=1)
    waits = list[float]()
    for attempt in range(1, 7):
        (claimed,) = book.claim()
        assert (claimed.attempt, claimed.error) == (attempt, None if attempt == 1 else "no model")
        book.carry_out(claimed, BAD)
        if (wait := book.next()) is not None:
            shown = book.shown(job)
            assert (shown.retry_count, shown.last_error) == (attempt, "no model")
            assert shown.retry_at == book.now + timedelta(seconds=wait)
            waits.append(wait)
            book.wait(seconds=wait)
    assert waits == [30, 60, 300, 900, 3600]
    assert book.states(job) == ["failed"]
    assert not book.kept(job).enabled
    assert [each.error for each in book.runs(job)[0].attempts] == ["no model"] * 6
    assert book.untold() == ["tea: no model"]


def test_an_attempt_that_succeeds_ends_the_run(book: Book) -> None:
    job = book.add(schedule=once(hours=1))
    book.wait(hours=1)
    book.carry_out(book.claim()[0], BAD)
    assert book.untold() == []
    book.wait(seconds=30)
    book.carry_out(book.claim()[0])
    assert book.states(job) == ["done"]
    assert book.untold() == ["tea: all is well"]
    shown = book.shown(job)
    assert (shown.enabled, shown.retry_count, shown.last_error) == (False, 0, None)


def test_what_another_attempt_would_not_help_is_over(book: Book) -> None:
    job = book.add(schedule=HOUR)
    book.wait(hours=1)
    book.carry_out(book.claim()[0], attrs.evolve(BAD, again=False))
    assert book.states(job) == ["failed"]


def test_a_planned_run_takes_the_place_of_another_attempt(book: Book) -> None:
    job = book.add(schedule=MINUTE, max_retries=10)
    for _ in range(3):
        book.wait(minutes=1)
        book.carry_out(book.claim()[0], BAD)
        book.wait(seconds=30)
        book.carry_out(book.claim()[0], BAD)
        book.wait(seconds=30)
        book.now -= timedelta(minutes=1)
    book.wait(minutes=1)
    assert book.states(job)[0] == "failed"
    assert "took the place" in book.runs(job)[-1].why


def test_when_both_are_due_there_is_one_run(book: Book) -> None:
    job = book.add(schedule=MINUTE)
    book.wait(minutes=1)
    book.carry_out(book.claim()[0], BAD)
    book.wait(minutes=1)
    assert len(book.claim()) == 1
    assert book.states(job) == ["failed", "claimed"]
