"""Waiting until a new instance runs: how often it is looked at, and what ends the wait."""

from collections.abc import Iterator
from typing import Final

from actors.instances.messages import Instance

FIRST: Final = 3.0
LONGEST: Final = 15.0
LIMIT: Final = 15 * 60.0
"""Seconds after which nobody waits any more."""


class NeverReady(Exception):
    """It will not run, or not in time. The text says why, for people."""


def delays() -> Iterator[float]:
    """Seconds before each look, until the limit is reached. Then raises NeverReady."""
    delay, spent = FIRST, 0.0
    while spent < LIMIT:
        yield delay
        spent += delay
        delay = min(2 * delay, LONGEST)
    raise NeverReady(f"it does not run after {LIMIT / 60:.0f} minutes; the backend may still get there")


def is_ready(instance: Instance) -> bool:
    """Whether it runs. Raises NeverReady where it never will."""
    if instance.status == "error":
        raise NeverReady(instance.error or "the backend says no more than that there was an error")
    if instance.status in {"deleting", "deleted"}:
        raise NeverReady("it is being deleted")
    return instance.status == "running"
