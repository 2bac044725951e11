"""An actor that keeps a database: what its transactions have in common."""

import sqlite3
from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import attrs
import trio

from actors.storage.database import Migration
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

    async def _erase(self, *, anew: bool = False, copies: bool = True) -> None:
        """Leave nothing in the files of what was deleted; see :meth:`Storage.erase`."""
        try:
            await self._storage.erase(anew=anew, copies=copies)
        except StorageError as error:
            raise self._failed(error.brief) from error


@contextmanager
def empty(migrations: Iterable[Migration]) -> Generator[sqlite3.Connection]:
    """A database in which nothing is kept, and which is kept nowhere."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        for migration in migrations:
            connection.executescript(str(migration))
        yield connection


class LateKeeper(Keeper):
    """A keeper whose database is made with the first thing that is kept; until then it is empty and costs nothing.

    Args:
      path: the database file.
      migrations: of its schema.
      failed: as of :class:`Keeper`.
    """

    def __init__(
        self, path: Path, migrations: Sequence[Migration], failed: Callable[[str], ActorError]
    ) -> None:
        super().__init__(Storage(path, migrations), failed)
        self._path = path
        self._migrations = migrations
        self._is_open = False
        self._opening = trio.Lock()

    async def start(self) -> None:
        """Open the database, if there is one. Raises the error of the front door."""
        if any(self._path.parent.glob(f"{self._path.name}*")):  # a log alone is something to complain about
            await self._open_late()

    async def _open_late(self) -> None:
        async with self._opening:  # tasks of the actor may have something to keep at the same time
            if not self._is_open:
                await super().start()
                self._is_open = True

    async def _committed(
        self,
        run: Callable[..., Awaitable[T]],
        fn: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        if not self._is_open:
            try:
                await self._open_late()
            except ActorError as error:
                self._failing = True
                self.degraded(str(error))
                raise
        return await super()._committed(run, fn, *args, **kwargs)

    async def _read(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        if self._is_open:
            return await super()._read(fn, *args, **kwargs)
        with empty(self._migrations) as nothing:
            return fn(nothing, *args, **kwargs)
