"""Work that is done in order for each user, and at once for all of them; and how far a ledger is dealt with then."""

from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, final

MOST: Final = 1000
"""Ends of a ledger that are read before the first of them is dealt with."""

Work = Callable[[], Awaitable[None]]


@final
class Lanes:
    """What waits for each user, done by a task of their own while there is any."""

    def __init__(self, spawn: Callable[[Callable[[str], Coroutine[Any, Any, None]], str], None]) -> None:
        """`spawn` has a function called, with a user, in a task."""
        self._spawn = spawn
        self._waiting: dict[str, deque[Work]] = {}

    def put(self, user: str, work: Work) -> None:
        """Have something done once all that waits for this user is."""
        lane = self._waiting.get(user)
        if lane is not None:
            lane.append(work)
            return
        self._waiting[user] = deque([work])
        self._spawn(self._run, user)

    async def _run(self, user: str) -> None:
        lane = self._waiting[user]
        while lane:
            await lane[0]()
            lane.popleft()
        del self._waiting[user]


@final
class Progress:
    """How far a ledger was read, and how far all of it is dealt with. Pure."""

    def __init__(self, seq: int) -> None:
        """`seq` is the last end that is dealt with."""
        self.read = seq
        """The last that was read."""
        self._open: set[int] = set()

    @property
    def is_full(self) -> bool:
        """Whether no more is to be read for now."""
        return len(self._open) >= MOST

    def begin(self, seq: int) -> None:
        """This end was read; it is after all others."""
        self.read = seq
        self._open.add(seq)

    def end(self, seq: int) -> int:
        """This end is dealt with. The last one up to which all are."""
        self._open.discard(seq)
        return min(self._open) - 1 if self._open else self.read
