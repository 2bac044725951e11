"""An actor that keeps a database: what its transactions have in common."""

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import attrs

from actors.storage.errors import StorageError
from actors.storage.storage import Storage
from bus import Actor, ActorError, crash_after, crash_point

T = TypeVar("T")
P = ParamSpec("P")


class Keeper(Actor):
    """Runs jobs on one database; what it cannot store it says in an error of its own front door.

    Args:
      storage: opened when the actor starts, closed when it stops.
      failed: makes that error from a text that says what to do.
    """

    def __init__(self, storage: Storage, failed: Callable[[str], ActorError]) -> None:
        self._storage = storage
        self._failed = failed
        self._failing = False

    async def start(self) -> None:
        """Open the database. Raises the error of the front door."""
        try:
            await self._storage.open()
        except StorageError as error:
            raise self._failed(str(error)) from error

    async def on_stop(self) -> None:
        await self._storage.close()

    def describe(self) -> dict[str, Any]:
        return {"storage": attrs.asdict(self._storage.statistics())}

    async def _write(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """One transaction, safe on the disk when this returns."""
        return await self._committed(self._storage.run, fn, *args, **kwargs)

    async def _write_relaxed(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """One transaction, which a power cut may undo."""
        return await self._committed(self._storage.run_relaxed, fn, *args, **kwargs)

    async def _committed(
        self,
        run: Callable[..., Awaitable[T]],
        fn: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """One transaction; when it fails, the actor is degraded until the next one succeeds."""
        try:
            value = await run(crash_after(fn, "before_commit"), *args, **kwargs)
        except StorageError as error:
            self._failing = True
            self.degraded(error.brief)
            raise self._failed(error.brief) from error
        crash_point(fn, "after_commit")
        if self._failing:
            self._failing = False
            self.degraded(None)
        return value

    async def _read(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """A job that only reads."""
        try:
            return await self._storage.read(fn, *args, **kwargs)
        except StorageError as error:
            raise self._failed(error.brief) from error
