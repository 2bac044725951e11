"""How patient a host is."""

from starpod.host.pace import Pace


def test_each_wait_is_twice_the_one_before_up_to_the_longest() -> None:
    assert [Pace().wait(times) for times in (0, 1, 2, 3, 10, 10_000)] == [0.5, 1, 2, 4, 30, 30]
