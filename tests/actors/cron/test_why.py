"""Why a job did or did not run, in words."""

from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from actors.cron import ledger
from actors.cron import why as whys
from actors.cron.messages import Explanation
from actors.cron.rows import Kept
from tests.actors.cron.book import BAD, GOOD, HOUR, MINUTE, NINE, START, Book, once


def why(book: Book, job: Kept, coming: tuple[datetime, ...] = ()) -> Explanation:
    job = book.kept(job)
    return whys.explain(job, book.shown(job), book.runs(job), coming, book.now, 4)


def latest(book: Book, job: Kept) -> str:
    """What is said of the latest run, after its time."""
    return why(book, job).last[0].text.partition(": ")[2]


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


def test_a_heartbeat_without_a_task_says_where_one_goes(book: Book) -> None:
    job = book.add("__heartbeat__", builtin="heartbeat", enabled=False)
    assert "HEARTBEAT.md says nothing" in why(book, job).text


def test_a_job_says_when_it_runs_next(book: Book) -> None:
    job = book.add(schedule=NINE, timezone="Europe/Rome")
    coming = (START + timedelta(days=1), START + timedelta(days=2))
    said = why(book, job, coming)
    assert said.text == "It runs at 09:00 every day. The next run is at Tue 03 Mar 2026, 09:00:00 CET."
    assert (said.job, said.name, said.timezone, said.last) == (job.id, "tea", "Europe/Rome", ())
    assert [(each.instant, each.state, each.text) for each in said.next] == [
        (coming[0], "planned", "Tue 03 Mar 2026, 09:00:00 CET: will run."),
        (coming[1], "planned", "Wed 04 Mar 2026, 09:00:00 CET: will run."),
    ]


def test_jitter_is_told(book: Book) -> None:
    job = book.add(schedule=HOUR, jitter_secs=600)
    (reason,) = why(book, job, (START,)).next
    assert reason.text.endswith("will run, up to 10 min later.")


def test_a_job_says_that_it_runs_and_that_nothing_follows(book: Book) -> None:
    job = book.add(schedule=once(hours=1))
    book.wait(hours=1)
    (claimed,) = book.claim()
    book.accept(claimed)
    assert why(book, job).text == (
        "It runs once, 2 March 2026, 09:00. A run is under way now. Nothing is planned after that."
    )


def test_a_job_says_that_it_is_tried_again(book: Book) -> None:
    job = book.add(schedule=once(hours=1))
    book.wait(hours=1)
    book.carry_out(book.claim()[0], BAD)
    assert "Its latest run failed and is tried again at Mon 02 Mar 2026, 09:00:30 UTC." in why(book, job).text


def test_a_job_that_is_paused_is_not_one_that_is_over(book: Book) -> None:
    tea, milk = book.add("tea", HOUR), book.add("milk", once(hours=1))
    book.change(tea, enabled=False)
    assert "It is paused: nothing is planned until somebody switches it on." in why(book, tea).text
    book.wait(hours=1)
    book.carry_out(book.claim()[0])
    assert why(book, milk).text.endswith("It is over.")


def test_a_job_of_the_agents_start_has_no_plan(book: Book) -> None:
    job = book.add("__boot__", MINUTE, builtin="boot", enabled=False)
    assert why(book, job).text.endswith("Nothing is planned after that.")


# --- what became of a run -----------------------------------------------------------------------------------


def test_a_run_says_what_it_is_about_to_do_and_does(book: Book) -> None:
    job = book.add(schedule=MINUTE)
    book.wait(minutes=1)
    (claimed,) = book.claim()
    assert latest(book, job) == "is about to run: it waits for one of 4 places for runs."
    book.wait(seconds=50)
    book.accept(claimed)
    assert latest(book, job) == "runs now."
    book.wait(seconds=10)
    book.claim()
    assert latest(book, job) == "did not run: the run before was still under way."


def test_a_run_that_began_late_says_so(book: Book) -> None:
    job = book.add(schedule=HOUR)
    book.wait(hours=1, minutes=5)
    (claimed,) = book.claim()
    book.accept(claimed)
    assert latest(book, job) == "runs now 5 min late."
    book.wait(seconds=70)
    book.end(claimed)
    assert latest(book, job) == "ran 5 min late, in 1 min 10 s."


def test_a_run_that_waits_says_for_what(book: Book) -> None:
    job = book.add(schedule=MINUTE, overlap="queue")
    book.wait(minutes=1)
    book.claim()
    book.wait(minutes=1)
    book.claim()
    assert latest(book, job) == "waits for the run before to end."


def test_a_run_that_failed_says_why_and_how_often(book: Book) -> None:
    job = book.add(schedule=once(hours=1), max_retries=1)
    book.wait(hours=1)
    (claimed,) = book.claim()
    book.carry_out(claimed, attrs.evolve(BAD, error="No model."))
    assert latest(book, job) == "failed (No model); tried again at Mon 02 Mar 2026, 09:00:30 UTC."
    book.wait(seconds=30)
    book.carry_out(book.claim()[0], BAD)
    assert latest(book, job) == "failed after 2 attempts (no model)."


def test_a_run_that_succeeded_at_last_says_at_which_attempt(book: Book) -> None:
    job = book.add(schedule=once(hours=1))
    book.wait(hours=1)
    book.carry_out(book.claim()[0], BAD)
    book.wait(seconds=30)
    book.carry_out(book.claim()[0], GOOD)
    assert latest(book, job) == "ran, in 30 s, at the attempt number 2."


def test_a_run_without_times_says_only_that_it_ran(book: Book) -> None:
    job = book.add(schedule=HOUR)
    book.wait(hours=1)
    ledger.ended(book.connection, book.claim()[0], GOOD, book.now, 5)
    assert latest(book, job) == "ran."


def test_runs_that_were_missed_say_which_stood_for_them(book: Book) -> None:
    tea = book.add("tea", HOUR)
    milk = book.add("milk", once(hours=1), missed="skip_older_than", missed_secs=60)
    book.wait(hours=2)
    book.claim()
    assert (
        why(book, tea)
        .last[1]
        .text.endswith(": was missed, the run of Mon 02 Mar 2026, 10:00:00 UTC stood for it.")
    )
    assert latest(book, milk) == "did not run: found more than 60 s late, as the agent was not running."


def test_a_run_that_somebody_asked_for_says_so(book: Book) -> None:
    job = book.add(schedule=HOUR)
    ledger.run_now(book.connection, job, book.now)
    assert why(book, job).last[0].text.startswith("Mon 02 Mar 2026, 08:00:00 UTC (somebody asked for it): is")


def test_every_state_has_its_words(book: Book) -> None:
    job = book.add(schedule=HOUR)
    (planned,) = book.runs(job)
    states: tuple[Any, ...] = ("waiting", "collapsed", "done", "failed", "skipped", "late")
    runs = [attrs.evolve(planned, state=state) for state in states]
    said = whys.explain(job, book.shown(job), runs, (), book.now, 4).last
    assert [each.text.partition(": ")[2] for each in said][1] == "was missed, another run stood for it."
