"""A calculator to watch, and a tap that writes down what it shows."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, final

import attrs
import trio

from bus import Actor, ActorError, Backoff, Command, Event, Request, Sink, Stream
from bus.console import TapEvent
from bus.see.tapevent import to_json
from bus.testing import MeshUnderTest


@final
@attrs.frozen(kw_only=True)
class Add(Request[int]):
    left: int
    right: int


@final
@attrs.frozen(kw_only=True)
class Fail(Request[None]):
    how: str


@final
@attrs.frozen(kw_only=True)
class Note(Command):
    n: int = 0
    seconds: float = 0.0


@final
@attrs.frozen(kw_only=True)
class Take(Command):
    """Its handler takes all waiting notes out of turn."""


@final
@attrs.frozen(kw_only=True)
class Count(Stream[str]):
    upto: int


@final
@attrs.frozen(kw_only=True)
class Relay(Request[int]):
    """The handler asks somebody else in turn."""


@final
@attrs.frozen(kw_only=True)
class Added(Event):
    total: int


@attrs.define(eq=False, kw_only=True)
class Refused(ActorError):
    why: str

    def __str__(self) -> str:
        return self.why


class Calculator(Actor):
    @Add.handler
    async def add(self, request: Add) -> int:
        await trio.sleep(0.25)
        total = request.left + request.right
        await self.bus.publish(Added(total=total))
        return total

    @Fail.handler
    async def fail(self, request: Fail) -> None:
        if request.how == "refuse":
            raise Refused(why="the key sk-1234567890abc is refused")
        raise OSError("a bug")

    @Note.handler
    async def note(self, command: Note) -> None:
        await trio.sleep(command.seconds)

    @Take.handler
    async def take(self, command: Take) -> None:
        self.drain(Note)

    @Count.handler
    async def count(self, request: Count, sink: Sink[str]) -> None:
        for n in range(request.upto):
            await sink.send(f"item {n}")


class Agent(Actor):
    @Relay.handler
    async def relay(self, request: Relay) -> int:
        return await self.bus.ask(Add(left=1, right=2))


async def start(mesh: MeshUnderTest, **options: Any) -> None:
    await mesh.start(Calculator, name="calc", backoff=Backoff(first=0.5, jitter=0.0), **options)


@asynccontextmanager
async def watching(mesh: MeshUnderTest, filter: str = "") -> AsyncGenerator[list[dict[str, Any]]]:
    """What a tap shows until the block is left, without traces and at times relative to now."""
    shown: list[dict[str, Any]] = []
    began = mesh.bus.clock.monotonic()

    def describe(event: TapEvent) -> dict[str, Any]:
        line = to_json(event)
        line["at"] = round(line["at"] - began, 6)
        line.pop("trace", None)
        return line

    async with mesh.console.tap(filter, rate=None) as tap:
        yield shown
        await mesh.settle()
        shown.extend([describe(event) for _, event in tap._queue])


def points(shown: list[dict[str, Any]]) -> list[str]:
    return [line["point"] for line in shown]
