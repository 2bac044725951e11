"""Notes that nobody uses: what still lacks a vector when they were put to rest gets it all the same."""

from collections.abc import Callable
from pathlib import Path
from typing import final

import trio

from actors.memory import files
from actors.memory.messages import EmbedRest
from actors.memory.settings import Memory
from bus import Bus, BusError, run_in_thread

_State = tuple[str, tuple[int, ...]]
"""An embedder, and what the files of a database looked like."""


@final
class Unattended:
    """Has those who keep notes finish, one after the other, so that no more than one is kept from its rest.

    Args:
      bus: on which they are asked.
      data: the folder of the agent.
      settings: of the memory.
    """

    def __init__(self, bus: Bus, data: Path, settings: Callable[[], Memory]) -> None:
        self._bus = bus
        self._data = data
        self._settings = settings
        self._threads = trio.CapacityLimiter(1)
        self._done: dict[str, _State] = {}
        """By user, when nothing lacked a vector."""

    async def see_to_vectors(self) -> None:
        """Ask all whose databases are not what they were when nothing was left to do. Raises OSError."""
        if (embedder := self._settings().embedder) is None:
            return
        for user, looks in (await run_in_thread(self._looks, limiter=self._threads)).items():
            state = (embedder, looks)
            if self._done.get(user) != state and await self._is_finished(user):
                self._done[user] = state

    async def _is_finished(self, user: str) -> bool:
        try:
            return await self._bus.ask(EmbedRest(user=user))
        except BusError:  # the next time
            return False

    def _looks(self) -> dict[str, tuple[int, ...]]:
        """Of the databases that there are."""
        found: dict[str, tuple[int, ...]] = {}
        for user in files.users(self._data):
            database = self._data / "users" / user / "memory.db"
            stats = [each.stat() for each in (database, database.with_name("memory.db-wal")) if each.exists()]
            if stats:
                found[user] = tuple(number for each in stats for number in (each.st_mtime_ns, each.st_size))
        return found
