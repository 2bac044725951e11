"""The queue of one actor: two lanes, bounded, explicit overflow, one parked reader (G3).

A deque and ``trio.lowlevel`` instead of a memory channel: lanes, taking by type, replacing in place and
statistics are needed anyway, and a message costs a third.
"""

from collections import deque
from collections.abc import Callable, Mapping

import attrs
import outcome
import trio
from trio.lowlevel import Abort, Task, current_task, reschedule, wait_task_rescheduled

from bus.message.envelope import Envelope
from bus.message.message import Message
from bus.run.parking import GO_ON

CONTROL_CAPACITY = 32
"""Places of the control lane."""
FAIRNESS = 64
"""Messages taken without a checkpoint before the reader yields, so that a busy actor can be cancelled."""
_SPREE = FAIRNESS - 1
NOBODY: Mapping[type[Message], int] = {}


@attrs.define(eq=False)
class Beside:
    """The queue of one class whose handler runs beside others, and how many of them do."""

    limit: int
    waiting: deque[Envelope] = attrs.field(factory=deque[Envelope])
    running: set[Envelope] = attrs.field(factory=set[Envelope])

    @property
    def is_free(self) -> bool:
        """Whether one more may run."""
        return len(self.running) < self.limit


class Mailbox:
    """Work and control lane of one actor. All methods are for the trio thread.

    Each class whose handler runs beside others has a queue and places of its own, so that one which runs as often as
    it may holds up nobody else. Apart from those, messages are taken in the order in which they were sent.

    Cancelling :meth:`get` or :meth:`put_when_room` leaves everything as it was. A place that becomes free is given
    to the writer that has waited longest in the same step, so that nobody can take it before and messages are
    queued in the order in which they were sent (G2).

    Args:
      capacity: places of the work lane, and of each class that runs beside others.
      beside: how many may run at once, by class.
      admitted: called with each message that got a place after waiting, at the moment it is queued.
    """

    def __init__(
        self,
        capacity: int = 64,
        beside: Mapping[type[Message], int] = NOBODY,
        admitted: Callable[[Envelope], None] = lambda _: None,
    ) -> None:
        self.work: deque[Envelope] = deque()
        self.control: deque[Envelope] = deque()
        self.beside = {kind: Beside(limit) for kind, limit in beside.items()}
        self._queued_beside = 0
        self.capacity = capacity
        self._admitted = admitted
        self._reader: Task | None = None
        self._writers: deque[tuple[Task, Envelope]] = deque()
        self._since_yield = 0
        self._woken = False
        self.peak = 0
        """The most that have ever waited in one lane."""
        self.waits = 0
        """How often a sender had to wait for room."""

    def __len__(self) -> int:
        return len(self.work) + len(self.control) + self._queued_beside

    @property
    def depth(self) -> int:
        """How many work messages wait."""
        return len(self.work) + self._queued_beside

    @property
    def waiting_writers(self) -> int:
        """How many senders wait for room."""
        return len(self._writers)

    def put(self, envelope: Envelope) -> bool:
        """Queue a work message; False, and nothing happens, when there is no place."""
        lane = self.beside.get(type(envelope.message))
        queue = self.work if lane is None else lane.waiting
        depth = len(queue)
        if depth >= self.capacity:
            return False
        queue.append(envelope)
        if depth >= self.peak:
            self.peak = depth + 1
        if lane is not None:
            self._queued_beside += 1
        if self._reader is not None and (lane is None or lane.is_free):
            self._wake_reader()
        return True

    def _wake_reader(self) -> None:
        if self._reader is not None:
            reader, self._reader = self._reader, None
            reschedule(reader, GO_ON)

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

    def has_waiting(self, envelope: Envelope) -> bool:
        """Whether the sender of a message waits for room."""
        return any(waiting is envelope for _, waiting in self._writers)

    def _admit(self) -> None:
        """Give free places to those who wait for one."""
        writers = self._writers
        while writers and self.put(writers[0][1]):
            self._let_in(*writers.popleft())
        if writers and self.beside:  # behind who waits for one lane there may be who waits for another
            for entry in tuple(writers):
                if self.put(entry[1]):
                    writers.remove(entry)
                    self._let_in(*entry)

    def _let_in(self, task: Task, envelope: Envelope) -> None:
        self._admitted(envelope)
        reschedule(task, outcome.Value(True))

    def _next(self) -> deque[Envelope]:
        """The queue whose first message is the oldest of those that may begin; an empty one when there is none."""
        found = self.work
        for lane in self.beside.values():
            waiting = lane.waiting
            if waiting and lane.is_free and (not found or waiting[0].seq < found[0].seq):
                found = waiting
        return found

    def take(self) -> Envelope | None:
        """The oldest work message that may begin, or None when there is none."""
        queue = self._next() if self._queued_beside else self.work
        if not queue:
            return None
        envelope = queue.popleft()
        if queue is not self.work:
            self._queued_beside -= 1
        if self._writers:
            self._admit()
        return envelope

    def take_at_once(self) -> Envelope | None:
        """Like :meth:`take`; None also when the reader has to yield, which is what :meth:`get` is for.

        Most messages are taken by this alone, since a coroutine for each would cost more than all else here.
        """
        if self._since_yield >= _SPREE:
            return None
        self._since_yield += 1
        if (
            self.work and not self._queued_beside and not self._writers
        ):  # nearly always; saves a call for each message
            return self.work.popleft()
        return self.take()

    async def get(self) -> Envelope | None:
        """The oldest work message that may begin, waiting for one; None when :meth:`wake` was called meanwhile.

        Yields to other tasks. Cancelling it loses nothing.
        """
        self._since_yield = 0
        self._woken = False
        if self.work or (self._queued_beside and self._next()):
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

    def drain(self, matches: Callable[[Envelope], bool]) -> list[Envelope]:
        """Take every waiting work message that matches, in order, leaving the others as they are."""
        taken = _take_matching(self.work, matches)
        if self._queued_beside:
            for lane in self.beside.values():
                found = _take_matching(lane.waiting, matches)
                self._queued_beside -= len(found)
                taken += found
            taken.sort(key=lambda envelope: envelope.seq)
        if taken:
            self._admit()
        return taken

    def remove(self, envelope: Envelope) -> bool:
        """Take out one message, whichever lane it waits in; False when it waits in none."""
        return bool(self.drain_both(lambda other: other is envelope))

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
        lanes = (self.work, self.control, *(lane.waiting for lane in self.beside.values()))
        return min((lane[0].sent_at for lane in lanes if lane), default=None)


def _take_matching(lane: deque[Envelope], matches: Callable[[Envelope], bool]) -> list[Envelope]:
    taken: list[Envelope] = []
    kept: list[Envelope] = []
    for envelope in lane:
        (taken if matches(envelope) else kept).append(envelope)
    if taken:
        lane.clear()
        lane.extend(kept)
    return taken
