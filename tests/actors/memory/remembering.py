"""The agent with its memory: conversations on a real bus, notes on a real disk, a model that follows a script."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import trio

from actors.agent.sources import Dropped
from actors.context import TurnContext, context_of
from actors.memory import messages as memory
from actors.memory.actor import AgentNotesActor, MemoryActor
from actors.memory.extractor import Furthers, nothing_further
from actors.memory.follower import MemoryFollower
from actors.memory.searchable import Generation
from actors.memory.settings import Memory, Settings
from actors.persona import messages as persona
from actors.session import messages as session
from actors.vocabulary import ADMIN
from bus import Bus
from tests.actors.agent.world import Answer, World

HOURS = 3600.0


def flush(turn: TurnContext, dropped: Dropped) -> memory.Flush:
    return memory.Flush(
        user=turn.user,
        session=turn.session,
        turn=turn.turn,
        until=dropped.until,
        model=dropped.model,
        messages=dropped.messages,
    )


@attrs.define(eq=False)
class Remembering:
    """What a test sees and sets."""

    data: Path
    settings: Memory = attrs.field(factory=Memory)
    furthers: Furthers = nothing_further
    spent: set[str] = attrs.field(factory=set[str])
    """Users for whom no model may be asked any more."""
    world: World = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.world = World(
            self.data,
            context=tuple(map(context_of, (*persona.CONTEXT, memory.Remember))),
            keepsake=flush,
        )

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["Remembering"]:
        """One life of the program; leaving the block stops it in order."""
        for folder in (f"users/{ADMIN}", "users/bob", "config", "shared", "db"):
            (self.data / folder).mkdir(parents=True, exist_ok=True)
        async with self.world.running() as world:
            settings = lambda: Settings(memory=self.settings)  # noqa: E731
            generation = Generation()
            await world.mesh.start(partial(AgentNotesActor, self.data, generation), name="memory")
            await world.mesh.start_pool(
                partial(MemoryActor, settings, lambda: UTC, generation, lambda _: None, self.data),
                name="notes",
            )
            follower = partial(
                MemoryFollower, self.data, settings, lambda: "Aster", self.furthers, self._hindrance
            )
            await world.mesh.start(follower, name="memory-log")
            yield self

    @asynccontextmanager
    async def _hindrance(self, _bus: Bus, user: str, *_about: Any) -> AsyncGenerator[str | None]:
        yield "nothing is left for today" if user in self.spent else None

    async def say(self, text: str, *script: Answer, **fields: Any) -> str:
        """Say something and wait for the end of the turn; its conversation."""
        ended = await self.world.turn(text, *script, **fields)
        return ended.session

    async def rest(self, seconds: float = 5.0) -> None:
        """Let what follows a turn be done."""
        await trio.sleep(seconds)
        await self.world.mesh.settle()

    async def close(self, session_id: str, user: str = ADMIN) -> None:
        await self.world.bus.ask(session.Close(session=session_id, user=user, summary="done"))

    def note(self, name: str, user: str = ADMIN) -> str:
        """What is on the disk; empty where there is none."""
        path = self.data / "users" / user / name
        return path.read_text() if path.exists() else ""

    async def names(self, user: str = ADMIN) -> list[str]:
        """All notes."""
        return [each.name for each in await self.world.bus.ask(memory.ListFiles(user=user, role="user"))]

    def logs(self, user: str = ADMIN) -> str:
        """All daily logs."""
        folder = self.data / "users" / user / "memory"
        return "".join(path.read_text() for path in sorted(folder.glob("*.md")))

    async def costs(self) -> dict[str, int]:
        """Calls of models by purpose."""
        report = await self.world.bus.ask(session.Costs())
        return {each.name: each.calls for each in report.by_purpose}
