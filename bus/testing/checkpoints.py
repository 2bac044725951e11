"""Cancel a piece of code at each of its checkpoints in turn, to see that nothing is left half done."""

import itertools
from collections.abc import Awaitable, Callable
from typing import Literal

import trio

Moment = Literal["waiting", "going on"]
"""Cancelled while parked at a checkpoint, or when it has been woken and has not yet run on."""


_MOMENTS: tuple[Moment, ...] = ("waiting", "going on")


class _CancelAt(trio.abc.Instrument):
    """Cancels `scope` at checkpoint number `count` of `task`."""

    def __init__(self, scope: trio.CancelScope, task: trio.lowlevel.Task, count: int, moment: Moment) -> None:
        self._scope = scope
        self._task = task
        self._left = count
        self._moment = moment

    @property
    def fired(self) -> bool:
        return self._left <= 0

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self._pass(task, "going on")

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        self._pass(task, "waiting")

    def _pass(self, task: trio.lowlevel.Task, moment: Moment) -> None:
        if task is self._task and moment == self._moment:
            self._left -= 1
            if self._left == 0:
                self._scope.cancel(reason="cancelled at a checkpoint by a test")


async def _reached(scenario: Callable[[], Awaitable[object]], count: int, moment: Moment) -> bool:
    """Run the scenario, cancelled at that checkpoint; False when it ended before."""
    scope = trio.CancelScope()
    instrument = _CancelAt(scope, trio.lowlevel.current_task(), count, moment)
    trio.lowlevel.add_instrument(instrument)
    try:
        with scope:
            await scenario()
    finally:
        trio.lowlevel.remove_instrument(instrument)
    return instrument.fired


async def cancel_at_each_checkpoint(
    scenario: Callable[[], Awaitable[object]], check: Callable[[], Awaitable[object]]
) -> int:
    """Run `scenario` again and again, cancelled one checkpoint later each time, until it is left alone.

    Each checkpoint is tried twice: cancelled while it waits there, and when it has just been woken.

    Args:
      scenario: runs in the calling task, each time from the start.
      check: called after each run; raises AssertionError for what it left behind.

    Returns how many checkpoints there were.
    """
    for count in itertools.count(1):
        for moment in _MOMENTS:
            reached = await _reached(scenario, count, moment)
            await check()
            if not reached:
                return count - 1
    raise AssertionError("unreachable")  # pragma: no cover
