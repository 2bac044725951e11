"""Whether a heart beats."""

from actors.instances.messages import Verdict
from actors.instances.monitoring import Watch


def looks(*seen: tuple[float, float], attempts: int = 2) -> list[Verdict | None]:
    """The verdicts of looks, each a heartbeat and the time of ours, where 90 seconds are allowed."""
    watch = Watch()
    return [watch.seen(beat, now, timeout=90, attempts=attempts) for beat, now in seen]


def test_a_heart_that_beats_is_none_of_our_business() -> None:
    assert looks((1, 0), (2, 80), (3, 160), (4, 500)) == [None] * 4


def test_exactly_at_the_limit_it_is_not_yet_stuck() -> None:
    assert looks((1, 0), (1, 90), (1, 90.5)) == [None, None, "stuck"]


def test_a_clock_that_goes_wrong_is_no_failure() -> None:
    assert looks((1e12, 0), (0.5, 30), (1e12, 60), (-3, 90)) == [None] * 4


def test_after_each_restart_it_has_more_time_and_then_it_is_given_up_once() -> None:
    assert looks((1, 0), (1, 91), (1, 270.9), (1, 271), (1, 630.9), (1, 631), (1, 9999)) == [
        None, "stuck", None, "stuck", None, "given_up", None,
    ]  # fmt: skip


def test_one_that_comes_back_is_told_and_begins_anew_once_it_is_well_for_long() -> None:
    assert looks((1, 0), (1, 91), (2, 100), (2, 272), (3, 300), (4, 400), (5, 481), (5, 600)) == [
        None, "stuck", "recovered", "stuck", "recovered", None, None, "stuck",
    ]  # fmt: skip


def test_one_that_dies_after_each_start_is_given_up_too() -> None:
    assert looks((1, 0), (1, 91), (2, 100), (2, 272), (3, 300), (3, 700), (4, 701)) == [
        None, "stuck", "recovered", "stuck", "recovered", "given_up", "recovered",
    ]  # fmt: skip
