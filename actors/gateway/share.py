"""Work that nobody is kept waiting by: at most a part of the time is spent on it."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final, final

import trio

LONGEST: Final = 0.25
"""Seconds that are paid at once at most."""


@final
class Share:
    """Asks for rests between pieces of work, as long as what was spent on them times a factor.

    Whoever works does not keep the others from working: they wait for rests alone, and not for each other.
    """

    def __init__(self, part: float, used: Callable[[], float] = time.thread_time) -> None:
        """`part` of the time, above 0 and up to 1, may be spent.

        `used` is a clock that stands still while the thread does nothing, in seconds: what waits for others costs
        nothing.
        """
        self._rest = 1 / part - 1
        self._used = used
        self._at_work = 0
        self._counted = 0.0
        self._rested = float("-inf")

    async def rest(self) -> None:
        """Wait until what was done so far is paid for."""
        await trio.sleep_until(self._rested)

    @contextmanager
    def piece(self) -> Generator[None]:
        """A piece of work. What is spent while several are done counts once."""
        self._count()
        self._at_work += 1
        try:
            yield
        finally:
            self._count()
            self._at_work -= 1

    def _count(self) -> None:
        used = self._used()
        if self._at_work:
            self._owe(used - self._counted)
        self._counted = used

    async def pay(self, seconds: float) -> None:
        """Wait for having worked so many seconds, longer when others have to pay as well."""
        self._owe(seconds)
        await trio.sleep_until(self._rested)

    def _owe(self, seconds: float) -> None:
        begin = max(self._rested, trio.current_time())
        self._rested = begin + min(seconds, LONGEST) * self._rest
