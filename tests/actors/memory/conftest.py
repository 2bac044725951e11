"""Notes in a folder of their own, kept by real actors on real databases."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from actors.memory import messages as memory
from actors.memory.actor import AgentNotesActor, MemoryActor
from actors.memory.embedder import EmbedderActor
from actors.memory.searchable import Generation
from actors.memory.settings import Memory, Settings
from actors.session import messages as session
from bus import Actor
from bus.testing import MeshUnderTest
from tests.actors.memory.remembering import Remembering

SMALL = "openai/text-embedding-3-small"


class Ledger(Actor):
    """As much of the conversations as the memory asks for."""

    def __init__(self, notes: "Notes") -> None:
        self._notes = notes

    @session.RecordUsage.handler
    async def record(self, request: session.RecordUsage) -> None:
        self._notes.spent.append(request)

    @session.ForgetTold.handler
    async def forget_told(self, request: session.ForgetTold) -> None:
        self._notes.forgotten.append(request)


class Notes:
    """What is told to the memory, in few words. Ada asks where nobody else is said to."""

    def __init__(self, mesh: MeshUnderTest, data: Path) -> None:
        self.mesh = mesh
        self.data = data
        self.settings = Memory()
        self.forgotten: list[session.ForgetTold] = []
        """What was to be forgotten of what turns were told."""
        self.seeded: list[str] = []
        self.spent: list[session.RecordUsage] = []
        self.idle = 600.0
        """Seconds after which who keeps the notes of a user is put to rest."""

    async def start(self) -> None:
        for folder in ("users/ada", "users/bob", "config", "shared", "db"):
            (self.data / folder).mkdir(parents=True, exist_ok=True)
        generation = Generation()
        await self.mesh.start(partial(AgentNotesActor, self.data, generation), name="memory")
        settings: Callable[[], Settings] = lambda: Settings(memory=self.settings)  # noqa: E731
        await self.mesh.start(partial(Ledger, self), name="session")
        await self.mesh.start(partial(EmbedderActor, settings), name="embedder")
        notes = partial(MemoryActor, settings, lambda: None, generation, self._seed, self.data)
        await self.mesh.start_pool(notes, name="notes", idle=self.idle)

    def _seed(self, user: str) -> None:
        self.seeded.append(user)

    def path(self, name: str, user: str = "ada") -> Path:
        """Where a note of a user lies."""
        return self.data / "users" / user / name

    async def write(self, name: str, content: str, user: str = "ada", **more: Any) -> memory.Written:
        fields: dict[str, Any] = {"role": "user", **more}
        return await self.mesh.bus.ask(memory.WriteFile(name=name, content=content, user=user, **fields))

    async def tool(self, name: str, content: str, user: str = "ada", **more: Any) -> memory.Written:
        fields: dict[str, Any] = {"role": "user", "session": "s", "turn": "t", "call": f"t:{self._next()}"}
        return await self.mesh.bus.ask(
            memory.MemoryWrite(file=name, content=content, user=user, **{**fields, **more})
        )

    async def daily(self, text: str, user: str = "ada", **more: Any) -> memory.Written:
        fields: dict[str, Any] = {"session": "s", "turn": "t", "call": f"t:{self._next()}"}
        return await self.mesh.bus.ask(memory.MemoryAppendDaily(text=text, user=user, **{**fields, **more}))

    async def forget(
        self, name: str, passage: str | None = None, user: str = "ada", **more: Any
    ) -> memory.Written:
        fields: dict[str, Any] = {"role": "user", **more}
        return await self.mesh.bus.ask(memory.ForgetFile(name=name, passage=passage, user=user, **fields))

    async def read(self, name: str, user: str = "ada", **more: Any) -> str:
        return (await self.mesh.bus.ask(memory.ReadFile(name=name, user=user, **more))).text

    async def read_as_tool(self, file: str, user: str = "ada", **more: Any) -> str:
        return (await self.mesh.bus.ask(memory.MemoryRead(file=file, user=user, **more))).text

    async def names(self, user: str = "ada", role: Any = "user") -> list[str]:
        return [each.name for each in await self.mesh.bus.ask(memory.ListFiles(user=user, role=role))]

    async def search(self, q: str, user: str = "ada", **more: Any) -> list[str]:
        """The sources that were found, the best first."""
        return [each.source for each in await self.found(q, user, **more)]

    async def found(self, q: str, user: str = "ada", **more: Any) -> tuple[memory.Found, ...]:
        return await self.mesh.bus.ask(memory.Search(q=q, user=user, **more))

    async def history(self, name: str = "", user: str = "ada", role: Any = "user") -> list[memory.Revision]:
        found = await self.mesh.bus.ask(memory.History(name=name, user=user, role=role))
        return list(found)

    def vectors(self, user: str = "ada") -> dict[str, list[tuple[str, int]]]:
        """By file: of each passage with a vector what made it, and its dimensions."""
        found: dict[str, list[tuple[str, int]]] = {}
        with closing(sqlite3.connect(self.path("memory.db", user))) as connection:
            for name, embedder, length in connection.execute(
                "SELECT name, embedder, length(vector) FROM vectors JOIN sources ON sources.id = vectors.id >> 20"
                " ORDER BY vectors.id"
            ):
                found.setdefault(name, []).append((embedder, length))
        return found

    async def until_vectors(self, *names: str, of: tuple[str, int] = (SMALL, 32)) -> None:
        """Wait until these files, and no others, have vectors, all of one kind."""
        with trio.fail_after(600):
            while {each: set(kinds) for each, kinds in self.vectors().items()} != {
                name: {of} for name in names
            }:
                await trio.sleep(0.01)

    def _next(self) -> int:
        self._calls = getattr(self, "_calls", 0) + 1
        return self._calls


@pytest.fixture
async def stopped(mesh: MeshUnderTest, tmp_path: Path) -> Notes:
    """Notes before anybody keeps them."""
    return Notes(mesh, tmp_path)


@pytest.fixture
async def notes(stopped: Notes) -> Notes:
    """Notes that are kept."""
    await stopped.start()
    return stopped


@pytest.fixture
def lives(tmp_path: Path) -> Remembering:
    return Remembering(tmp_path)


@pytest.fixture
async def agent(tmp_path: Path) -> AsyncIterator[Remembering]:
    async with Remembering(tmp_path).running() as agent:
        yield agent
