"""Children for supervisors that do what a test tells them, and a diary of what happened to them and when."""

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import trio

from bus import Actor, Backoff, Child, Limits, Mesh, Supervisor, Unavailable, open_mesh
from bus.run.core import Log, silent
from bus.supervise.spec import Node

STEADY = Backoff(jitter=0.0)
Deed = Callable[[], Awaitable[None]]


class Boom(Exception):
    """A bug."""


class Player(Actor):
    """Does what its stage says."""

    def __init__(self, stage: "Stage", name: str) -> None:
        self.stage = stage
        self.name = name
        stage.constructed(name)

    async def start(self) -> None:
        self.stage.players[self.name] = self
        self.stage.note("start", self.name)
        await self.stage.perform("start", self.name)
        self.stage.note("up", self.name)

    async def on_stop(self) -> None:
        await self.stage.perform("stop", self.name)
        self.stage.note("stop", self.name)

    def do(self, deed: Deed) -> None:
        self.spawn(self._do, deed)

    async def _do(self, deed: Deed) -> None:
        await deed()


class Stage:
    """Scripts of children by name, and the diary they share."""

    def __init__(self) -> None:
        self.began = trio.current_time()
        self.players: dict[str, Player] = {}
        self.diary: list[tuple[float, str, str]] = []
        """Instant, what, who."""
        self._scripts: dict[tuple[str, str], deque[Deed]] = {}

    # --- script -------------------------------------------------------------------------------------------

    def script(self, moment: str, name: str, *deeds: Deed) -> None:
        """What a child does at its next starts or stops, one deed for each; afterwards nothing special."""
        self._scripts[moment, name] = deque(deeds)

    async def perform(self, moment: str, name: str) -> None:
        waiting = self._scripts.get((moment, name))
        if waiting:
            await waiting.popleft()()

    def constructed(self, name: str) -> None:
        waiting = self._scripts.get(("make", name))
        if waiting and waiting.popleft() is boom:
            raise Boom(name)

    def child(self, name: str, **options: Any) -> Child:
        options.setdefault("backoff", STEADY)
        return Child(name, partial(Player, self, name), **options)

    # --- cues ---------------------------------------------------------------------------------------------

    def crash(self, name: str) -> None:
        self.players[name].do(boom)

    def outage(self, name: str) -> None:
        self.players[name].do(no_network)

    # --- diary --------------------------------------------------------------------------------------------

    def note(self, what: str, name: str) -> None:
        self.diary.append((round(trio.current_time() - self.began, 6), what, name))

    def told(self, *what: str) -> list[str]:
        """What was noted since the last time this was asked, as words such as ``0.2 up a``."""
        entries, self.diary = self.diary, []
        return [f"{at:g} {word} {name}" for at, word, name in entries if not what or word in what]


async def boom() -> None:
    raise Boom("boom")


async def no_network() -> None:
    raise Unavailable("no network")


def after(seconds: float, deed: Deed | None = None) -> Deed:
    """Sleep, then do something."""

    async def slowly() -> None:
        await trio.sleep(seconds)
        if deed is not None:
            await deed()

    return slowly


async def nothing() -> None:
    """As usual."""


@asynccontextmanager
async def running(*children: Node, log: Log = silent, **options: Any) -> AsyncGenerator[Mesh]:
    """A tree with these children under its root; its books are checked at the end."""
    strategy = options.pop("strategy", "one_for_one")
    tree = Supervisor("root", strategy, children, **options)
    async with open_mesh(tree, seed=1, log=log, complete=False) as mesh:
        yield mesh
    assert mesh.console.unbalanced() == []


def at_once() -> Limits:
    """Limits that let nobody finish."""
    return Limits(stop_within=0.0, cleanup_within=0.0)
