"""Work that nobody is kept waiting by: at most a part of the time is spent on it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final, final

import trio

LONGEST: Final = 0.25
"""Seconds that count of one piece of work at most: it may have waited for others itself."""


@final
class Share:
    """Lets pieces of work happen one after the other, with rests between them as long as they were times a factor."""

    def __init__(self, part: float) -> None:
        """`part` of the time, above 0 and up to 1, may be spent."""
        self._rest = 1 / part - 1
        self._turn = trio.Lock()
        self._rested = float("-inf")

    @asynccontextmanager
    async def piece(self) -> AsyncGenerator[None]:
        """Do a piece of work, once those before it have been done and paid for."""
        async with self._turn:
            await trio.sleep_until(self._rested)
            began = trio.current_time()
            try:
                yield
            finally:
                spent = min(trio.current_time() - began, LONGEST)
                self._rested = trio.current_time() + spent * self._rest

    async def pay(self, seconds: float) -> None:
        """Wait for having worked so many seconds, longer when others have to pay as well."""
        async with self._turn:
            await trio.sleep(min(seconds, LONGEST) * self._rest)
