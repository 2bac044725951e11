"""Who runs the jobs of one connection: a thread of its own, or, under a virtual clock, the calling task."""

from __future__ import annotations

import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from typing import Any, Final, Generic, Protocol, TypeVar, final

import outcome
import trio
from trio.lowlevel import Abort, RaiseCancelT

from actors.storage.errors import Interrupted
from actors.storage.jobs import Job, Worker

WorkerT = TypeVar("WorkerT", bound=Worker)
WorkerT_co = TypeVar("WorkerT_co", bound=Worker, covariant=True)


class Line(Protocol[WorkerT_co]):
    """A worker and the way to it."""

    @property
    def worker(self) -> WorkerT_co: ...

    @property
    def waiting(self) -> int:
        """Jobs that nobody has taken up yet."""
        ...

    async def call(self, fn: Callable[[sqlite3.Connection], Any], *, relaxed: bool = False) -> Any:
        """Run a job. If cancelled before it begins it is dropped; once begun it is waited for."""
        ...

    async def close(self) -> None:
        """Let the jobs that wait finish, then close the connection."""
        ...


@final
class Inline(Generic[WorkerT]):
    """Runs jobs in the calling task."""

    waiting = 0

    def __init__(self, worker: WorkerT) -> None:
        self.worker = worker

    async def call(self, fn: Callable[[sqlite3.Connection], Any], *, relaxed: bool = False) -> Any:
        await trio.lowlevel.checkpoint()
        job = Job(fn, relaxed=relaxed)
        self.worker.execute([job])
        return job.result.unwrap()

    async def close(self) -> None:
        self.worker.close()


GRACE: Final = 5.0
"""Seconds for which a task that is cancelled waits on for a job that has begun."""


@final
class Call(Job):
    """A job with the task that waits for it. Task and thread race for it, and whoever claims it first wins."""

    __slots__ = ("_raise_cancel", "_unclaimed", "_waiting", "task")

    def __init__(self, fn: Callable[[sqlite3.Connection], Any], *, relaxed: bool = False) -> None:
        super().__init__(fn, relaxed=relaxed)
        self.task = trio.lowlevel.current_task()
        self._unclaimed = [None]
        self._waiting = True
        self._raise_cancel: RaiseCancelT | None = None

    def claim(self) -> bool:
        """Whether the caller is the first to ask; ``list.pop`` is atomic across threads."""
        try:
            self._unclaimed.pop()
        except IndexError:
            return False
        return True

    async def outcome(self) -> Any:
        """Wait until the thread has posted the result.

        Once a job has begun it is waited for though the task is cancelled, since what it does is done; but a disk that
        does not answer keeps nobody for ever.
        """

        def abort(raise_cancel: RaiseCancelT) -> Abort:
            if self.claim():
                return Abort.SUCCEEDED
            self._raise_cancel = raise_cancel
            self.abandoned = True
            trio.lowlevel.spawn_system_task(self._leave)
            return Abort.FAILED

        return await trio.lowlevel.wait_task_rescheduled(abort)

    def answer(self) -> None:
        """Wake the task with the result, unless it has left."""
        if self._waiting:
            interrupted = isinstance(self.result, outcome.Error) and isinstance(
                self.result.error, Interrupted
            )
            self._wake(cancelled=interrupted)

    async def _leave(self) -> None:
        await trio.sleep(GRACE)
        if self._waiting:
            self._wake(cancelled=True)

    def _wake(self, *, cancelled: bool) -> None:
        self._waiting = False
        cancel = self._raise_cancel
        result = self.result if cancel is None or not cancelled else outcome.capture(cancel)
        trio.lowlevel.reschedule(self.task, result)


@final
class Thread(Generic[WorkerT]):
    """Runs jobs in a daemon thread, which does not outlive the process nor keep it alive."""

    def __init__(self, name: str) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._queue: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._closing: list[Call] = []
        self._name = name
        self.worker: WorkerT

    @property
    def waiting(self) -> int:
        return self._queue.qsize()

    async def open(self, opening: Callable[[], WorkerT]) -> None:
        """Start the thread and wait until its connection is open, cancelled or not."""
        opened = Call(lambda _: None)
        opened.claim()
        threading.Thread(target=self._main, args=(opening, opened), name=self._name, daemon=True).start()
        await opened.outcome()

    async def call(self, fn: Callable[[sqlite3.Connection], Any], *, relaxed: bool = False) -> Any:
        await trio.lowlevel.checkpoint_if_cancelled()
        call = Call(fn, relaxed=relaxed)
        self._queue.put(call)
        return await call.outcome()

    async def close(self) -> None:
        closed = Call(lambda _: None)
        self._closing.append(closed)
        self._queue.put(None)
        await closed.outcome()  # if we are cancelled the thread closes all the same

    def _main(self, opening: Callable[[], WorkerT], opened: Call) -> None:
        try:
            self.worker = opening()
        except BaseException as error:  # noqa: BLE001 - raised again in the task that opens
            opened.result = outcome.Error(error)
            self._post([opened])
            return
        if self._post([opened]):
            self._serve()
        self.worker.close()
        self._post([closed for closed in self._closing if closed.claim()])

    def _serve(self) -> None:
        """Do jobs until told to close, or until the trio run is over."""
        while (calls := self._take()) is not None:
            self.worker.execute(calls)
            if not self._post(calls):
                return

    def _take(self) -> list[Call] | None:
        """Claim the jobs that wait, at least one; None when it is time to close."""
        calls: list[Call] = []
        with contextlib.suppress(queue.Empty):
            while len(calls) < self.worker.group:
                call = self._queue.get(block=not calls)
                if call is None:
                    if not calls:
                        return None
                    self._queue.put(None)  # for the next time; after close() nobody adds a job
                    break
                if call.claim():
                    calls.append(call)
        return calls

    def _post(self, calls: list[Call]) -> bool:
        """Answer all of them at once; False when the trio run is over."""
        try:
            self._token.run_sync_soon(_wake, calls)
        except trio.RunFinishedError:
            return False
        return True


def _wake(calls: list[Call]) -> None:
    for call in calls:
        call.answer()
