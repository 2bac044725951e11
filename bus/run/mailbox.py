"""The queues of one actor: bounded, with explicit overflow, in the order of sending (G3).

A deque and ``trio.lowlevel`` instead of a memory channel: statistics are needed anyway, and a message costs a third.
"""

from collections import deque
from collections.abc import Callable

import outcome
import trio
from trio.lowlevel import Abort, Task, current_task, reschedule, wait_task_rescheduled

from bus.message.envelope import Envelope

CONTROL_CAPACITY = 32
FAIRNESS = 64
"""Messages taken without a checkpoint before the reader yields, so that a busy actor can be cancelled."""


class Mailbox:
    """Messages that wait for their turn, and the one reader that is parked while there is none.

    Cancelling :meth:`put_when_room` leaves everything as it was. A place that becomes free is given
    to the writer that has waited longest in the same step, so that nobody can take it before and messages are
    queued in the order in which they were sent (G2).

    Args:
      capacity: places.
      admitted: called with each message that got a place after waiting, at the moment it is queued.
    """

    def __init__(self, capacity: int = 64, admitted: Callable[[Envelope], None] = lambda _: None) -> None:
        self.waiting: deque[Envelope] = deque()
        self.capacity = capacity
        self._admitted = admitted
        self._writers: deque[tuple[Task, Envelope]] = deque()
        self._reader: Task | None = None
        self._since_yield = 0
        self._woken = False
        self.peak = 0
        self.waits = 0
        """How often a sender had to wait for room."""

    def __len__(self) -> int:
        return len(self.waiting)

    @property
    def first(self) -> Envelope | None:
        """The message whose turn it is."""
        return self.waiting[0] if self.waiting else None

    @property
    def waiting_writers(self) -> int:
        """How many senders wait for room."""
        return len(self._writers)

    def put(self, envelope: Envelope) -> bool:
        """Queue a message; False, and nothing happens, when there is no place."""
        if len(self.waiting) >= self.capacity:
            return False
        self.waiting.append(envelope)
        self.peak = max(self.peak, len(self.waiting))
        self._wake_reader()
        return True

    async def put_when_room(self, envelope: Envelope) -> bool:
        """Queue a message as soon as there is a place; False when :meth:`clear` was called meanwhile."""
        entry = (current_task(), envelope)
        self.waits += 1
        self._writers.append(entry)

        def abort(_: object) -> Abort:
            self._writers.remove(entry)
            return Abort.SUCCEEDED

        queued: bool = await wait_task_rescheduled(abort)
        return queued

    def has_waiting(self, envelope: Envelope) -> bool:
        """Whether the sender of a message waits for room."""
        return any(waiting is envelope for _, waiting in self._writers)

    def _admit(self) -> None:
        """Give free places to those who wait for one."""
        while self._writers and self.put(self._writers[0][1]):
            task, envelope = self._writers.popleft()
            self._admitted(envelope)
            reschedule(task, outcome.Value(True))

    def take(self) -> Envelope | None:
        """The oldest message, or None when there is none."""
        if not self.waiting:
            return None
        envelope = self.waiting.popleft()
        if self._writers:
            self._admit()
        return envelope

    def drain(self, matches: Callable[[Envelope], bool]) -> list[Envelope]:
        """Take every waiting message that matches, in order, leaving the others as they are."""
        taken: list[Envelope] = []
        kept: list[Envelope] = []
        for envelope in self.waiting:
            (taken if matches(envelope) else kept).append(envelope)
        if taken:
            self.waiting.clear()
            self.waiting.extend(kept)
            self._admit()
        return taken

    def remove(self, envelope: Envelope) -> bool:
        """Take out one message; False when it does not wait here."""
        return bool(self.drain(lambda other: other is envelope))

    def clear(self) -> list[Envelope]:
        """Take everything out and turn away who waits for room: the actor has stopped for good."""
        writers, self._writers = self._writers, deque()
        for task, _ in writers:
            reschedule(task, outcome.Value(False))
        return self.drain(lambda _: True)

    # --- the reader ---------------------------------------------------------------------------------------

    def _wake_reader(self) -> None:
        if self._reader is not None:
            reader, self._reader = self._reader, None
            reschedule(reader)

    def take_at_once(self) -> Envelope | None:
        """Like :meth:`take`; None also when the reader has to yield, which is what :meth:`get` is for.

        Most messages are taken by this alone, since a coroutine for each would cost more than all else here.
        """
        if self._since_yield >= FAIRNESS - 1:
            return None
        self._since_yield += 1
        return self.take()

    async def get(self) -> Envelope | None:
        """The oldest message, waiting for one; None when :meth:`wake` was called meanwhile.

        Yields to other tasks. Cancelling it loses nothing.
        """
        self._since_yield = 0
        self._woken = False
        if self.waiting:
            await trio.lowlevel.checkpoint()
        else:
            self._reader = current_task()
            await wait_task_rescheduled(self._leave)
        return None if self._woken else self.take_at_once()

    def _leave(self, _: object) -> Abort:
        """The reader was cancelled while it waited."""
        self._reader = None
        return Abort.SUCCEEDED

    def wake(self) -> None:
        """Let a waiting :meth:`get` return None, whatever is queued: its caller has to look at something else."""
        self._woken = True
        self._wake_reader()


class Beside(Mailbox):
    """What waits for a handler that runs beside others, and what such handlers run for."""

    def __init__(
        self, capacity: int, limit: int, admitted: Callable[[Envelope], None] = lambda _: None
    ) -> None:
        super().__init__(capacity, admitted)
        self.limit = limit
        self.running: set[Envelope] = set()

    @property
    def is_free(self) -> bool:
        """Whether one more may run."""
        return len(self.running) < self.limit
