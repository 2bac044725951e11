"""The door to one database file."""

import functools
import pathlib
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar, final

import attrs
import trio

from actors.storage.database import Database, Migration
from actors.storage.errors import Closed
from actors.storage.jobs import Apart, Reader, Writer
from actors.storage.lines import Inline, Line, Thread, WorkerT
from bus import Data, in_thread, is_virtual

T = TypeVar("T")
P = ParamSpec("P")


@final
@attrs.frozen(kw_only=True)
class Statistics(Data):
    """What the write connection has done since it was opened."""

    commits: int = 0
    jobs: int = 0
    largest_group: int = 0
    """Most jobs that shared a commit."""
    last_commit: float = 0.0
    """Seconds."""
    slowest_commit: float = 0.0
    """Seconds."""
    waiting: int = 0
    """Jobs in the queue now."""


@final
class Storage:
    """One database file: a connection that writes, and one for reading that is opened when first needed.

    Args:
      path: the file; made when there never was one, its folder never. Only its owner can read it.
      migrations: what brings an empty file to the current schema, step by step; see :func:`numbered`. They run in
        one transaction, after a snapshot of what was there.
      synchronous: ``FULL`` survives a power cut, ``NORMAL`` only the death of the process.
      busy_timeout: seconds to wait for another process that holds a lock.
      inline: run jobs in the calling task; None does so exactly under a virtual clock.
    """

    def __init__(
        self,
        path: pathlib.Path,
        migrations: Sequence[Migration],
        *,
        synchronous: Literal["FULL", "NORMAL"] = "FULL",
        busy_timeout: float = 5.0,
        inline: bool | None = None,
    ) -> None:
        self._database = Database(
            path=path, migrations=tuple(migrations), synchronous=synchronous, busy_timeout=busy_timeout
        )
        self._inline = inline
        self._writer: Line[Writer] | None = None
        self._reader: Line[Reader] | None = None
        self._opening_reader = trio.Lock()

    async def open(self) -> None:
        """Open and migrate. Raises StorageError; the file is then as it was."""
        self._writer = await self._open_line("write", self._make_writer)

    async def run(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a job in a transaction and return its value once that is committed.

        Raises what the job raises, its changes rolled back, or StorageError. If cancelled before the job begins
        it is dropped; a job that has begun is waited for.
        """
        return await self._write(in_thread(functools.partial(_call, fn, args, kwargs)), relaxed=False)

    async def run_relaxed(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same without waiting for the disk, which is most of what a commit costs.

        The death of the process undoes nothing. A power cut may, until a later :meth:`run` has returned; what is left
        is always the work of the first jobs, in order.
        """
        return await self._write(in_thread(functools.partial(_call, fn, args, kwargs)), relaxed=True)

    async def _write(self, job: Callable[[sqlite3.Connection], T], *, relaxed: bool) -> T:
        if self._writer is None:
            raise Closed(path=self._database.path)
        result: T = await self._writer.call(job, relaxed=relaxed)
        return result

    async def read(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a job that only reads, on one state of the database, without keeping writers waiting.

        It sees everything whose :meth:`run` has returned.
        """
        reader = self._reader or await self._open_reader()
        result: T = await reader.call(in_thread(functools.partial(_call, fn, args, kwargs)))
        return result

    async def erase(self, *, anew: bool = False, copies: bool = True) -> None:
        """Leave nothing in the files of what was deleted.

        The write-ahead log is emptied, and with `copies` those from before a migration are deleted. Pages that were
        rearranged may still hold a part of it, unless the file is written `anew`, which takes as long as it is large.
        Raises StorageError.
        """
        await self._write(
            Apart(in_thread(functools.partial(self._database.erase, anew=anew, copies=copies))), relaxed=True
        )

    async def close(self) -> None:
        """Finish what was asked, checkpoint and close. Closing what is closed does nothing."""
        writer, self._writer = self._writer, None
        reader, self._reader = self._reader, None
        try:
            if reader is not None:
                await reader.close()
        finally:
            if writer is not None:
                await writer.close()

    def statistics(self) -> Statistics:
        """What was done so far; zeros when the storage is not open."""
        if self._writer is None:
            return Statistics()
        done = self._writer.worker
        return Statistics(
            commits=done.commits,
            jobs=done.jobs,
            largest_group=done.largest_group,
            last_commit=done.last_commit,
            slowest_commit=done.slowest_commit,
            waiting=self._writer.waiting,
        )

    def _make_writer(self) -> Writer:
        return Writer(self._database.open_writer(), self._database.path)

    def _make_reader(self) -> Reader:
        return Reader(self._database.open_reader(), self._database.path)

    @property
    def _is_open(self) -> bool:
        return self._writer is not None

    async def _open_reader(self) -> Line[Reader]:
        async with self._opening_reader:
            if self._is_open and self._reader is None:
                reader = await self._open_line("read", self._make_reader)
                if self._is_open:
                    self._reader = reader
                else:  # closed meanwhile
                    await reader.close()
            if self._reader is None:
                raise Closed(path=self._database.path)
            return self._reader

    async def _open_line(self, purpose: str, opening: Callable[[], WorkerT]) -> Line[WorkerT]:
        inline = is_virtual() if self._inline is None else self._inline
        if inline:
            await trio.lowlevel.checkpoint()
            return Inline(opening())
        thread: Thread[WorkerT] = Thread(f"{self._database.path.name} {purpose}")
        await thread.open(opening)
        return thread


def _call(
    fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], connection: sqlite3.Connection
) -> T:
    return fn(connection, *args, **kwargs)
