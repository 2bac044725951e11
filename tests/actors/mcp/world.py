"""The actors of MCP on a bus of their own, with servers that are real processes."""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, final

import attrs
import trio

from actors.context import TurnContext
from actors.mcp import messages as mcp
from actors.mcp.access import Access
from actors.mcp.actor import McpActor
from actors.mcp.keeping import Keep
from actors.mcp.offering import Offering
from actors.mcp.server_actor import ServerActor
from actors.mcp.settings import Mcp, Server, Settings
from actors.settings.messages import SettingsChanged
from actors.tooling import CallContext, Rendered, Tool, render
from actors.tools.actor import ToolsActor
from actors.tools.settings import Settings as ToolsSettings
from bus import Bus
from bus.testing import MeshUnderTest

FAKE: Final = Path(__file__).parents[2] / "fakes" / "mcp_server.py"
PATIENCE: Final = 60.0
TURN: Final = TurnContext(session="s", turn="t", user="admin", role="admin", channel="main", source="web")


@final
class World:
    """What a test holds in its hands."""

    def __init__(self, mesh: MeshUnderTest, root: Path) -> None:
        self.mesh = mesh
        self.home = root / "home"
        self.data = root / "data"
        self.notes = root / "notes"
        self.settings = Settings()
        self.source = Offering()
        self.environment = {**os.environ}

    @property
    def bus(self) -> Bus:
        return self.mesh.bus

    def fake(self, *args: str, **more: Any) -> Server:
        """A server of ours that does as it is told."""
        env = {"MCP_NOTES": str(self.notes), **more.pop("env", {})}
        return Server(command=sys.executable, args=(str(FAKE), *args), env=env, **more)

    def configure(self, idle: float = 600.0, **servers: Server) -> None:
        self.settings = Settings(mcp=Mcp(idle_secs=idle, servers=servers))

    async def change(self, idle: float = 600.0, **servers: Server) -> None:
        """Other settings, as they come while the agent runs."""
        self.configure(idle, **servers)
        await self.bus.publish(SettingsChanged(sections=("mcp",)))

    async def start(self, idle: float = 600.0, **servers: Server) -> None:
        self.configure(idle, **servers)
        self.home.mkdir()
        uploads = self.data / "uploads"
        uploads.mkdir(parents=True)
        keep = Keep(uploads)
        tools = partial(ToolsActor, self.home, uploads, self.data, ToolsSettings, lambda: 50_000)
        await self.mesh.start(tools, name="tools")
        await self.mesh.start(partial(McpActor, lambda: self.settings, self.data / "mcp", keep), name="mcp")
        of_server = partial(
            ServerActor, lambda: self.settings, self.home, self.data / "mcp", Access(self.environment), keep
        )
        await self.mesh.start_pool(of_server, name="mcp-server", idle=0.2)

    # --- as a turn does -------------------------------------------------------------------------------------

    async def tools(self, role: str = "admin") -> dict[str, Tool]:
        """What a turn is offered, by name."""
        found = await self.source(self.bus, attrs.evolve(TURN, role=role))
        return {each.name: each for each in found}

    async def reached(self, name: str = "a") -> dict[str, Tool]:
        """The same, once a server has been reached."""
        await self.bus.ask(mcp.Reach(server=name))
        await self.listed(name)
        return await self.tools()

    async def listed(self, name: str) -> None:
        with trio.fail_after(PATIENCE):
            while not await self.bus.ask(mcp.ListTools(name=name)):
                await trio.sleep(0.01)

    async def call(self, name: str, /, **input: Any) -> Rendered:
        """Carry out a call by its full name, as the gate does. Raises what went wrong."""
        tool = (await self.tools())[name]
        context = CallContext(**attrs.asdict(TURN), call="c", tool_use_id="toolu_1")
        with trio.fail_after(PATIENCE):
            return render(await self.bus.ask(tool.decode(input, context)))

    async def state(self, name: str = "a") -> mcp.ServerState:
        found = await self.bus.ask(mcp.ListServers())
        return next(each for each in found if each.name == name)

    async def until_state(self, *wanted: mcp.State, name: str = "a") -> mcp.ServerState:
        with trio.fail_after(PATIENCE):
            while (found := await self.state(name)).state not in wanted:
                await trio.sleep(0.01)
        return found

    # --- from outside ---------------------------------------------------------------------------------------

    def noted(self) -> list[str]:
        """What the servers have noticed."""
        return self.notes.read_text().splitlines() if self.notes.exists() else []

    def started(self) -> list[int]:
        """Process ids of all servers so far."""
        return [int(each.split()[1]) for each in self.noted() if each.startswith("started ")]

    async def until(self, holds: Callable[[], object]) -> None:
        with trio.fail_after(PATIENCE):
            while not holds():
                await trio.sleep(0.01)


def lives(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def text_of(found: Rendered) -> str:
    return "\n".join(getattr(each, "text", f"<{type(each).__name__}>") for each in found.content)
