"""The queue of one actor: two lanes, bounded, explicit overflow, one parked reader (G3).

A deque and ``trio.lowlevel`` instead of a memory channel: lanes, taking by type, replacing in place and
statistics are needed anyway, and a message costs a third.
"""

from collections import deque
from collections.abc import Callable
from enum import Enum

import attrs
import outcome
import trio
from trio.lowlevel import Abort, Task, current_task, reschedule, wait_task_rescheduled

from bus.envelope import Envelope
from bus.message import Message, Overflow

CONTROL_CAPACITY = 32
FAIRNESS = 64
"""Messages taken without a checkpoint before the reader yields, so that a busy actor can be cancelled."""


class Put(Enum):
    """What became of a message that was offered."""

    QUEUED = "queued"
    FULL = "full"
    """Nothing happened; the caller decides by its policy."""
    DROPPED = "dropped"
    """Queued, and another one (or this one) was given up: see the second value."""
    COALESCED = "coalesced"


@attrs.frozen
class Statistics:
    """Counters of a mailbox since it was made."""

    depth: int
    control: int
    capacity: int
    peak: int
    waiting_writers: int
    waits: int
    """How often a sender had to wait."""


class Mailbox:
    """Work and control lane of one actor. All methods are for the trio thread.

    ``put_nowait`` and ``take`` never lose a message: a cancelled :meth:`get` leaves the queue unchanged, a
    cancelled :meth:`wait_for_room` leaves the place to the next writer.
    """

    __slots__ = ("_capacity", "_reader", "_since_yield", "_writers", "control", "peak", "waits", "work")

    def __init__(self, capacity: int = 64) -> None:
        self.work: deque[Envelope] = deque()
        self.control: deque[Envelope] = deque()
        self._capacity = capacity
        self._reader: Task | None = None
        self._writers: deque[Task] = deque()
        self._since_yield = 0
        self.peak = 0
        self.waits = 0

    def __len__(self) -> int:
        return len(self.work) + len(self.control)

    @property
    def capacity(self) -> int:
        return self._capacity

    @property
    def full(self) -> bool:
        return len(self.work) >= self._capacity

    def put(self, envelope: Envelope, overflow: Overflow = Overflow.BLOCK) -> tuple[Put, Envelope | None]:
        """Queue a work message, or say what the policy did: ``(FULL, None)`` leaves the decision to the caller.

        The second value is the message that was given up under a dropping or coalescing policy.
        """
        work = self.work
        if overflow is Overflow.COALESCE and (replaced := self._replace(envelope)) is not None:
            return Put.COALESCED, replaced
        if len(work) >= self._capacity:
            if overflow is Overflow.DROP_NEWEST:
                return Put.DROPPED, envelope
            if overflow is not Overflow.DROP_OLDEST:
                return Put.FULL, None
            lost = self._remove_oldest(type(envelope.message))
            if lost is None:
                return Put.DROPPED, envelope
            self._append(envelope)
            return Put.DROPPED, lost
        self._append(envelope)
        return Put.QUEUED, None

    def _append(self, envelope: Envelope) -> None:
        work = self.work
        work.append(envelope)
        self.peak = max(self.peak, len(work))
        if self._reader is not None:
            reader, self._reader = self._reader, None
            reschedule(reader)

    def _replace(self, envelope: Envelope) -> Envelope | None:
        """Put `envelope` in the place of a queued one with the same class and coalescing key."""
        kind, key = type(envelope.message), envelope.message.coalesce_key()
        for index, queued in enumerate(self.work):
            if type(queued.message) is kind and queued.message.coalesce_key() == key:
                self.work[index] = envelope
                return queued
        return None

    def _remove_oldest(self, kind: type[Message]) -> Envelope | None:
        """Take out the oldest message of a class: a policy of one class never costs another its place."""
        for index, queued in enumerate(self.work):
            if type(queued.message) is kind:
                del self.work[index]
                return queued
        return None

    def put_control(self, envelope: Envelope) -> bool:
        """Queue a control message; False when its 32 places are taken."""
        if len(self.control) >= CONTROL_CAPACITY:
            return False
        self.control.append(envelope)
        return True

    async def wait_for_room(self) -> None:
        """Park until a place may be free. Woken writers re-check, since a sender may have taken it."""
        task = current_task()
        self.waits += 1
        self._writers.append(task)

        def abort(_: object) -> Abort:
            self._writers.remove(task)
            return Abort.SUCCEEDED

        try:
            await wait_task_rescheduled(abort)
        except BaseException:
            self._wake_writer()
            raise

    def _wake_writer(self) -> None:
        if self._writers and len(self.work) < self._capacity:
            reschedule(self._writers.popleft())

    def take(self) -> Envelope | None:
        """The oldest work message, or None when there is none."""
        if not self.work:
            return None
        envelope = self.work.popleft()
        if self._writers:
            self._wake_writer()
        return envelope

    async def get(self) -> Envelope | None:
        """The oldest work message, waiting for one; None when :meth:`wake` was called meanwhile.

        Yields to other tasks at least every 64 messages. Cancelling it loses nothing.
        """
        self._since_yield += 1
        if self._since_yield >= FAIRNESS:
            self._since_yield = 0
            await trio.lowlevel.checkpoint()
        if not self.work:
            self._since_yield = 0
            self._reader = current_task()

            def abort(_: object) -> Abort:
                self._reader = None
                return Abort.SUCCEEDED

            await wait_task_rescheduled(abort)
        return self.take()

    def wake(self) -> None:
        """Let a parked :meth:`get` return None."""
        if self._reader is not None:
            reader, self._reader = self._reader, None
            reschedule(reader)

    def drain(self, matches: Callable[[Envelope], bool]) -> list[Envelope]:
        """Take every waiting work message that matches, in order, leaving the others as they are."""
        taken = [envelope for envelope in self.work if matches(envelope)]
        if taken:
            gone = set(map(id, taken))
            kept = [envelope for envelope in self.work if id(envelope) not in gone]
            self.work.clear()
            self.work.extend(kept)
            self.release_writers()
        return taken

    def clear(self) -> list[Envelope]:
        """Take everything out of both lanes: the actor has stopped for good."""
        everything = [*self.control, *self.work]
        self.control.clear()
        self.work.clear()
        self.release_writers()
        return everything

    def release_writers(self) -> None:
        """Wake every waiting writer; each re-checks its place."""
        writers, self._writers = self._writers, deque()
        for task in writers:
            reschedule(task, outcome.Value(None))

    def oldest(self) -> float | None:
        """When the oldest waiting message was sent, or None."""
        return min((lane[0].sent_at for lane in (self.work, self.control) if lane), default=None)

    def statistics(self) -> Statistics:
        return Statistics(
            depth=len(self.work),
            control=len(self.control),
            capacity=self._capacity,
            peak=self.peak,
            waiting_writers=len(self._writers),
            waits=self.waits,
        )
