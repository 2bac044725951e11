"""How much one user may ask for."""

from typing import Any

import pytest

from actors.gateway.limiting import RequestLimit
from actors.gateway.messages import TooManyRequests
from actors.gateway.settings import Settings
from actors.vocabulary import Principal

ADA = Principal(user="ada", role="user", proof="key", credential="k1")
PAGE = Principal(user="ada", role="user", proof="page", credential="d1")
OPERATOR = Principal(user="ada", role="admin", proof="operator")


class Noted:
    """What was told to be refused."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def note(self, address: str, what: str, user: str = "") -> None:
        self.told.append((address, user))


def limit(settings: Settings, noted: Any) -> RequestLimit:
    return RequestLimit(lambda: settings, lambda: 0.0, noted)


def test_nobody_is_limited_by_default() -> None:
    free = limit(Settings(), Noted())
    for _ in range(1000):
        free.take(ADA, "here")


def test_all_that_speaks_for_a_user_counts_together_but_for_the_operator() -> None:
    noted = Noted()
    counted = limit(Settings(rate_limit_requests=2, rate_limit_window_secs=30), noted)
    counted.take(ADA, "here")
    counted.take(PAGE, "there")
    for known in (ADA, PAGE):
        with pytest.raises(TooManyRequests, match="30 s"):
            counted.take(known, "here")
    counted.take(OPERATOR, "here")
    assert noted.told == [("here", "ada")] * 2
