"""What an asker may make of a failure."""

from typing import Any, Final

import pytest

from bus import (
    ActorCrashed,
    ActorError,
    BusError,
    DeadlineExceeded,
    MessageTooLarge,
    NoRoute,
    Quarantined,
    Unavailable,
)

OF: Final[dict[str, Any]] = {"request": "a.B@1", "to": "c"}


PASS: Final = (Unavailable("later"), DeadlineExceeded(**OF), ActorCrashed(**OF))
STAY: Final = (BusError(), ActorError("no"), Quarantined(**OF), NoRoute(**OF), MessageTooLarge(**OF, limit=1))


@pytest.mark.parametrize("error", PASS)
def test_the_same_may_go_well_later(error: BusError) -> None:
    assert error.passes


@pytest.mark.parametrize("error", STAY)
def test_the_same_goes_as_badly_later(error: BusError) -> None:
    assert not error.passes
