"""The answer slot of an ask, and the one task that keeps every deadline (G5, G6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import trio
from trio.lowlevel import Abort, Task, current_task, reschedule, wait_task_rescheduled

from bus.message.envelope import INFINITY, Envelope


@attrs.define(eq=False)
class Reply:
    """One-shot slot for the outcome of one ask. Setting it twice keeps the first outcome."""

    done: bool = False
    value: Any = None
    error: BaseException | None = None
    _task: Task | None = None

    @property
    def over(self) -> bool:
        return self.done

    def set(self, value: Any) -> bool:
        """Answer; False when the asker no longer waits."""
        if self.done:
            return False
        self.value = value
        self.done = True
        if self._task is not None:
            task, self._task = self._task, None  # the flight recorder keeps the slot, not who waited
            reschedule(task)
        return True

    def fail(self, error: BaseException) -> bool:
        """Answer with an error; False when the asker no longer waits."""
        if self.done:
            return False
        self.error = error
        self.set(None)
        return True

    def wait(self) -> Awaitable[object]:
        """Park until there is an outcome; only while there is none. Cancelled: the slot is closed to late replies.

        Not a coroutine of its own, since the asker would pay for it when it goes on.
        """
        self._task = current_task()
        return wait_task_rescheduled(self._leave)  # noqa: ASYNC105 - the asker awaits it

    def _leave(self, _: object) -> Abort:
        self._task = None
        self.done = True
        return Abort.SUCCEEDED

    def take(self) -> Any:
        """The outcome, once: return the answer or raise the error."""
        if self.error is not None:
            error, self.error = self.error, None  # break the cycle traceback -> frame -> reply -> error
            raise error
        value, self.value = self.value, None  # the flight recorder keeps the slot, not what was answered
        return value


class Deadlines:
    """Keeps the deadline of every pending ask with one sleeping task.

    A cancel scope around each ask would be its dearest part. Here an ask is one dictionary entry; the task sleeps
    until the nearest deadline known, then looks at all that are pending.
    """

    def __init__(self, expire: Callable[[Envelope], None]) -> None:
        self._expire = expire
        self._pending: dict[Envelope, float] = {}
        self._scope = trio.CancelScope()
        self._nearest = INFINITY

    def add(self, envelope: Envelope, deadline: float) -> None:
        """Call `expire` with `envelope` at `deadline`, or move its deadline."""
        self._pending[envelope] = deadline
        if deadline < self._nearest:
            self._nearest = self._scope.deadline = deadline

    def remove(self, envelope: Envelope) -> None:
        self._pending.pop(envelope, None)

    def __len__(self) -> int:
        return len(self._pending)

    async def run(self, clock: Callable[[], float]) -> None:
        """Keep the deadlines until cancelled."""
        while True:
            self._scope = trio.CancelScope(deadline=self._nearest)
            with self._scope:
                await trio.sleep_forever()
            self._sweep(clock())

    def _sweep(self, now: float) -> None:
        due = [envelope for envelope, deadline in self._pending.items() if deadline <= now]
        for envelope in due:
            del self._pending[envelope]
        self._nearest = min(self._pending.values(), default=INFINITY)
        for envelope in due:
            self._expire(envelope)
