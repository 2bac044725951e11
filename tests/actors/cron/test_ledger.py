"""The ledger: one row for each planned instant, whatever happens in between."""

from datetime import timedelta

import attrs

from actors.cron import afterwards, agenda, jobs, ledger
from actors.cron.ledger import Outcome
from tests.actors.cron.book import BAD, GOOD, HOUR, MINUTE, START, Book, once

# --- planned, taken up, over --------------------------------------------------------------------------------


def test_a_job_is_planned_when_it_is_made_and_again_when_it_is_due(book: Book) -> None:
    job = book.add(schedule=HOUR)
    assert book.next() == 3600
    assert book.claim() == ()

    book.wait(hours=1)
    (claimed,) = book.claim()
    assert (claimed.job, claimed.instant, claimed.attempt) == (job, START + timedelta(hours=1), 1)
    assert book.next() == 3600
    book.carry_out(claimed)

    assert book.states(job) == ["done"]
    shown = book.shown(job)
    assert (shown.last_state, shown.last_run_at, shown.last_session) == ("done", book.now, f"s-{claimed.key}")
    assert shown.next_run_at == START + timedelta(hours=2)
    assert (shown.retry_count, shown.last_error, shown.running) == (0, None, False)


def test_nothing_is_taken_up_twice(book: Book) -> None:
    job = book.add(schedule=MINUTE)
    book.wait(minutes=1)
    (first,) = book.claim()
    assert book.claim() == (first,)
    assert book.accept(first)
    assert book.accept(first)
    book.end(first)
    book.end(first, BAD)
    assert not book.accept(first)
    assert book.states(job) == ["done"]
    assert len(book.runs(job)[1].attempts) == 1


def test_what_is_claimed_and_accepted_is_found_again_after_a_crash(book: Book) -> None:
    book.add("tea", MINUTE)
    book.add("milk", MINUTE)
    book.wait(minutes=1)
    tea, milk = book.claim()
    book.accept(milk)
    assert ledger.opened(book.connection) == (tea, attrs.evolve(milk, begun=True))
    assert tea.key == f"cron:ada-tea:{int(book.now.timestamp()) * 1_000_000}:1"


def test_more_jobs_than_fit_into_one_transaction_are_taken_up_one_after_the_other(book: Book) -> None:
    for n in range(afterwards.AT_ONCE + 5):
        book.add(f"job {n}", MINUTE)
    book.wait(minutes=1)
    assert len(book.claim()) == afterwards.AT_ONCE
    assert book.next() == 0
    assert len(book.claim()) == afterwards.AT_ONCE + 5


# --- afterwards ---------------------------------------------------------------------------------------------


def test_a_job_that_is_to_go_after_its_run_goes_when_its_owner_knows(book: Book) -> None:
    job = book.add(schedule=once(hours=1), delete_after_run=True)
    book.wait(hours=1)
    book.carry_out(book.claim()[0], BAD)
    assert book.untold() == []
    book.wait(seconds=30)
    book.carry_out(book.claim()[0])
    assert book.states(job) == ["done"]
    assert afterwards.removed(book.connection, book.now) == ()
    assert book.untold() == ["tea: all is well"]
    assert book.kept(job).removed
    assert afterwards.removed(book.connection, book.now) == ()
    book.wait(minutes=1)
    assert afterwards.removed(book.connection, book.now) == (job.id,)


def test_the_oldest_runs_are_forgotten_and_leave_their_conversations(book: Book) -> None:
    job = book.add(schedule=HOUR)
    book.keep = 3
    first = None
    for _ in range(5):
        book.wait(hours=1)
        (claimed,) = book.claim()
        first = first or claimed
        book.carry_out(claimed)
        book.untold()
    assert first is not None
    assert book.states(job) == ["done"] * 3
    left = afterwards.leftovers(book.connection)
    assert (f"s-{first.key}", "ada") in left
    assert len(left) == 2
    for conversation, _ in left:
        afterwards.cleared(book.connection, conversation, book.now)
    assert afterwards.leftovers(book.connection) == ()


def test_a_run_that_is_left_out_makes_way_for_the_next(book: Book) -> None:
    job = book.add(schedule=MINUTE, overlap="queue")
    book.wait(minutes=1)
    (first,) = book.claim()
    book.wait(minutes=1)
    book.claim()
    ledger.skipped(book.connection, first, "nothing to do", book.now, 5)
    assert book.states(job) == ["skipped", "claimed"]
    assert book.untold() == []


# --- jitter -------------------------------------------------------------------------------------------------


def test_a_run_begins_later_by_a_jitter_that_is_always_the_same(book: Book) -> None:
    job = book.add(schedule=HOUR, jitter_secs=600)
    due = job.due(START + timedelta(hours=1))
    assert book.next() == (due - START).total_seconds()
    assert START + timedelta(hours=1) <= due < START + timedelta(hours=1, minutes=10)
    book.now = due - timedelta(milliseconds=1)
    assert book.claim() == ()
    book.now = due
    (claimed,) = book.claim()
    assert claimed.instant == START + timedelta(hours=1)
    assert len({job.due(START + timedelta(hours=n)) - timedelta(hours=n) for n in range(20)}) > 10


def test_an_outcome_says_what_it_came_to() -> None:
    assert Outcome(outcome="x", success=True).again


# --- numbers ------------------------------------------------------------------------------------------------


def test_the_end_of_a_run_of_a_removed_job_is_nobody_elses(book: Book) -> None:
    tea = book.add("tea", MINUTE)
    book.wait(minutes=1)
    (old,) = book.claim()
    assert book.accept(old)
    afterwards.forget_job(book.connection, tea.id)

    milk = book.add("milk", MINUTE)
    book.wait(minutes=1)
    (new,) = book.claim()
    assert new.run == old.run  # the number is free again
    assert ledger.opened(book.connection, {old.key}) == (new,)
    assert not book.accept(old)
    book.end(old)
    ledger.skipped(book.connection, old, "whatever", book.now, 5)
    assert book.states(milk) == ["claimed"]
    book.accept(new)
    book.end(new)
    (untold,) = afterwards.untold(book.connection)
    afterwards.told(book.connection, attrs.evolve(untold, job=tea), 5)
    assert afterwards.untold(book.connection) == (untold,)


def test_what_somebody_has_in_hand_is_not_opened_again(book: Book) -> None:
    book.add("tea", MINUTE)
    book.add("milk", MINUTE)
    book.wait(minutes=1)
    tea, milk = book.claim()
    assert ledger.opened(book.connection, {tea.key}) == (milk,)


# --- queries ------------------------------------------------------------------------------------------------


def test_no_query_goes_through_runs_that_are_over(book: Book) -> None:
    """Whatever is asked of runs finds them by an index; of those of a job only the ones that a job keeps are read."""
    said = set[str]()
    job = book.add("tea", MINUTE)
    book.add("milk", MINUTE, overlap="queue")
    book.connection.set_trace_callback(said.add)
    for outcome in (GOOD, BAD, GOOD):
        book.wait(minutes=1)
        for claimed in book.claim():
            book.carry_out(claimed, outcome)
        book.next()
        book.untold()
    book.shown(job)
    book.runs(job)
    jobs.run_now(book.connection, job, book.now)
    ledger.replan(book.connection, book.now)
    agenda.calendar(book.connection, "ada", "user", START, book.now, 5, 100)
    book.change(job, enabled=False)
    book.connection.set_trace_callback(None)

    asked = [each for each in said if each.lstrip().startswith(("SELECT", "UPDATE", "DELETE"))]
    assert len(asked) > 50
    for each in asked:
        plan = [row["detail"] for row in book.connection.execute(f"EXPLAIN QUERY PLAN {each}")]
        assert not [step for step in plan if step.startswith("SCAN runs") and "runs_untold" not in step], each
