"""A puppet whose scripts write into a diary."""

from functools import partial
from typing import Any

import trio

from bus import Actor, Backoff, DeliveryError, Limits, Request
from bus.run.running import RunningActor
from bus.testing import MeshUnderTest
from tests.bus.world import Diary, Puppet, Script


class Scene:
    """A puppet whose scripts write into a diary."""

    def __init__(self, mesh: MeshUnderTest) -> None:
        self.mesh = mesh
        self.diary = Diary(mesh)
        self.ends: list[Any] = []

    async def start(self, **scripts: Script) -> RunningActor:
        known: dict[str, Script] = {"note": self.note, "second": self.second, "crash": self.crash}
        return await self.mesh.start(
            partial(Puppet, known | scripts),
            limits=Limits(mailbox=4),
            backoff=Backoff(first=1.0, jitter=0.0),
        )

    async def note(self, actor: Actor, message: Any) -> int:
        self.diary.note(f"{type(message).__name__} {getattr(message, 'n', '')}".strip())
        return getattr(message, "n", 0)

    async def second(self, actor: Actor, message: Any) -> int:
        await self.note(actor, message)
        await trio.sleep(1)
        return getattr(message, "n", 0)

    async def crash(self, actor: Actor, message: Any) -> None:
        raise RuntimeError("a bug")

    async def ask(self, request: Request[Any]) -> None:
        try:
            self.ends.append(await self.mesh.bus.ask(request))
        except DeliveryError as error:
            self.ends.append(error)

    async def ask_in_turn(self, nursery: trio.Nursery, *requests: Request[Any]) -> None:
        """Ask one after the other, without waiting for answers."""
        for request in requests:
            nursery.start_soon(self.ask, request)
            await self.mesh.settle()

    @property
    def lines(self) -> list[tuple[float, str]]:
        return self.diary.lines
