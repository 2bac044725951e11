"""How often somebody does something: counted over a window of time that moves along."""

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final, final

MOST: Final = 4096
"""Of whom it is counted; beyond that, those are forgotten who did nothing for the longest time."""


@final
class Rates:
    """Counts for each somebody apart. Whoever has done nothing for the length of a window is forgotten."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` is a clock that only moves forward, in seconds."""
        self._now = now
        self._done: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._done)

    def take(self, who: str, most: int, seconds: float) -> float:
        """Count once more; 0 when that is right.

        Otherwise it is not counted, and the result is how long it takes until it will be right.

        Args:
          who: who does it.
          most: how often it may be done, at least once.
          seconds: within which time.
        """
        now = self._now()
        self._forget(now - seconds)
        done = self._done.setdefault(who, deque())
        while done and done[0] <= now - seconds:
            done.popleft()
        if len(done) >= most:
            return done[-most] + seconds - now
        done.append(now)
        self._done.move_to_end(who)
        return 0.0

    def give_back(self, who: str) -> None:
        """What was counted last shall not count."""
        if done := self._done.get(who):
            done.pop()

    def _forget(self, before: float) -> None:
        while self._done:
            who = next(iter(self._done))
            done = self._done[who]
            if len(self._done) <= MOST and done and done[-1] > before:
                return
            del self._done[who]
