"""Turns whose time stands still because a subagent of theirs, however far below, waits for a person.

All conversations share what is noted here. It is lost with the process: whoever waits again says so anew.
"""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import final

import trio


@final
class Standstill:
    """Who waits for whom counts at any time: a turn that begins to wait later finds what it has to."""

    def __init__(self) -> None:
        self._standing = Counter[str]()
        """How many subagents of a turn wait."""
        self._changed = trio.Event()

    @contextmanager
    def above(self, call: str | None) -> Generator[None]:
        """Within it, the turn that made a `call` stands still; None for the call of nobody."""
        if call is None:
            yield
            return
        turn = call.rpartition(":")[0]
        self._add(turn, 1)
        try:
            yield
        finally:
            self._add(turn, -1)

    def _add(self, turn: str, change: int) -> None:
        self._standing[turn] += change
        if not self._standing[turn]:
            del self._standing[turn]
        self._changed.set()
        self._changed = trio.Event()

    async def begun(self, turn: str) -> None:
        """Return once a turn stands still."""
        while turn not in self._standing:
            await self._changed.wait()

    async def over(self, turn: str) -> None:
        """Return once it does not."""
        while turn in self._standing:
            await self._changed.wait()
