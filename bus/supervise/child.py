"""One child of a supervisor or a pool over all its incarnations, and how each of them is stopped (G13).

Since trio cancels all tasks of a nursery at once, in no order, children run shielded from outside and whoever started
them alone drives their stop: ask politely, wait, cancel, wait for clean-up, force.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

import attrs
import trio

from bus.keep.exits import STOPPED, Exit
from bus.keep.health import NodeHealth
from bus.keep.limits import Backoff
from bus.keep.restart import Budget, Past, decide
from bus.run.core import Core


class Node(Protocol):
    """Anything a supervisor can run: an actor, a pool, another supervisor."""

    name: str
    stop_within: float
    """Seconds between the polite request and the cancellation."""
    cleanup_within: float

    async def run(self, ready: Callable[[], None]) -> Exit:
        """Live once; call `ready` when up; return why it ended."""
        ...

    def request_stop(self) -> None: ...
    def cancel(self) -> None: ...
    def force(self) -> None: ...

    def restarting(self, until: float, why: str) -> None:
        """It will be started again at that time."""
        ...

    def dispose(self) -> None:
        """It will not be started again."""
        ...

    def node_health(self) -> NodeHealth: ...


class RunningChild:
    """One child of a supervisor over all its incarnations."""

    def __init__(self, node: Node, backoff: Backoff) -> None:
        self.node = node
        self.backoff = backoff
        self.past = Past()
        self.running = False
        self.ready = False
        """Whether the latest incarnation has come up, also once it has ended."""
        self.expected = False
        """Its end was asked for, so it is no news."""
        self.hurried = False
        """It has no time left to end by itself."""
        self.down = False
        """It has ended and is not started again by itself."""
        self.life = 0
        self.changed = trio.Event()

    @property
    def up(self) -> bool:
        return self.running and self.ready

    def begin(self) -> None:
        """Its next incarnation is about to run."""
        self.life += 1
        self.running, self.ready, self.expected, self.hurried, self.down = True, False, False, False, False

    async def live(self, ready: Callable[[], None] = lambda: None) -> Exit:
        """One incarnation to its end, out of reach of outer cancellation: its stop is its supervisor's business.

        Args:
          ready: called when it is up.
        """
        try:
            if self.expected:  # it was asked to stop before it had begun
                return STOPPED
            with trio.CancelScope(shield=True):
                return await self.node.run(partial(self._is_up, ready))
            raise AssertionError  # pragma: no cover - the scope has no end of its own; for the type checker
        finally:  # also when something that is no Exception comes through
            self.running = False
            self.note()

    def _is_up(self, ready: Callable[[], None]) -> None:
        self.ready = True
        self.past = attrs.evolve(self.past, ready_at=trio.current_time())
        ready()
        self.note()

    def decide(self, budget: Budget, exit: Exit, core: Core) -> tuple[Budget, float | Exit]:
        """What is left of the budget it shares, and when it is started again; or how who started it has to end."""
        budget, self.past, decision = decide(
            budget,
            self.past,
            exit,
            name=self.node.name,
            backoff=self.backoff,
            now=core.now(),
            random=core.ids.random(),
        )
        return budget, decision

    def note(self) -> None:
        """Let everybody who waits for this child look at it again."""
        changed, self.changed = self.changed, trio.Event()
        changed.set()

    async def stop(self) -> None:
        """The ladder: ask, cancel, force."""
        await self.see_off(self.life)

    async def see_off(self, life: int) -> None:
        """Stop incarnation number `life`, and never by mistake one that was begun meanwhile."""
        if not self._lives(life):
            return
        self.expected = True
        self.node.request_stop()
        await self._ended(life, self.node.stop_within)
        if self._lives(life):
            self.node.cancel()
            await self._ended(life, self.node.cleanup_within)
        if self._lives(life):
            self.node.force()
        while self._lives(life):
            await self.changed.wait()

    def _lives(self, life: int) -> bool:
        return self.running and self.life == life

    async def _ended(self, life: int, patience: float) -> None:
        with trio.move_on_after(patience):
            while self._lives(life) and not self.hurried:
                await self.changed.wait()

    def hurry(self) -> None:
        """Cut short its stop, which is under way or yet to come."""
        self.hurried = True
        self.note()
