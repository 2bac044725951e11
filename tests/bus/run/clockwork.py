"""An actor that sets timers as a test tells it, and what went off when."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar, final

import attrs
import trio

from bus import Actor, Backoff, Command, Lane, Limits
from bus.run.running import RunningActor
from bus.run.timers import Timers
from bus.testing import MeshUnderTest

Deed = Callable[[Timers], object]
Program = list[tuple[float, Deed]]
"""What to do with the timers, and when."""


@final
@attrs.frozen(kw_only=True)
class Tick(Command):
    n: int = 1


@final
@attrs.frozen(kw_only=True)
class Tock(Command):
    """Worth nothing after a second."""

    within: ClassVar[float | None] = 1.0
    n: int = 1


@final
@attrs.frozen(kw_only=True)
class Alarm(Command):
    lane: ClassVar[Lane] = Lane.CONTROL
    n: int = 1


@final
@attrs.frozen(kw_only=True)
class Work(Command):
    """Keeps the actor busy, and may end badly."""

    seconds: float = 0.0
    crash: bool = False


class Clockwork(Actor):
    """Notes each command as the number it carries."""

    def __init__(self, handled: list[tuple[float, int]], at_start: Deed) -> None:
        self._handled = handled
        self._at_start = at_start

    async def start(self) -> None:
        self._began = trio.current_time()
        self._at_start(self.timers)

    def _note(self, n: int) -> None:
        self._handled.append((round(trio.current_time(), 6), n))

    @Tick.handler
    async def tick(self, command: Tick) -> None:
        self._note(command.n)

    @Tock.handler
    async def tock(self, command: Tock) -> None:
        self._note(command.n)

    @Alarm.handler
    async def alarm(self, command: Alarm) -> None:
        self._note(command.n)

    @Work.handler
    async def work(self, command: Work) -> None:
        await trio.sleep(command.seconds)
        if command.crash:
            raise OSError("a bug")


def nothing(timers: Timers) -> None:
    pass


class World:
    """A clockwork, what it has handled, and its timers."""

    def __init__(self, mesh: MeshUnderTest, handled: list[tuple[float, int]], cell: RunningActor) -> None:
        self.mesh = mesh
        self.handled = handled
        self.cell = cell

    @classmethod
    async def begin(
        cls,
        mesh: MeshUnderTest,
        *,
        at_start: Deed = nothing,
        limits: Limits | None = None,
    ) -> "World":
        handled: list[tuple[float, int]] = []
        backoff = Backoff(first=0.1, jitter=0.0)
        cell = await mesh.start(partial(Clockwork, handled, at_start), limits=limits, backoff=backoff)
        return cls(mesh, handled, cell)

    @property
    def timers(self) -> Timers:
        return self.cell.timers

    async def run(self, program: Program, until: float) -> list[tuple[float, int]]:
        """Carry out a program; what was handled, and when."""
        for at, deed in program:
            await trio.sleep_until(at)
            deed(self.timers)
        await trio.sleep_until(until)
        return self.handled
