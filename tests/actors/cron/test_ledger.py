"""The ledger: one row for each planned instant, whatever happens in between."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from actors.cron import afterwards, jobs, ledger
from actors.cron.ledger import Outcome
from actors.cron.messages import (
    AlreadyRunning,
    BadJob,
    Interval,
    JobExists,
    NotYourJob,
    TooManyJobs,
    UnknownJob,
)
from tests.actors.cron.book import BAD, GOOD, HOUR, MINUTE, NINE, START, Book, book, once


@pytest.fixture
def desk() -> Iterator[Book]:
    with book() as opened:
        yield opened


# --- planned, taken up, over --------------------------------------------------------------------------------


def test_a_job_is_planned_when_it_is_made_and_again_when_it_is_due(desk: Book) -> None:
    job = desk.add(schedule=HOUR)
    assert desk.next() == 3600
    assert desk.claim() == ()

    desk.wait(hours=1)
    (claimed,) = desk.claim()
    assert (claimed.job, claimed.instant, claimed.attempt) == (job, START + timedelta(hours=1), 1)
    assert desk.next() == 3600
    desk.carry_out(claimed)

    assert desk.states(job) == ["done"]
    shown = desk.shown(job)
    assert (shown.last_state, shown.last_run_at, shown.last_session) == ("done", desk.now, f"s-{claimed.key}")
    assert shown.next_run_at == START + timedelta(hours=2)
    assert (shown.retry_count, shown.last_error, shown.running) == (0, None, False)


def test_nothing_is_taken_up_twice(desk: Book) -> None:
    job = desk.add(schedule=MINUTE)
    desk.wait(minutes=1)
    (first,) = desk.claim()
    assert desk.claim() == (first,)
    assert desk.accept(first)
    assert desk.accept(first)
    desk.end(first)
    desk.end(first, BAD)
    assert not desk.accept(first)
    assert desk.states(job) == ["done"]
    assert len(desk.runs(job)[1].attempts) == 1


def test_what_is_claimed_and_accepted_is_found_again_after_a_crash(desk: Book) -> None:
    desk.add("tea", MINUTE)
    desk.add("milk", MINUTE)
    desk.wait(minutes=1)
    tea, milk = desk.claim()
    desk.accept(milk)
    assert ledger.opened(desk.connection) == (tea, attrs.evolve(milk, begun=True))
    assert tea.key == f"cron:ada-tea:{int(desk.now.timestamp()) * 1_000_000}:1"


def test_more_jobs_than_fit_into_one_transaction_are_taken_up_one_after_the_other(desk: Book) -> None:
    for n in range(afterwards.AT_ONCE + 5):
        desk.add(f"job {n}", MINUTE)
    desk.wait(minutes=1)
    assert len(desk.claim()) == afterwards.AT_ONCE
    assert desk.next() == 0
    assert len(desk.claim()) == afterwards.AT_ONCE + 5


# --- missed instants ----------------------------------------------------------------------------------------


def test_a_day_of_downtime_is_one_run_that_stands_for_the_others(desk: Book) -> None:
    job = desk.add(schedule=HOUR)
    desk.wait(hours=24)
    (claimed,) = desk.claim()
    assert claimed.instant == desk.now
    assert desk.states(job) == ["collapsed"] * 23 + ["claimed"]
    assert {run.collapsed_into for run in desk.runs(job)[2:]} == {desk.now}
    assert desk.next() == 3600


def test_what_is_too_old_is_late_and_the_rest_runs_once(desk: Book) -> None:
    job = desk.add(schedule=HOUR, missed="skip_older_than", missed_secs=7200)
    desk.wait(hours=6)
    (claimed,) = desk.claim()
    assert desk.states(job) == ["late", "late", "late", "collapsed", "collapsed", "claimed"]
    desk.carry_out(claimed)

    desk.add("nine", NINE, missed="skip_older_than", missed_secs=7200)
    desk.wait(hours=22)
    assert [each.job.name for each in desk.claim()] == ["tea"]


def test_a_one_shot_that_is_too_old_is_late_and_its_owner_hears_of_it(desk: Book) -> None:
    job = desk.add(schedule=once(hours=1), missed="skip_older_than", missed_secs=60, delete_after_run=True)
    desk.wait(hours=2)
    assert desk.claim() == ()
    assert desk.states(job) == ["late"]
    assert desk.untold() == ["tea: found more than 60 s late, as the agent was not running"]
    assert not desk.kept(job).enabled


def test_all_runs_the_last_ten_one_after_the_other(desk: Book) -> None:
    job = desk.add(schedule=HOUR, missed="all")
    desk.wait(hours=12)
    claimed = desk.claim()
    assert desk.states(job) == ["collapsed", "collapsed", "claimed"] + ["waiting"] * 9
    assert desk.runs(job)[-1].collapsed_into == START + timedelta(hours=3)
    ran = list[datetime]()
    while claimed:
        (run,) = claimed
        ran.append(run.instant)
        desk.carry_out(run)
        claimed = desk.claim()
    assert ran == [START + timedelta(hours=n) for n in range(3, 13)]
    assert desk.states(job) == ["collapsed", "collapsed"] + ["done"] * 10


def test_no_more_instants_are_written_down_than_are_kept(desk: Book) -> None:
    job = desk.add(schedule=MINUTE)
    desk.keep = 5
    desk.wait(days=30)
    (claimed,) = desk.claim()
    assert desk.states(job) == ["collapsed"] * 5 + ["claimed"]
    desk.carry_out(claimed)
    assert desk.states(job) == ["collapsed"] * 5 + ["done"]


# --- overlapping runs ---------------------------------------------------------------------------------------


def test_an_instant_at_which_the_run_before_is_under_way_is_skipped(desk: Book) -> None:
    job = desk.add(schedule=MINUTE)
    desk.wait(minutes=1)
    (first,) = desk.claim()
    desk.accept(first)
    desk.wait(minutes=1)
    assert desk.claim() == ()
    assert desk.states(job) == ["accepted", "skipped"]
    assert desk.runs(job)[1].why == "the run before was still under way"
    desk.end(first)
    desk.wait(minutes=1)
    assert len(desk.claim()) == 1


def test_or_it_waits_and_not_more_than_ten_do(desk: Book) -> None:
    job = desk.add(schedule=MINUTE, overlap="queue")
    desk.wait(minutes=1)
    (first,) = desk.claim()
    for _ in range(12):
        desk.wait(minutes=1)
        assert desk.claim() == (first,)
    assert desk.states(job) == ["claimed"] + ["waiting"] * 10 + ["skipped"] * 2
    desk.carry_out(first)
    (second,) = desk.claim()
    assert second.instant == first.instant + timedelta(minutes=1)


def test_a_failed_run_does_not_make_those_that_wait_wait_longer(desk: Book) -> None:
    job = desk.add(schedule=MINUTE, overlap="queue")
    desk.wait(minutes=1)
    (first,) = desk.claim()
    desk.wait(minutes=1)
    desk.claim()
    desk.carry_out(first, BAD)
    assert desk.states(job) == ["failed", "claimed"]


# --- attempts -----------------------------------------------------------------------------------------------


def test_a_run_that_failed_is_tried_again_with_growing_patience(desk: Book) -> None:
    job = desk.add(schedule=once(hours=1), max_retries=5)
    desk.wait(hours=1)
    waits = list[float]()
    for attempt in range(1, 7):
        (claimed,) = desk.claim()
        assert (claimed.attempt, claimed.error) == (attempt, None if attempt == 1 else "no model")
        desk.carry_out(claimed, BAD)
        if (wait := desk.next()) is not None:
            shown = desk.shown(job)
            assert (shown.retry_count, shown.last_error) == (attempt, "no model")
            assert shown.retry_at == desk.now + timedelta(seconds=wait)
            waits.append(wait)
            desk.wait(seconds=wait)
    assert waits == [30, 60, 300, 900, 3600]
    assert desk.states(job) == ["failed"]
    assert not desk.kept(job).enabled
    assert [each.error for each in desk.runs(job)[0].attempts] == ["no model"] * 6
    assert desk.untold() == ["tea: no model"]


def test_an_attempt_that_succeeds_ends_the_run(desk: Book) -> None:
    job = desk.add(schedule=once(hours=1))
    desk.wait(hours=1)
    desk.carry_out(desk.claim()[0], BAD)
    assert desk.untold() == []
    desk.wait(seconds=30)
    desk.carry_out(desk.claim()[0])
    assert desk.states(job) == ["done"]
    assert desk.untold() == ["tea: all is well"]
    shown = desk.shown(job)
    assert (shown.enabled, shown.retry_count, shown.last_error) == (False, 0, None)


def test_what_another_attempt_would_not_help_is_over(desk: Book) -> None:
    job = desk.add(schedule=HOUR)
    desk.wait(hours=1)
    desk.carry_out(desk.claim()[0], attrs.evolve(BAD, again=False))
    assert desk.states(job) == ["failed"]


def test_a_planned_run_takes_the_place_of_another_attempt(desk: Book) -> None:
    job = desk.add(schedule=MINUTE, max_retries=10)
    for _ in range(3):
        desk.wait(minutes=1)
        desk.carry_out(desk.claim()[0], BAD)
        desk.wait(seconds=30)
        desk.carry_out(desk.claim()[0], BAD)
        desk.wait(seconds=30)
        desk.now -= timedelta(minutes=1)
    desk.wait(minutes=1)
    assert desk.states(job)[0] == "failed"
    assert "took the place" in desk.runs(job)[-1].why


def test_when_both_are_due_there_is_one_run(desk: Book) -> None:
    job = desk.add(schedule=MINUTE)
    desk.wait(minutes=1)
    desk.carry_out(desk.claim()[0], BAD)
    desk.wait(minutes=1)
    assert len(desk.claim()) == 1
    assert desk.states(job) == ["failed", "claimed"]


# --- changes ------------------------------------------------------------------------------------------------


def test_a_paused_job_has_no_plan_and_gets_one_when_it_is_resumed(desk: Book) -> None:
    job = desk.add(schedule=NINE)
    desk.change(job, enabled=False)
    assert (desk.next(), desk.runs(job)) == (None, [])
    desk.wait(days=3)
    desk.change(job, enabled=True)
    assert desk.next() == 3600
    assert desk.claim() == ()


def test_pausing_ends_attempts_and_what_waits_and_lets_go_on_what_runs(desk: Book) -> None:
    tea, milk = desk.add("tea", once(hours=1)), desk.add("milk", MINUTE, overlap="queue")
    desk.wait(hours=1)
    running, failing = sorted(desk.claim(), key=lambda each: each.job.name)
    desk.accept(running)
    desk.carry_out(failing, BAD)
    desk.change(tea, enabled=False)
    desk.wait(minutes=1)
    desk.claim()
    desk.change(milk, enabled=False)
    assert desk.states(tea) == ["failed"]
    assert desk.states(milk)[-2:] == ["accepted", "skipped"]
    desk.end(running, BAD)
    assert desk.states(milk)[-2:] == ["failed", "skipped"]


def test_another_schedule_is_another_plan_counted_from_now(desk: Book) -> None:
    job = desk.add(schedule=HOUR)
    desk.wait(minutes=10)
    changed = desk.change(job, schedule=Interval(every_ms=600_000))
    assert changed.anchor == desk.now
    assert desk.next() == 600
    desk.change(job, prompt="make coffee")
    assert desk.next() == 600
    assert desk.kept(job).prompt == "make coffee"


def test_what_was_due_when_the_job_was_changed_has_its_row(desk: Book) -> None:
    job = desk.add(schedule=HOUR)
    desk.wait(hours=1)
    desk.change(job, schedule=NINE)
    assert desk.states(job) == ["skipped"]
    assert desk.runs(job)[-1].why == "the job was changed before it began"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"enabled": False}, "the job was paused"),
        ({"schedule": NINE}, "the job was changed before it began"),
    ],
)
def test_everything_that_had_passed_when_the_job_was_changed_has_its_row(
    desk: Book, change: dict[str, Any], why: str
) -> None:
    job = desk.add(schedule=HOUR)
    desk.wait(hours=5, minutes=30)
    desk.change(job, **change)
    left_out = [run for run in desk.runs(job) if run.state != "planned"]
    assert [(run.state, run.why, run.ended_at) for run in left_out] == [("skipped", why, desk.now)] * 5
    assert {run.instant - START for run in left_out} == {timedelta(hours=n) for n in range(1, 6)}


def test_a_change_of_what_is_not_there_any_more_is_refused(desk: Book) -> None:
    job = desk.add()
    desk.change(job, prompt="other")
    with pytest.raises(BadJob, match="somebody else"):
        jobs.change(desk.connection, job, {"prompt": "mine"}, desk.now)
    assert jobs.change(desk.connection, desk.kept(job), {"prompt": "other"}, desk.now).prompt == "other"


def test_names_are_unique_for_each_owner_and_their_number_is_bounded(desk: Book) -> None:
    desk.add("tea")
    with pytest.raises(JobExists, match="'tea'"):
        desk.add("tea")
    milk = desk.add("milk")
    with pytest.raises(JobExists):
        desk.change(milk, name="tea")
    desk.add("tea", owner="bob")
    with pytest.raises(TooManyJobs, match="2"):
        jobs.add(desk.connection, attrs.evolve(milk, id="x", name="x"), desk.now, 2)


def test_jobs_are_found_by_their_owners_and_by_admins(desk: Book) -> None:
    tea = desk.add("tea")
    desk.add("milk", owner="bob")
    desk.add("__heartbeat__", owner="admin", builtin="heartbeat")
    connection = desk.connection
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


def test_a_removed_job_is_gone_once_its_run_has_ended_and_was_told_of(desk: Book) -> None:
    job = desk.add(schedule=MINUTE)
    desk.wait(minutes=1)
    (claimed,) = desk.claim()
    assert afterwards.remove(desk.connection, job)
    assert desk.next() is None
    assert jobs.listed(desk.connection, "ada", "admin") == ()
    assert jobs.calendar(desk.connection, "ada", "admin", START, START + timedelta(days=1), 5, 50) == ()
    desk.add(schedule=MINUTE, owner="bob")
    for gone in (lambda: jobs.named(desk.connection, "tea", "ada"), lambda: desk.shown(job)):
        with pytest.raises(UnknownJob):
            gone()
    assert desk.accept(claimed)
    desk.end(claimed, BAD)
    assert desk.states(job) == ["failed"]
    assert ledger.opened(desk.connection) == ()
    desk.wait(minutes=2)
    assert afterwards.removed(desk.connection, desk.now) == ()
    assert desk.untold() == ["tea: no model"]
    assert afterwards.removed(desk.connection, desk.now) == (job.id,)
    afterwards.forget_job(desk.connection, job.id)
    ledger.skipped(desk.connection, claimed, "whatever", desk.now, 5)
    assert ledger.current(desk.connection, claimed) is None


# --- beside the plan ----------------------------------------------------------------------------------------


def test_a_job_runs_now_beside_its_plan(desk: Book) -> None:
    job = desk.add(schedule=HOUR)
    run = jobs.run_now(desk.connection, job, desk.now)
    assert jobs.run(desk.connection, run).manual
    with pytest.raises(AlreadyRunning, match="'tea'"):
        jobs.run_now(desk.connection, job, desk.now)
    desk.carry_out(ledger.opened(desk.connection)[0])
    jobs.run_now(desk.connection, job, desk.now)
    assert [run.instant.microsecond for run in desk.runs(job)] == [0, 2, 1]
    assert desk.next() == 3600


def test_where_runs_wait_for_one_another_one_that_is_asked_for_does_too(desk: Book) -> None:
    job = desk.add(schedule=HOUR, overlap="queue")
    jobs.run_now(desk.connection, job, desk.now)
    jobs.run_now(desk.connection, job, desk.now)
    assert desk.states(job) == ["claimed", "waiting"]


def test_one_that_is_asked_for_takes_the_place_of_another_attempt(desk: Book) -> None:
    job = desk.add(schedule=HOUR)
    desk.wait(hours=1)
    desk.carry_out(desk.claim()[0], BAD)
    jobs.run_now(desk.connection, job, desk.now)
    assert desk.states(job) == ["failed", "claimed"]


def test_a_paused_job_that_is_asked_for_is_tried_again_too(desk: Book) -> None:
    job = desk.add(schedule=HOUR)
    desk.change(job, enabled=False)
    jobs.run_now(desk.connection, job, desk.now)
    desk.carry_out(ledger.opened(desk.connection)[0], BAD)
    assert desk.states(job) == ["retrying"]


def test_a_call_of_a_tool_acts_once(desk: Book) -> None:
    connection, now = desk.connection, desk.now
    job = desk.add("tea")
    new = attrs.evolve(job, id="abcdefghij", name="milk")
    said = jobs.add_once(connection, "c1", new, now, 10)
    assert said.startswith("Job milk (abcdefgh) is made: ")
    assert jobs.add_once(connection, "c1", new, now, 10) == said == jobs.answer(connection, "c1")
    for _ in range(2):
        assert "It is paused." in jobs.change_once(connection, "c2", job, {"enabled": False}, now)
        assert "runs now" in jobs.run_once(connection, "c3", "milk", "ada", now)
        assert jobs.remove_once(connection, "c4", "tea", "ada", now) == "Job tea is removed."
    assert [each.state for each in desk.runs(new)] == ["planned", "claimed"]
    assert jobs.answer(connection, "c5") is None


# --- the agent's own ----------------------------------------------------------------------------------------


def test_the_next_heartbeat_is_told_once_what_there_is_to_tell(desk: Book) -> None:
    connection = desk.connection
    assert "no heartbeat" in jobs.wake_once(connection, "c1", desk.now, "look", at_once=False)
    with pytest.raises(UnknownJob):
        jobs.wake_once(connection, "c2", desk.now, "look", at_once=True)

    job = desk.add("__heartbeat__", MINUTE, builtin="heartbeat", prompt="")
    assert "The next heartbeat knows. Next run:" in jobs.wake_once(
        connection, "c3", desk.now, "one", at_once=False
    )
    jobs.wake_once(connection, "c4", desk.now, "two", at_once=False)
    desk.wait(minutes=1)
    (claimed,) = desk.claim()
    assert claimed.preface == "one\n\ntwo"
    desk.carry_out(claimed, BAD)
    desk.wait(seconds=30)
    (again,) = desk.claim()
    assert (again.attempt, again.preface) == (2, "one\n\ntwo")
    desk.carry_out(again, attrs.evolve(GOOD, quiet=True))
    assert desk.untold() == []
    assert "now" in jobs.wake_once(connection, "c5", desk.now, "", at_once=True)
    assert [each.preface for each in ledger.opened(connection)] == [""]
    assert desk.states(job) == ["done", "claimed"]


def test_the_heartbeat_is_set_up_as_it_is_wanted(desk: Book) -> None:
    job = attrs.evolve(
        desk.add("x"), id="h", name="__heartbeat__", owner="admin", builtin="heartbeat", enabled=False
    )
    connection = desk.connection
    jobs.set_up(connection, job, desk.now)
    assert jobs.builtin(connection, "heartbeat") is None
    jobs.set_up(connection, attrs.evolve(job, enabled=True), desk.now)
    jobs.set_up(connection, attrs.evolve(job, id="other", enabled=True, schedule=MINUTE), desk.now)
    assert desk.kept(job).schedule == MINUTE
    assert desk.next() == 60
    jobs.set_up(connection, job, desk.now)
    assert not desk.kept(job).enabled


def test_of_runs_with_nothing_to_say_the_latest_keeps_its_conversation(desk: Book) -> None:
    job = desk.add("__heartbeat__", MINUTE, builtin="heartbeat", prompt="")
    quiet = Outcome(outcome="success", success=True, quiet=True)
    for outcome in (quiet, GOOD, quiet, quiet):
        desk.wait(minutes=1)
        desk.carry_out(desk.claim()[0], outcome)
    assert [run.session is None for run in reversed(desk.runs(job)[1:])] == [True, False, True, False]
    assert len(afterwards.leftovers(desk.connection)) == 2


def test_a_start_is_one_run_in_the_life_of_a_process(desk: Book) -> None:
    job = desk.add("__boot__", MINUTE, builtin="boot", enabled=False)
    for process in ("one", "one", "two"):
        jobs.boot(desk.connection, job, process, desk.now)
        for claimed in ledger.opened(desk.connection):
            desk.carry_out(claimed)
    assert desk.states(job) == ["done", "done"]
    assert not jobs.has_open(desk.connection, job)


def test_the_first_start_is_one_run_until_it_succeeds(desk: Book) -> None:
    job = desk.add("__bootstrap__", MINUTE, builtin="bootstrap", enabled=False, max_retries=0)
    for process, outcome in (("one", BAD), ("two", GOOD), ("three", GOOD)):
        jobs.boot(desk.connection, job, process, desk.now)
        jobs.boot(desk.connection, job, f"{process} again", desk.now)
        for claimed in ledger.opened(desk.connection):
            desk.carry_out(claimed, outcome)
    assert desk.states(job) == ["failed", "done"]


# --- afterwards ---------------------------------------------------------------------------------------------


def test_a_job_that_is_to_go_after_its_run_goes_when_its_owner_knows(desk: Book) -> None:
    job = desk.add(schedule=once(hours=1), delete_after_run=True)
    desk.wait(hours=1)
    desk.carry_out(desk.claim()[0], BAD)
    assert desk.untold() == []
    desk.wait(seconds=30)
    desk.carry_out(desk.claim()[0])
    assert desk.states(job) == ["done"]
    assert afterwards.removed(desk.connection, desk.now) == ()
    assert desk.untold() == ["tea: all is well"]
    assert desk.kept(job).removed
    assert afterwards.removed(desk.connection, desk.now) == ()
    desk.wait(minutes=1)
    assert afterwards.removed(desk.connection, desk.now) == (job.id,)


def test_the_oldest_runs_are_forgotten_and_leave_their_conversations(desk: Book) -> None:
    job = desk.add(schedule=HOUR)
    desk.keep = 3
    first = None
    for _ in range(5):
        desk.wait(hours=1)
        (claimed,) = desk.claim()
        first = first or claimed
        desk.carry_out(claimed)
        desk.untold()
    assert first is not None
    assert desk.states(job) == ["done"] * 3
    left = afterwards.leftovers(desk.connection)
    assert (f"s-{first.key}", "ada") in left
    assert len(left) == 2
    for conversation, _ in left:
        afterwards.cleared(desk.connection, conversation, desk.now)
    assert afterwards.leftovers(desk.connection) == ()


def test_a_run_that_is_left_out_makes_way_for_the_next(desk: Book) -> None:
    job = desk.add(schedule=MINUTE, overlap="queue")
    desk.wait(minutes=1)
    (first,) = desk.claim()
    desk.wait(minutes=1)
    desk.claim()
    ledger.skipped(desk.connection, first, "nothing to do", desk.now, 5)
    assert desk.states(job) == ["skipped", "claimed"]
    assert desk.untold() == []


# --- jitter -------------------------------------------------------------------------------------------------


def test_a_run_begins_later_by_a_jitter_that_is_always_the_same(desk: Book) -> None:
    job = desk.add(schedule=HOUR, jitter_secs=600)
    due = job.due(START + timedelta(hours=1))
    assert desk.next() == (due - START).total_seconds()
    assert START + timedelta(hours=1) <= due < START + timedelta(hours=1, minutes=10)
    desk.now = due - timedelta(milliseconds=1)
    assert desk.claim() == ()
    desk.now = due
    (claimed,) = desk.claim()
    assert claimed.instant == START + timedelta(hours=1)
    assert len({job.due(START + timedelta(hours=n)) - timedelta(hours=n) for n in range(20)}) > 10


def test_an_outcome_says_what_it_came_to() -> None:
    assert Outcome(outcome="x", success=True).again


# --- numbers ------------------------------------------------------------------------------------------------


def test_the_end_of_a_run_of_a_removed_job_is_nobody_elses(desk: Book) -> None:
    tea = desk.add("tea", MINUTE)
    desk.wait(minutes=1)
    (old,) = desk.claim()
    assert desk.accept(old)
    afterwards.forget_job(desk.connection, tea.id)

    milk = desk.add("milk", MINUTE)
    desk.wait(minutes=1)
    (new,) = desk.claim()
    assert new.run == old.run  # the number is free again
    assert ledger.opened(desk.connection, {old.key}) == (new,)
    assert not desk.accept(old)
    desk.end(old)
    ledger.skipped(desk.connection, old, "whatever", desk.now, 5)
    assert desk.states(milk) == ["claimed"]
    desk.accept(new)
    desk.end(new)
    (untold,) = afterwards.untold(desk.connection)
    afterwards.told(desk.connection, attrs.evolve(untold, job=tea), 5)
    assert afterwards.untold(desk.connection) == (untold,)


def test_what_somebody_has_in_hand_is_not_opened_again(desk: Book) -> None:
    desk.add("tea", MINUTE)
    desk.add("milk", MINUTE)
    desk.wait(minutes=1)
    tea, milk = desk.claim()
    assert ledger.opened(desk.connection, {tea.key}) == (milk,)


# --- queries ------------------------------------------------------------------------------------------------


def test_no_query_goes_through_runs_that_are_over(desk: Book) -> None:
    """Whatever is asked of runs finds them by an index; of those of a job only the ones that a job keeps are read."""
    said = set[str]()
    job = desk.add("tea", MINUTE)
    desk.add("milk", MINUTE, overlap="queue")
    desk.connection.set_trace_callback(said.add)
    for outcome in (GOOD, BAD, GOOD):
        desk.wait(minutes=1)
        for claimed in desk.claim():
            desk.carry_out(claimed, outcome)
        desk.next()
        desk.untold()
    desk.shown(job)
    desk.runs(job)
    jobs.run_now(desk.connection, job, desk.now)
    ledger.replan(desk.connection, desk.now)
    jobs.calendar(desk.connection, "ada", "user", START, desk.now, 5, 100)
    desk.change(job, enabled=False)
    desk.connection.set_trace_callback(None)

    asked = [each for each in said if each.lstrip().startswith(("SELECT", "UPDATE", "DELETE"))]
    assert len(asked) > 50
    for each in asked:
        plan = [row["detail"] for row in desk.connection.execute(f"EXPLAIN QUERY PLAN {each}")]
        assert not [step for step in plan if step.startswith("SCAN runs") and "runs_untold" not in step], each
