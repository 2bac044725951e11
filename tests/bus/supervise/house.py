"""A pool whose members do what a test tells them, and what they did."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, ClassVar, final

import attrs
import trio

from bus import Actor, Command, Intensity, Lane, Mesh, Pool, Request, concurrent
from bus.run.running import RunningActor
from bus.supervise.pool import RunningPool
from bus.supervise.spec import Node
from tests.bus.family import STEADY, Boom, running


@final
@attrs.frozen(kw_only=True)
class Work(Request[str]):
    """Takes some time; the answer says who gave it, in which of its lives."""

    key_field: ClassVar[str | None] = "key"
    within: ClassVar[float] = 10_000.0
    key: str
    seconds: float = 0.0
    n: int = 0


@final
@attrs.frozen(kw_only=True)
class Wait(Request[str]):
    """Like :class:`Work`, of which so many parts wait for others all the time."""

    key_field: ClassVar[str | None] = "key"
    within: ClassVar[float] = 10_000.0
    key: str
    seconds: float
    parts: int = 1


@final
@attrs.frozen(kw_only=True)
class Aside(Request[str]):
    key_field: ClassVar[str | None] = "key"
    key: str
    seconds: float = 0.0


@final
@attrs.frozen(kw_only=True)
class Knock(Request[str]):
    key_field: ClassVar[str | None] = "key"
    lane: ClassVar[Lane] = Lane.CONTROL
    key: str


@final
@attrs.frozen(kw_only=True)
class Note(Command):
    key_field: ClassVar[str | None] = "key"
    key: str
    n: int = 0
    seconds: float = 0.0


@final
@attrs.frozen(kw_only=True)
class Crash(Command):
    key_field: ClassVar[str | None] = "key"
    poison_after: ClassVar[int] = 10**9
    key: str
    n: int = 0


class House:
    """What its members do, and what they did."""

    def __init__(self) -> None:
        self.starts: list[str] = []
        self.notes: list[tuple[str, int]] = []
        self.ended: list[tuple[float, str]] = []
        self.before_start: Callable[[str], Any] | None = None
        self.living = 0
        self.most = 0

    def pool(self, **options: Any) -> Pool:
        options.setdefault("backoff", STEADY)
        return Pool("house", partial(Member, self), **options)


class Member(Actor):
    def __init__(self, house: House, key: str) -> None:
        self.house = house
        self.mine = key

    async def start(self) -> None:
        assert self.key == self.mine
        self.house.starts.append(self.mine)
        self.house.living += 1
        self.house.most = max(self.house.most, self.house.living)
        if self.house.before_start is not None:
            try:
                await self.house.before_start(self.mine)
            except BaseException:
                self.house.living -= 1
                raise

    async def on_stop(self) -> None:
        self.house.living -= 1
        self.house.ended.append((round(trio.current_time(), 6), self.mine))

    @Work.handler
    async def work(self, request: Work) -> str:
        await trio.sleep(request.seconds)
        return f"{self.mine}{request.n}"

    @Wait.handler
    async def wait(self, request: Wait) -> str:
        async with trio.open_nursery() as nursery:
            for n in range(request.parts):
                nursery.start_soon(self._wait, request.seconds * (n + 1) / request.parts)
        return self.mine

    async def _wait(self, seconds: float) -> None:
        with self.lending_place():
            await trio.sleep(seconds)

    @Aside.handler
    @concurrent(8)
    async def aside(self, request: Aside) -> str:
        await trio.sleep(request.seconds)
        return self.mine

    @Knock.handler
    async def knock(self, request: Knock) -> str:
        return f"{self.mine} is in"

    @Note.handler
    async def note(self, command: Note) -> None:
        await trio.sleep(command.seconds)
        self.house.notes.append((self.mine, command.n))

    @Crash.handler
    async def crash(self, command: Crash) -> None:
        raise Boom(self.mine)


@asynccontextmanager
async def open_house(
    house: House, *others: Node, of_root: Intensity | None = None, **options: Any
) -> AsyncGenerator[Mesh]:
    """A tree with a pool; what its members did that have gone must balance as well."""
    async with running(house.pool(**options), *others, intensity=of_root or Intensity()) as mesh:
        yield mesh
        retired = pool_of(mesh).retired
        assert retired.sent == retired.handled + retired.dead


def pool_of(mesh: Mesh) -> RunningPool:
    return next(pool for pool in mesh.tree.pools() if pool.name == "house")


def cell(mesh: Mesh, key: str) -> RunningActor:
    found = mesh.bus.routes.named(f"house[{key}]")
    assert isinstance(found, RunningActor)
    return found


def kept(mesh: Mesh) -> list[str]:
    return [str(cell.key) for cell in pool_of(mesh).addresses()]


class Slow(Actor):
    """Takes three seconds to clean up, and counts its lives."""

    lives: ClassVar[int] = 0

    def __init__(self, key: str) -> None:
        Slow.lives += 1

    async def on_stop(self) -> None:
        await trio.sleep(3)

    @Knock.handler
    async def knock(self, request: Knock) -> str:
        return f"{self.lives} at {trio.current_time():g}"
