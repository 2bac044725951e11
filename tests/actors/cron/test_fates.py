"""What becomes of instants that are due, by every policy."""

from datetime import timedelta
from typing import Any

import pytest

from actors.cron.fates import BACKOFF, CAUGHT_UP, MOST_WAITING, Fate, backoff, fates
from tests.actors.cron.book import START


def decide(due: int, **options: Any) -> list[Fate]:
    """For so many instants, an hour apart, the latest of them now."""
    values: dict[str, Any] = {
        "missed": "run_once",
        "missed_secs": 7200,
        "jitter": timedelta(),
        "overlap": "skip",
        "under": "nothing",
        "waiting": 0,
        **options,
    }
    instants = [START - timedelta(hours=back) for back in reversed(range(due))]
    found = fates(instants, START, **values)
    assert [fate.instant for fate in found] == instants
    return found


def states(due: int, **options: Any) -> list[str]:
    return [fate.state for fate in decide(due, **options)]


def test_patience_grows_up_to_an_hour() -> None:
    assert [backoff(n).total_seconds() for n in range(1, 8)] == [30, 60, 300, 900, 3600, 3600, 3600]
    assert len(BACKOFF) == 5


def test_one_instant_runs_and_of_several_the_latest_stands_for_all() -> None:
    assert decide(1) == [Fate(START, "claimed")]
    assert states(5) == ["collapsed"] * 4 + ["claimed"]
    assert {fate.into for fate in decide(5)[:-1]} == {START}
    assert decide(1000)[-1].state == "claimed"


def test_what_is_older_than_it_may_be_is_late() -> None:
    assert states(5, missed="skip_older_than") == ["late", "late", "collapsed", "collapsed", "claimed"]
    assert decide(4, missed="skip_older_than")[0].why == (
        "found more than 7200 s late, as the agent was not running"
    )
    late = fates(
        [START - timedelta(hours=9)],
        START,
        missed="skip_older_than",
        missed_secs=60,
        jitter=timedelta(),
        overlap="queue",
        under="run",
        waiting=3,
    )
    assert [fate.state for fate in late] == ["late"]


def test_jitter_makes_nothing_late() -> None:
    jitter = timedelta(hours=1)
    assert states(4, missed="skip_older_than", jitter=jitter) == ["collapsed"] * 3 + ["claimed"]


def test_all_is_the_last_ten_one_after_the_other() -> None:
    assert states(3, missed="all") == ["claimed", "waiting", "waiting"]
    many = decide(CAUGHT_UP + 2, missed="all")
    assert [fate.state for fate in many] == ["collapsed"] * 2 + ["claimed"] + ["waiting"] * 9
    assert {fate.into for fate in many[:2]} == {many[2].instant}


@pytest.mark.parametrize("missed", ["run_once", "skip_older_than", "all"])
def test_beside_a_run_that_is_under_way_nothing_begins(missed: str) -> None:
    assert states(1, missed=missed, under="run") == ["skipped"]
    assert states(1, missed=missed, under="run", overlap="queue") == ["waiting"]
    assert states(1, missed=missed, under="retry") == ["claimed"]


def test_a_run_that_waits_goes_before_one_that_is_due() -> None:
    assert states(1, waiting=1) == ["skipped"]
    assert states(1, waiting=1, overlap="queue") == ["waiting"]
    assert decide(1, under="run")[0].why == "the run before was still under way"


def test_not_more_than_ten_wait() -> None:
    assert states(1, under="run", overlap="queue", waiting=MOST_WAITING - 1) == ["waiting"]
    full = decide(1, under="run", overlap="queue", waiting=MOST_WAITING)
    assert full == [Fate(START, "skipped", "10 runs of this job were waiting already")]
    assert (
        states(4, missed="all", under="run", overlap="queue", waiting=8) == ["waiting"] * 2 + ["skipped"] * 2
    )
