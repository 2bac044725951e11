"""How often somebody does something, against a count made in the plainest way."""

from hypothesis import given
from hypothesis import strategies as st

from actors.gateway import rates
from actors.gateway.rates import Rates
from tests.actors.gateway.clock import Time


def test_so_many_in_a_window_that_moves_along() -> None:
    time = Time()
    counted = Rates(time)
    assert [counted.take("ada", 2, 60) for _ in range(2)] == [0, 0]
    time.now = 10.0
    assert counted.take("ada", 2, 60) == 50, "seconds until the first is out of the window"
    assert counted.take("bob", 2, 60) == 0, "everybody is counted apart"
    time.now = 60.0
    assert [counted.take("ada", 2, 60) for _ in range(2)] == [0, 0]
    time.now = 90.0
    assert counted.take("ada", 3, 60) == 0
    time.now = 120.0
    assert [counted.take("ada", 2, 60) for _ in range(2)] == [0, 30], (
        "of three the first two are out of the window"
    )


def test_what_is_refused_is_not_counted() -> None:
    time = Time()
    counted = Rates(time)
    counted.take("ada", 1, 60)
    for time.now in (10.0, 30.0, 59.0):
        assert counted.take("ada", 1, 60) > 0
    time.now = 60.0
    assert counted.take("ada", 1, 60) == 0


def test_what_is_given_back_never_was() -> None:
    counted = Rates(Time())
    counted.give_back("nobody")
    counted.take("ada", 1, 60)
    counted.give_back("ada")
    assert counted.take("ada", 1, 60) == 0


def test_whoever_does_nothing_any_more_is_forgotten() -> None:
    time = Time()
    counted = Rates(time)
    for number in range(100):
        time.now = float(number)
        counted.take(f"user {number}", 1, 10)
    assert len(counted) == 10


def test_it_is_not_counted_of_endlessly_many() -> None:
    time = Time()
    counted = Rates(time)
    for number in range(rates.MOST + 100):
        time.now += 0.001
        counted.take(f"user {number}", 1, 60)
    assert len(counted) == rates.MOST + 1
    assert counted.take(f"user {rates.MOST + 99}", 1, 60) > 0, "the newest are the ones that are kept"


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 30)), max_size=60), st.integers(1, 4))
def test_it_counts_as_a_plain_list_of_times_would(steps: list[tuple[str, int]], most: int) -> None:
    time = Time()
    counted = Rates(time)
    done: dict[str, list[float]] = {"a": [], "b": []}
    for who, later in steps:
        time.now += later
        inside = [at for at in done[who] if at > time.now - 60]
        wait = counted.take(who, most, 60)
        assert wait == (0 if len(inside) < most else inside[-most] + 60 - time.now)
        if wait == 0:
            done[who].append(time.now)
