"""Why a job did or did not run, in words."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from actors.cron import ledger
from actors.cron import why as whys
from actors.cron.messages import Explanation
from actors.cron.rows import Kept
from tests.actors.cron.book import BAD, GOOD, HOUR, MINUTE, NINE, START, Book, book, once


@pytest.fixture
def desk() -> Iterator[Book]:
    with book() as opened:
        yield opened


def why(desk: Book, job: Kept, coming: tuple[datetime, ...] = ()) -> Explanation:
    job = desk.kept(job)
    return whys.explain(job, desk.shown(job), desk.runs(job), coming, desk.now, 4)


def latest(desk: Book, job: Kept) -> str:
    """What is said of the latest run, after its time."""
    return why(desk, job).last[0].text.partition(": ")[2]


# --- times --------------------------------------------------------------------------------------------------


def test_times_are_those_of_the_wall_of_the_job() -> None:
    assert whys.local(START, "Asia/Kolkata") == "Mon 02 Mar 2026, 13:30:00 IST"
    assert whys.local(START, "Mars/X") == "Mon 02 Mar 2026, 08:00:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "less than a second"),
        (-5, "less than a second"),
        (59, "59 s"),
        (61.4, "1 min 1 s"),
        (3600, "1 h"),
        (90_061, "1 d 1 h"),
        (86_460, "1 d 1 min"),
    ],
)
def test_lengths_have_two_units_at_most(seconds: float, said: str) -> None:
    assert whys.length(seconds) == said


# --- how a job stands ---------------------------------------------------------------------------------------


def test_a_heartbeat_without_a_task_says_where_one_goes(desk: Book) -> None:
    job = desk.add("__heartbeat__", builtin="heartbeat", enabled=False)
    assert "HEARTBEAT.md says nothing" in why(desk, job).text


def test_a_job_says_when_it_runs_next(desk: Book) -> None:
    job = desk.add(schedule=NINE, timezone="Europe/Rome")
    coming = (START + timedelta(days=1), START + timedelta(days=2))
    said = why(desk, job, coming)
    assert said.text == "It runs at 09:00 every day. The next run is at Tue 03 Mar 2026, 09:00:00 CET."
    assert (said.job, said.name, said.timezone, said.last) == (job.id, "tea", "Europe/Rome", ())
    assert [(each.instant, each.state, each.text) for each in said.next] == [
        (coming[0], "planned", "Tue 03 Mar 2026, 09:00:00 CET: will run."),
        (coming[1], "planned", "Wed 04 Mar 2026, 09:00:00 CET: will run."),
    ]


def test_jitter_is_told(desk: Book) -> None:
    job = desk.add(schedule=HOUR, jitter_secs=600)
    (reason,) = why(desk, job, (START,)).next
    assert reason.text.endswith("will run, up to 10 min later.")


def test_a_job_says_that_it_runs_and_that_nothing_follows(desk: Book) -> None:
    job = desk.add(schedule=once(hours=1))
    desk.wait(hours=1)
    (claimed,) = desk.claim()
    desk.accept(claimed)
    assert why(desk, job).text == (
        "It runs once, 2 March 2026, 09:00. A run is under way now. Nothing is planned after that."
    )


def test_a_job_says_that_it_is_tried_again(desk: Book) -> None:
    job = desk.add(schedule=once(hours=1))
    desk.wait(hours=1)
    desk.carry_out(desk.claim()[0], BAD)
    assert "Its latest run failed and is tried again at Mon 02 Mar 2026, 09:00:30 UTC." in why(desk, job).text


def test_a_job_that_is_paused_is_not_one_that_is_over(desk: Book) -> None:
    tea, milk = desk.add("tea", HOUR), desk.add("milk", once(hours=1))
    desk.change(tea, enabled=False)
    assert "It is paused: nothing is planned until somebody switches it on." in why(desk, tea).text
    desk.wait(hours=1)
    desk.carry_out(desk.claim()[0])
    assert why(desk, milk).text.endswith("It is over.")


def test_a_job_of_the_agents_start_has_no_plan(desk: Book) -> None:
    job = desk.add("__boot__", MINUTE, builtin="boot", enabled=False)
    assert why(desk, job).text.endswith("Nothing is planned after that.")


# --- what became of a run -----------------------------------------------------------------------------------


def test_a_run_says_what_it_is_about_to_do_and_does(desk: Book) -> None:
    job = desk.add(schedule=MINUTE)
    desk.wait(minutes=1)
    (claimed,) = desk.claim()
    assert latest(desk, job) == "is about to run: it waits for one of 4 places for runs."
    desk.wait(seconds=50)
    desk.accept(claimed)
    assert latest(desk, job) == "runs now."
    desk.wait(seconds=10)
    desk.claim()
    assert latest(desk, job) == "did not run: the run before was still under way."


def test_a_run_that_began_late_says_so(desk: Book) -> None:
    job = desk.add(schedule=HOUR)
    desk.wait(hours=1, minutes=5)
    (claimed,) = desk.claim()
    desk.accept(claimed)
    assert latest(desk, job) == "runs now 5 min late."
    desk.wait(seconds=70)
    desk.end(claimed)
    assert latest(desk, job) == "ran 5 min late, in 1 min 10 s."


def test_a_run_that_waits_says_for_what(desk: Book) -> None:
    job = desk.add(schedule=MINUTE, overlap="queue")
    desk.wait(minutes=1)
    desk.claim()
    desk.wait(minutes=1)
    desk.claim()
    assert latest(desk, job) == "waits for the run before to end."


def test_a_run_that_failed_says_why_and_how_often(desk: Book) -> None:
    job = desk.add(schedule=once(hours=1), max_retries=1)
    desk.wait(hours=1)
    (claimed,) = desk.claim()
    desk.carry_out(claimed, attrs.evolve(BAD, error="No model."))
    assert latest(desk, job) == "failed (No model); tried again at Mon 02 Mar 2026, 09:00:30 UTC."
    desk.wait(seconds=30)
    desk.carry_out(desk.claim()[0], BAD)
    assert latest(desk, job) == "failed after 2 attempts (no model)."


def test_a_run_that_succeeded_at_last_says_at_which_attempt(desk: Book) -> None:
    job = desk.add(schedule=once(hours=1))
    desk.wait(hours=1)
    desk.carry_out(desk.claim()[0], BAD)
    desk.wait(seconds=30)
    desk.carry_out(desk.claim()[0], GOOD)
    assert latest(desk, job) == "ran, in 30 s, at the attempt number 2."


def test_a_run_without_times_says_only_that_it_ran(desk: Book) -> None:
    job = desk.add(schedule=HOUR)
    desk.wait(hours=1)
    ledger.ended(desk.connection, desk.claim()[0], GOOD, desk.now, 5)
    assert latest(desk, job) == "ran."


def test_runs_that_were_missed_say_which_stood_for_them(desk: Book) -> None:
    tea = desk.add("tea", HOUR)
    milk = desk.add("milk", once(hours=1), missed="skip_older_than", missed_secs=60)
    desk.wait(hours=2)
    desk.claim()
    assert (
        why(desk, tea)
        .last[1]
        .text.endswith(": was missed, the run of Mon 02 Mar 2026, 10:00:00 UTC stood for it.")
    )
    assert latest(desk, milk) == "did not run: found more than 60 s late, as the agent was not running."


def test_a_run_that_somebody_asked_for_says_so(desk: Book) -> None:
    job = desk.add(schedule=HOUR)
    ledger.run_now(desk.connection, job, desk.now)
    assert why(desk, job).last[0].text.startswith("Mon 02 Mar 2026, 08:00:00 UTC (somebody asked for it): is")


def test_every_state_has_its_words(desk: Book) -> None:
    job = desk.add(schedule=HOUR)
    (planned,) = desk.runs(job)
    states: tuple[Any, ...] = ("waiting", "collapsed", "done", "failed", "skipped", "late")
    runs = [attrs.evolve(planned, state=state) for state in states]
    said = whys.explain(job, desk.shown(job), runs, (), desk.now, 4).last
    assert [each.text.partition(": ")[2] for each in said][1] == "was missed, another run stood for it."
