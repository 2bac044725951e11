"""A crash stays with whom it belongs to: one message, one lane, one incarnation (G10)."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any, ClassVar, final

import attrs
import pytest
import trio

from bus import Actor, ActorCrashed, Backoff, DeliveryError, Lane, Limits, Quarantined, Request, concurrent
from bus.testing import MeshUnderTest, open_test_mesh
from tests.bus.world import Diary, books, reasons


@final
@attrs.frozen(kw_only=True)
class Own(Request[int]):
    """Works on what is its own."""

    poison_after: ClassVar[int] = 1000
    n: int
    seconds: float = 0.0
    crash: bool = False


@final
@attrs.frozen(kw_only=True)
class Poison(Request[int]):
    pass


@final
@attrs.frozen(kw_only=True)
class Shared(Request[int]):
    """Works on what all have in common."""

    n: int
    seconds: float = 0.0
    crash: bool = False


@final
@attrs.frozen(kw_only=True)
class Serial(Request[int]):
    within: ClassVar[float] = 100.0
    seconds: float


@final
@attrs.frozen(kw_only=True)
class Stop(Request[int]):
    lane: ClassVar[Lane] = Lane.CONTROL
    crash: bool = False


@final
@attrs.frozen(kw_only=True)
class Spawn(Request[None]):
    after: float


class Worker(Actor):
    async def _work(self, request: Own | Shared) -> int:
        await trio.sleep(request.seconds)
        if request.crash:
            raise RuntimeError(f"a bug in {request.n}")
        return request.n

    @Own.handler
    @concurrent(100, isolated=True)
    async def own(self, request: Own) -> int:
        return await self._work(request)

    @Poison.handler
    @concurrent(100, isolated=True)
    async def poison(self, request: Poison) -> int:
        raise RuntimeError("a bug")

    @Shared.handler
    @concurrent(100)
    async def shared(self, request: Shared) -> int:
        return await self._work(request)

    @Serial.handler
    async def serial(self, request: Serial) -> int:
        await trio.sleep(request.seconds)
        return 0

    @Stop.handler
    async def stop(self, request: Stop) -> int:
        if request.crash:
            raise RuntimeError("a bug")
        return 1

    @Spawn.handler
    async def start_task(self, request: Spawn) -> None:
        self.spawn(self._fail, request.after)

    async def _fail(self, after: float) -> None:
        await trio.sleep(after)
        raise RuntimeError("a bug in the background")


@attrs.frozen
class Scene:
    mesh: MeshUnderTest
    diary: Diary
    lines: list[tuple[str, str]]
    ends: list[tuple[float, Any]] = attrs.field(factory=list[tuple[float, Any]])

    async def ask(self, request: Request[Any]) -> None:
        try:
            end: Any = await self.mesh.bus.ask(request)
        except DeliveryError as error:
            end = type(error)
        self.ends.append((self.diary.now, end))


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    lines: list[tuple[str, str]] = []

    def log(level: str, event: str, fields: dict[str, Any]) -> None:
        lines.append((level, event))

    async with open_test_mesh(log=log) as mesh:
        await mesh.start(partial(Worker), name="worker", backoff=Backoff(first=1.0, jitter=0.0))
        yield Scene(mesh, Diary(mesh), lines)


class TestAnIsolatedHandler:
    async def test_that_crashes_is_alone_in_it(self, autojump_clock: Any, scene: Scene) -> None:
        cell = scene.mesh.cell("worker")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(scene.ask, Own(n=1, seconds=9))
            nursery.start_soon(scene.ask, Shared(n=2, seconds=9))
            nursery.start_soon(scene.ask, Own(n=3, seconds=1, crash=True))
        assert scene.ends[0] == (1.0, ActorCrashed)
        assert sorted(scene.ends[1:]) == [(9.0, 1), (9.0, 2)]
        assert cell.incarnation == 1
        assert reasons(scene.mesh)[0] == "crashed"
        assert ("error", "handler crashed") in scene.lines

    async def test_tells_who_asked_what_it_was(self, autojump_clock: Any, scene: Scene) -> None:
        with pytest.raises(ActorCrashed) as caught:
            await scene.mesh.bus.ask(Own(n=3, crash=True))
        assert str(caught.value.__cause__) == "a bug in 3"
        assert not caught.value.retry_safe

    async def test_that_crashes_too_often_takes_the_actor_with_it(
        self, autojump_clock: Any, scene: Scene
    ) -> None:
        cell = scene.mesh.cell("worker")
        for n in range(5):
            await scene.ask(Own(n=n, crash=True))
        assert cell.incarnation == 1
        await scene.ask(Own(n=5, crash=True))
        assert await scene.mesh.bus.ask(Own(n=6)) == 6
        assert cell.incarnation == 2
        assert books(cell) == (7, 1, 6, 0, 0)

    async def test_is_borne_again_after_a_while(self, autojump_clock: Any, scene: Scene) -> None:
        cell = scene.mesh.cell("worker")
        for n in range(20):
            await scene.ask(Own(n=n, crash=True))
            await trio.sleep(7)
        assert cell.incarnation == 1

    async def test_is_quarantined_like_any_other_and_that_message_then_costs_nothing(
        self, autojump_clock: Any, scene: Scene
    ) -> None:
        cell = scene.mesh.cell("worker")
        for _ in range(20):
            await scene.ask(Poison())
        ends = [end for _, end in scene.ends]
        assert ends == [ActorCrashed, ActorCrashed, *[Quarantined] * 18]
        for n in range(5):
            await scene.ask(Own(n=n, crash=True))
        assert cell.incarnation == 1


class TestACrash:
    @pytest.mark.parametrize("how", ["task", "control", "beside"])
    async def test_leaves_the_message_in_hand_only_so_much_time(
        self, autojump_clock: Any, scene: Scene, how: str
    ) -> None:
        """A serial handler would go on for a minute; after a second it is cut short and the actor starts anew."""
        cell = scene.mesh.cell("worker")
        await scene.mesh.bus.ask(Spawn(after=1.0 if how == "task" else 1e9))
        async with trio.open_nursery() as nursery:
            if how == "beside":
                nursery.start_soon(scene.ask, Shared(n=1, seconds=1, crash=True))
                await scene.mesh.settle()
            nursery.start_soon(scene.ask, Serial(seconds=60))
            await trio.sleep(1)
            if how == "control":
                nursery.start_soon(scene.ask, Stop(crash=True))
            await trio.sleep(1)
            nursery.start_soon(scene.ask, Stop())
        assert (2.0, ActorCrashed) in scene.ends
        assert scene.ends[-1] == (3.0, 1)
        assert cell.incarnation == 2

    async def test_lets_the_message_in_hand_end_that_needs_no_longer(self, autojump_clock: Any) -> None:
        async with open_test_mesh() as mesh:
            await mesh.start(Worker, limits=Limits(settle_within=5.0))
            scene = Scene(mesh, Diary(mesh), [])
            await mesh.bus.ask(Spawn(after=1.0))
            await scene.ask(Serial(seconds=4))
            assert scene.ends == [(4.0, 0)]
