"""A gateway with the real store behind it, and a client who knows the operator's token."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx2

from actors.agent import messages as agent
from actors.console.actor import ConsoleActor
from actors.gateway.settings import Address
from actors.session import messages as session
from actors.session.actor import SessionActor
from actors.vocabulary import Text, ToolUse, Usage
from bus import Bus
from bus.console import Console
from bus.testing import MeshUnderTest
from tests.actors.gateway.client import PATIENCE
from tests.actors.gateway.neighbours import FakeAgent, World
from tests.actors.gateway.world import TOKEN, VERSION, Gateway, a_gateway, some_users
from tests.fakes.databases import session_database

OPERATOR = {"Authorization": f"Bearer {TOKEN}"}


class Agent(FakeAgent):
    """One that also wakes conversations and cancels single turns."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.delivered: list[agent.Deliver] = []
        self.unwanted: list[agent.Cancel] = []

    @agent.Deliver.handler
    async def deliver(self, command: agent.Deliver) -> None:
        self.delivered.append(command)

    @agent.Cancel.handler
    async def cancel(self, request: agent.Cancel) -> agent.Cancelled:
        self.unwanted.append(request)
        return agent.Cancelled(turn=request.turn)

    def describe(self) -> dict[str, Any]:
        return {"delivered": len(self.delivered), "key": "sk-ant-0123456789abcdef"}


class Operated(Gateway):
    """A running gateway and what an operator does with it."""

    @property
    def bus(self) -> Bus:
        return self.mesh.bus

    @property
    def console(self) -> Console:
        return self.mesh.console

    @property
    def agent(self) -> Agent:
        found = self.mesh.cell("agent").actor
        assert isinstance(found, Agent)
        return found

    async def look(self, path: str, **query: str | int) -> Any:
        """What ``GET`` answers."""
        answer = await self.http.get(f"/api/bus/{path}", params=query, headers=OPERATOR)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def act(self, path: str, **body: Any) -> Any:
        """What ``POST`` answers."""
        answer = await self.http.post(f"/api/bus/{path}", json=body, headers=OPERATOR)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, path: str, **body: Any) -> tuple[int, str]:
        """How ``POST`` is refused."""
        answer = await self.http.post(f"/api/bus/{path}", json=body, headers=OPERATOR)
        return answer.status_code, answer.json()["error"]

    # --- turns --------------------------------------------------------------------------------------------

    async def accept(self, text: str = "hello", **fields: Any) -> session.Accepted:
        said: dict[str, Any] = {"text": text, "user": "admin", **fields}
        return await self.bus.ask(session.Accept(incoming=session.Incoming(**said)))

    async def begin(self, turn: str) -> int:
        """Begin a turn; the number of the attempt."""
        return (await self.bus.ask(session.Begin(turn=turn, boot=self.bus.boot_id))).turn.attempt

    async def call(self, turn: str, text: str, tool: str) -> None:
        """The model says something and calls a tool, which answers."""
        own: dict[str, Any] = {"turn": turn, "boot": self.bus.boot_id, "attempt": 1, "last_event": 1}
        call = ToolUse(id="c1", name=tool, input={"path": "a.md"})
        used = Usage(model="test/one", input_tokens=10, output_tokens=5, cache_read_tokens=90, cost_usd=0.25)
        saved = await self.bus.ask(
            session.SaveCompletion(
                iteration=1, content=(Text(text=text),), calls=((call, "pure"),), usage=used, **own
            )
        )
        (step,) = saved.calls
        await self.bus.ask(session.SaveResult(n=step.n, content=(Text(text="found"),), is_error=False, **own))

    async def finish(self, turn: str, state: session.EndState = "done", outcome: str = "success") -> None:
        await self.bus.ask(
            session.Finish(
                turn=turn,
                boot=self.bus.boot_id,
                attempt=1,
                state=state,
                outcome=outcome,
                content=(Text(text="well"),),
                last_event=2,
            )
        )

    async def fail(self, turn: str, outcome: str = "error") -> None:
        await self.begin(turn)
        await self.finish(turn, "failed", outcome)


@asynccontextmanager
async def operating(mesh: MeshUnderTest, tmp_path: Path) -> AsyncGenerator[Operated]:
    """The world of an operator."""
    home = tmp_path / "home"
    home.mkdir()
    world = World(home)
    await mesh.start(partial(Agent, world), name="agent")
    await mesh.start(
        partial(
            SessionActor, session_database(tmp_path / "session.db"), lambda: (session.ChannelPolicy("main"),)
        ),
        name="session",
    )
    await mesh.start(some_users(tmp_path), name="users")
    await mesh.start(partial(ConsoleActor, VERSION), name="console")
    bound: list[Address] = []
    await mesh.start(a_gateway(tmp_path, bound.append), name="gateway")
    async with httpx2.AsyncClient(base_url=f"http://{bound[0]}", timeout=PATIENCE, verify=False) as http:
        yield Operated(mesh, world, bound[0], http)
