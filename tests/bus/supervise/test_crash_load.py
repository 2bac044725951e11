"""Each kind of actor crashed a hundred times under load: siblings untouched, backlog drained, nothing lost."""

from collections import Counter
from functools import partial
from typing import Any, ClassVar, final

import attrs
import pytest
import trio
from trio.testing import MockClock

from bus import (
    Actor,
    ActorCrashed,
    Backoff,
    Bus,
    Child,
    Command,
    Intensity,
    Limits,
    Mesh,
    Pool,
    Request,
    Sink,
    Stream,
    Supervisor,
    concurrent,
)
from bus.message.message import Message
from tests.bus.family import Boom, running

CRASHES = 100
QUICK = Backoff(first=0.01, cap=0.05, jitter=0.2)
PLENTY = Intensity(1000, 1.0)


@final
@attrs.frozen(kw_only=True)
class Serially(Request[int]):
    n: int


@final
@attrs.frozen(kw_only=True)
class Together(Request[int]):
    n: int


@final
@attrs.frozen(kw_only=True)
class Piecewise(Stream[int]):
    n: int


@final
@attrs.frozen(kw_only=True)
class Keyed(Request[int]):
    key_field: ClassVar[str | None] = "key"
    within: ClassVar[float] = 60.0
    key: str = "a"
    n: int


@final
@attrs.frozen(kw_only=True)
class Count(Command):
    n: int


class Serial(Actor):
    @Serially.handler
    async def serially(self, request: Serially) -> int:
        return await work(request.n)


class Concurrent(Actor):
    @Together.handler
    @concurrent(4)
    async def together(self, request: Together) -> int:
        return await work(request.n)


class Streaming(Actor):
    @Piecewise.handler
    @concurrent(4)
    async def piecewise(self, request: Piecewise, sink: Sink[int]) -> None:
        await sink.send(await work(request.n))


class Member(Actor):
    def __init__(self, key: str) -> None: ...

    @Keyed.handler
    async def keyed(self, request: Keyed) -> int:
        return await work(request.n)


class Bystander(Actor):
    """Counts in peace."""

    seen: ClassVar[list[int]] = []

    @Count.handler
    async def count(self, command: Count) -> None:
        self.seen.append(command.n)


async def work(n: int) -> int:
    """A negative number is a bug."""
    await trio.sleep(0.001)
    if n < 0:
        raise Boom(n)
    return n


async def stream(bus: Bus, request: Piecewise) -> int:
    async with bus.stream(request) as items:
        (item,) = [item async for item in items]
        return item


VICTIMS: dict[str, type[Message]] = {
    "serial": Serially,
    "concurrent": Together,
    "streaming": Piecewise,
    "pool": Keyed,
}


def tree() -> Supervisor:
    limits = Limits(mailbox=16)
    return Supervisor(
        "load",
        "one_for_one",
        [
            Child("serial", Serial, backoff=QUICK, limits=limits),
            Child("concurrent", Concurrent, backoff=QUICK, limits=limits),
            Child("streaming", Streaming, backoff=QUICK, limits=limits),
            Pool("pool", Member, backoff=QUICK, limits=limits, intensity=PLENTY),
            Child("bystander", Bystander),
        ],
        intensity=PLENTY,
    )


class Load:
    """Asks every actor without pause, and counts what came of it."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self.ends: Counter[tuple[str, str]] = Counter()

    async def ask(self, name: str, **fields: Any) -> None:
        message: Any = VICTIMS[name](**fields)
        try:
            asked = stream(self.mesh.bus, message) if name == "streaming" else self.mesh.bus.ask(message)
            assert await asked == message.n
            self.ends[name, "ok"] += 1
        except ActorCrashed:
            self.ends[name, "crashed"] += 1

    async def keep_asking(self, name: str, start: int) -> None:
        for n in range(start, start + 200):
            await self.ask(name, n=n)

    async def keep_counting(self) -> None:
        for n in range(500):
            await self.mesh.bus.tell(Count(n=n))
            await trio.sleep(0.01)

    async def crash(self, name: str) -> None:
        for n in range(1, CRASHES + 1):
            await self.ask(name, n=-n)
            await trio.sleep(0.02)


@pytest.mark.parametrize("victim", VICTIMS)
async def test_a_hundred_crashes_harm_nobody_else(autojump_clock: MockClock, victim: str) -> None:
    Bystander.seen.clear()
    async with running(tree()) as mesh:
        load = Load(mesh)
        async with trio.open_nursery() as nursery:
            for name in VICTIMS:
                for start in range(8):
                    nursery.start_soon(load.keep_asking, name, 1000 * start)
            nursery.start_soon(load.keep_counting)
            nursery.start_soon(load.crash, victim)
        asked = 8 * 200
        for name in VICTIMS:
            if name == victim:
                # What is in hand beside the one that crashes has a second to end: only its own ask is lost.
                assert load.ends[name, "ok"] == asked
                assert load.ends[name, "crashed"] == CRASHES
            else:
                assert (load.ends[name, "ok"], load.ends[name, "crashed"]) == (asked, 0)
        restarts = {node.name: node.restarts for node in mesh.console.health().children[0].children}
        assert restarts == {name: CRASHES if name == victim else 0 for name in [*VICTIMS, "bystander"]}
        assert Bystander.seen == list(range(500))
        assert all(queued == in_hand == 0 for *_, queued, in_hand in mesh.console.books().values())
        crashed = [entry for entry in mesh.core.dead.ring if entry.letter.reason == "crashed"]
        assert len(crashed) == len(mesh.core.dead.ring) == CRASHES


async def test_a_backlog_is_drained_in_order_whatever_crashes_in_between(autojump_clock: MockClock) -> None:
    order: list[int] = []

    async def tell(mesh: Mesh, n: int) -> None:
        request = Serially(n=-n if n % 2 else n)
        try:
            order.append(await mesh.bus.ask(request))
        except ActorCrashed:
            order.append(-n)

    patient = Child("serial", Serial, backoff=Backoff(first=0.01, cap=0.01), limits=Limits(mailbox=256))
    async with running(patient, intensity=PLENTY) as mesh, trio.open_nursery() as nursery:
        for n in range(200):
            nursery.start_soon(partial(tell, mesh, n))
            await trio.lowlevel.checkpoint()
            await trio.lowlevel.checkpoint()
        await trio.sleep(8)
    assert [abs(n) for n in order] == list(range(200))
