"""Doing jobs on a connection, in whatever thread: one transaction for many, each in a savepoint of its own."""

import abc
import contextlib
import pathlib
import sqlite3
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any, final

import outcome

from actors.storage.errors import translate
from actors.storage.whereabouts import Whereabouts

GROUP = 256
"""Most jobs that share one commit."""
FULL = 2
"""The value of SQLite's ``synchronous`` from which on a commit waits until the disk has it."""

LOOKS = 10_000
"""Steps of SQLite's machine, some 0.1 ms, after which a reader looks whether somebody still waits for the result."""


class Job:
    """A function to be run, then its result. A power cut may undo what a `relaxed` one did.

    One that only reads ends soon once it is `abandoned`.
    """

    __slots__ = ("abandoned", "fn", "relaxed", "result")

    def __init__(self, fn: Callable[[sqlite3.Connection], Any], *, relaxed: bool = False) -> None:
        self.abandoned = False
        self.fn = fn
        self.relaxed = relaxed
        self.result: outcome.Outcome[Any] = outcome.Value(None)


@final
class Apart:
    """A job that is done alone, outside of any transaction."""

    def __init__(self, fn: Callable[[sqlite3.Connection], Any]) -> None:
        self._fn = fn

    def __call__(self, connection: sqlite3.Connection) -> Any:
        return self._fn(connection)


class Worker(abc.ABC):
    """An open connection and the way it does jobs. Used by one thread only, but for its counters."""

    group = 1
    """How many jobs it takes at once."""

    def __init__(self, connection: sqlite3.Connection, path: pathlib.Path) -> None:
        self.connection = connection
        self.path = path
        self._whereabouts = Whereabouts(path)

    def execute(self, jobs: Sequence[Job]) -> None:
        """Do the jobs. Afterwards each has its result, come what may: somebody waits for it."""
        try:
            self._whereabouts.glance()
            self._execute(jobs)
        except BaseException as error:  # noqa: BLE001 - it is raised again where the jobs came from
            for job in jobs:
                self._fail(job, error)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    @abc.abstractmethod
    def _execute(self, jobs: Sequence[Job]) -> None: ...

    def _attempt(self, job: Job) -> bool:
        """Run one job inside the current transaction; False when it raised."""
        try:
            job.result = outcome.Value(job.fn(self.connection))
        except BaseException as error:  # noqa: BLE001 - it is raised again where the job came from
            self._fail(job, error)
            return False
        return True

    def _fail(self, job: Job, error: BaseException) -> None:
        _let_go(error)
        job.result = outcome.Error(translate(error, self.path))

    def _roll_back(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")


def _let_go(error: BaseException | None) -> None:
    """Let go of what a job was reading when it raised.

    Its exception would keep the cursor, the cursor its statement, and the statement the state of the database as it
    was: whoever reads on the same connection later would be told what was true then.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


@final
class Reader(Worker):
    """Each job sees one state of the database from its beginning to its end."""

    def __init__(self, connection: sqlite3.Connection, path: pathlib.Path) -> None:
        super().__init__(connection, path)
        self._job: Job | None = None
        connection.set_progress_handler(self._is_abandoned, LOOKS)

    def _is_abandoned(self) -> bool:
        return self._job is not None and self._job.abandoned

    def _execute(self, jobs: Sequence[Job]) -> None:
        (job,) = jobs
        self._job = job
        self._roll_back()  # what could not be rolled back before
        self.connection.execute("BEGIN")
        self._attempt(job)
        with contextlib.suppress(sqlite3.Error):
            self._roll_back()


@final
class Writer(Worker):
    """One commit for all jobs; if that fails as a whole, one for each, so that none suffers for a neighbour."""

    group = GROUP

    def __init__(self, connection: sqlite3.Connection, path: pathlib.Path) -> None:
        super().__init__(connection, path)
        self.commits = self.jobs = self.largest_group = 0
        self.last_commit = self.slowest_commit = 0.0
        self._flushes = self._usually_flushes = connection.execute("PRAGMA synchronous").fetchone()[0] >= FULL

    def close(self) -> None:
        """Tidy up and close. What cannot be tidied now stays in the write-ahead log, where it is safe."""
        with contextlib.suppress(sqlite3.Error):
            self.connection.execute("PRAGMA optimize")
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        super().close()

    def _execute(self, jobs: Sequence[Job]) -> None:
        apart = any(isinstance(job.fn, Apart) for job in jobs)
        if len(jobs) > 1 and not apart and self._execute_together(jobs):
            return
        for job in jobs:
            if isinstance(job.fn, Apart):
                self._roll_back()
                self._attempt(job)
            else:
                self._execute_alone(job)

    def _execute_together(self, jobs: Sequence[Job]) -> bool:
        """False when nothing was committed and the jobs may do better one by one."""
        self._begin(jobs)  # a lock held by others is everybody's failure
        try:
            for job in jobs:
                self.connection.execute("SAVEPOINT job")
                if not self._attempt(job):
                    self.connection.execute("ROLLBACK TO job")  # raises if SQLite gave up the transaction
                self.connection.execute("RELEASE job")
            self._commit(len(jobs))
        except sqlite3.Error:
            self._roll_back()
            return False
        return True

    def _execute_alone(self, job: Job) -> None:
        """Whatever happens is the result of this job alone: those before it are committed."""
        try:
            self._begin([job])
            if self._attempt(job):
                self._commit(1)
        except Exception as error:  # noqa: BLE001 - it is raised again where the job came from
            self._fail(job, error)
        with contextlib.suppress(
            sqlite3.Error
        ):  # it is tried again before the next job, which then fails by itself
            self._roll_back()

    def _begin(self, jobs: Sequence[Job]) -> None:
        """Open a transaction whose commit waits for the disk if one of the jobs wants that."""
        self._roll_back()
        flushes = self._usually_flushes and not all(job.relaxed for job in jobs)
        if flushes is not self._flushes:
            self.connection.execute(f"PRAGMA synchronous = {'FULL' if flushes else 'NORMAL'}")
            self._flushes = flushes
        self.connection.execute("BEGIN IMMEDIATE")

    def _commit(self, jobs: int) -> None:
        begun = time.perf_counter()
        self.connection.execute("COMMIT")
        self._whereabouts.check()  # nobody is told that something is stored which nobody will find
        self.last_commit = time.perf_counter() - begun
        self.slowest_commit = max(self.slowest_commit, self.last_commit)
        self.largest_group = max(self.largest_group, jobs)
        self.commits += 1
        self.jobs += jobs
