"""The queue of one actor: two lanes, bounded, explicit overflow, one parked reader (G3).

A deque and ``trio.lowlevel`` instead of a memory channel: lanes, taking by type, replacing in place and
statistics are needed anyway, and a message costs a third.
"""

from collections import deque
from collections.abc import Callable

import attrs
import outcome
import trio
from trio.lowlevel import Abort, Task, current_task, reschedule, wait_task_rescheduled

from bus.envelope import Envelope
from bus.parking import GO_ON

CONTROL_CAPACITY = 32
"""Places of the control lane."""
FAIRNESS = 64
"""Messages taken without a checkpoint before the reader yields, so that a busy actor can be cancelled."""
_SPREE = FAIRNESS - 1


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

    Cancelling :meth:`get` or :meth:`put_when_room` leaves everything as it was. A place that becomes free is given
    to the writer that has waited longest in the same step, so that nobody can take it before and messages are
    queued in the order in which they were sent (G2).

    Args:
      capacity: places of the work lane.
      admitted: called with each message that got a place after waiting, at the moment it is queued.
    """

    __slots__ = (
        "_admitted",
        "_capacity",
        "_reader",
        "_since_yield",
        "_woken",
        "_writers",
        "control",
        "peak",
        "waits",
        "work",
    )

    def __init__(self, capacity: int = 64, admitted: Callable[[Envelope], None] = lambda _: None) -> None:
        self.work: deque[Envelope] = deque()
        self.control: deque[Envelope] = deque()
        self._capacity = capacity
        self._admitted = admitted
        self._reader: Task | None = None
        self._writers: deque[tuple[Task, Envelope]] = deque()
        self._since_yield = 0
        self._woken = False
        self.peak = 0
        self.waits = 0

    def __len__(self) -> int:
        return len(self.work) + len(self.control)

    @property
    def capacity(self) -> int:
        return self._capacity

    def put(self, envelope: Envelope) -> bool:
        """Queue a work message; False, and nothing happens, when there is no place."""
        work = self.work
        depth = len(work)
        if depth >= self._capacity:
            return False
        work.append(envelope)
        if depth >= self.peak:
            self.peak = depth + 1
        if self._reader is not None:
            reader, self._reader = self._reader, None
            reschedule(reader, GO_ON)
        return True

    def put_control(self, envelope: Envelope) -> bool:
        """Queue a control message; False when its 32 places are taken."""
        if len(self.control) >= CONTROL_CAPACITY:
            return False
        self.control.append(envelope)
        return True

    async def put_when_room(self, envelope: Envelope) -> bool:
        """Queue a work message as soon as there is a place; False when :meth:`clear` was called meanwhile."""
        entry = (current_task(), envelope)
        self.waits += 1
        self._writers.append(entry)

        def abort(_: object) -> Abort:
            self._writers.remove(entry)
            return Abort.SUCCEEDED

        queued: bool = await wait_task_rescheduled(abort)
        return queued

    def is_waiting(self, envelope: Envelope) -> bool:
        """Whether the sender of a message waits for room."""
        return any(waiting is envelope for _, waiting in self._writers)

    def _admit(self) -> None:
        """Give free places to those who wait for one."""
        while self._writers and self.put(self._writers[0][1]):
            task, envelope = self._writers.popleft()
            self._admitted(envelope)
            reschedule(task, outcome.Value(True))

    def take(self) -> Envelope | None:
        """The oldest work message, or None when there is none."""
        if not self.work:
            return None
        envelope = self.work.popleft()
        if self._writers:
            self._admit()
        return envelope

    def put_back(self, envelope: Envelope) -> None:
        """Return a message that was taken and could not be begun to the head of the queue, full or not."""
        self.work.appendleft(envelope)

    def take_at_once(self) -> Envelope | None:
        """The oldest work message; None when the reader has to wait or to yield, which is what :meth:`get` is for.

        Most messages are taken by this alone, since a coroutine for each would cost more than all else here.
        """
        work = self.work
        if not work or self._since_yield >= _SPREE:
            return None
        self._since_yield += 1
        envelope = work.popleft()
        if self._writers:
            self._admit()
        return envelope

    async def get(self) -> Envelope | None:
        """The oldest work message, waiting for one; None when :meth:`wake` was called meanwhile.

        Yields to other tasks at least every 64 messages. Cancelling it loses nothing.
        """
        if self.work and self._since_yield < _SPREE:
            return self.take_at_once()
        self._since_yield = 0
        self._woken = False
        if self.work:
            await trio.lowlevel.checkpoint()
            if self._woken:
                return None
        if not self.work:
            self._reader = current_task()
            await wait_task_rescheduled(self._leave)
            if self._woken:
                return None
        return self.take()

    def _leave(self, _: object) -> Abort:
        """The reader was cancelled while it waited."""
        self._reader = None
        return Abort.SUCCEEDED

    def wake(self) -> None:
        """Let a waiting :meth:`get` return None, whatever is queued: its caller has to look at something else."""
        self._woken = True
        if self._reader is not None:
            reader, self._reader = self._reader, None
            reschedule(reader)

    def drain(self, matches: Callable[[Envelope], bool]) -> list[Envelope]:
        """Take every waiting work message that matches, in order, leaving the others as they are."""
        taken = _take_matching(self.work, matches)
        if taken:
            self._admit()
        return taken

    def drain_both(self, matches: Callable[[Envelope], bool]) -> list[Envelope]:
        """Take every waiting message that matches out of both lanes."""
        return [*_take_matching(self.control, matches), *self.drain(matches)]

    def clear(self) -> list[Envelope]:
        """Take everything out of both lanes and turn away who waits for room: the actor has stopped for good."""
        writers, self._writers = self._writers, deque()
        for task, _ in writers:
            reschedule(task, outcome.Value(False))
        return self.drain_both(lambda _: True)

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


def _take_matching(lane: deque[Envelope], matches: Callable[[Envelope], bool]) -> list[Envelope]:
    taken: list[Envelope] = []
    kept: list[Envelope] = []
    for envelope in lane:
        (taken if matches(envelope) else kept).append(envelope)
    if taken:
        lane.clear()
        lane.extend(kept)
    return taken
