"""What the page polls, kept for a moment: many pages cost what one does. Pure."""

from collections.abc import Hashable
from typing import Final, Generic, TypeVar, final

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

FRESH: Final = 1.0
"""Seconds for which it is good."""


@final
class Fresh(Generic[K, V]):
    """Values by what was asked for; those that are too old are forgotten."""

    def __init__(self) -> None:
        self._kept: dict[K, tuple[float, V]] = {}

    def get(self, key: K, now: float) -> V | None:
        """What was found for the same less than a second before `now`."""
        self._kept = {each: (at, value) for each, (at, value) in self._kept.items() if now - at < FRESH}
        return self._kept[key][1] if key in self._kept else None

    def put(self, key: K, now: float, value: V) -> V:
        """Keep and return what was found, good for a second from `now` on, when it was asked for."""
        self._kept[key] = now, value
        return value
