"""How it goes with a server."""

from datetime import UTC, datetime, timedelta

import pytest

from actors.email.condition import Condition, pause

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def test_trouble_has_a_beginning_and_an_end() -> None:
    condition = Condition()
    assert not condition.went_well(NOW)
    assert condition.went_wrong("down", NOW)
    assert not condition.went_wrong("down", LATER)
    assert condition.went_wrong("refused", LATER)
    assert (condition.trouble, condition.since, condition.last_at) == ("refused", NOW, NOW)
    assert condition.pause == 120.0
    assert condition.went_well(LATER)
    assert condition == Condition(last_at=LATER)


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(0, 30.0), (1, 30.0), (2, 60.0), (5, 480.0), (6, 600.0), (9999, 600.0)]
)
def test_each_attempt_waits_longer_up_to_an_end(attempt: int, seconds: float) -> None:
    assert pause(attempt) == seconds
