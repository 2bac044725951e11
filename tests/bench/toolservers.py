"""What a call of a tool over MCP costs beyond the server's own time."""

import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import trio

from actors.context import TurnContext
from actors.mcp import messages as mcp
from actors.mcp.access import Access
from actors.mcp.actor import McpActor
from actors.mcp.keeping import Keep
from actors.mcp.offering import Offering
from actors.mcp.server_actor import ServerActor
from actors.mcp.settings import Mcp, Server, Settings
from bus.testing import MeshUnderTest, open_test_mesh
from tests.bench.figures import Figure, median

CALLS: Final = 500
FAKE: Final = Path(__file__).parents[1] / "fakes" / "mcp_server.py"
TURN: Final = TurnContext(session="s", turn="t", user="admin", role="admin", channel="main", source="web")


def measure(folder: Path) -> list[Figure]:
    """A call from the bus to a server over stdio and back, less what the server takes by itself; and starting one."""
    bare = _bare()
    (folder / "mcp").mkdir(parents=True)
    called, offered, started = trio.run(_measure, folder / "mcp")
    return [
        Figure(
            name="MCP call over stdio, beyond the server's time",
            value=called - bare,
            unit="ms",
            note=f"{called:.2f} with the server, which answers a bare pipe in {bare:.2f}",
        ),
        Figure(name="MCP tools of a turn, known already", value=offered, unit="ms"),
        Figure(name="MCP server started and listed, package loaded", value=started, unit="ms"),
    ]


def _bare() -> float:
    """Milliseconds in which the server answers a call that is written to its pipe and read from it, nothing more."""
    process = subprocess.Popen(
        [sys.executable, str(FAKE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        given, said = cast("Any", process.stdin), cast("Any", process.stdout)
        seconds: list[float] = []
        for n in range(CALLS):
            call = {"name": "echo", "arguments": {"text": "hello"}}
            start = time.perf_counter()
            given.write(
                json.dumps({"jsonrpc": "2.0", "id": n, "method": "tools/call", "params": call}) + "\n"
            )
            given.flush()
            said.readline()
            seconds.append(time.perf_counter() - start)
        given.close()
    return 1000 * median(seconds)


async def _measure(folder: Path) -> tuple[float, float, float]:
    async with open_test_mesh() as mesh:
        await _start(mesh, folder)
        await mesh.bus.ask(mcp.Reach(server="a"))
        start = time.perf_counter()
        await mesh.bus.ask(mcp.Reach(server="a", anew=True))
        started = time.perf_counter() - start
        whose = {"user": "admin", "session": "s", "turn": "t", "tool_use_id": "c"}
        call = mcp.Call(server="a", tool="echo", arguments={"text": "hello"}, reads=True, **whose)
        called = await _median(lambda: mesh.bus.ask(call))
        source = Offering()
        offered = await _median(lambda: source(mesh.bus, TURN))
        return called, offered, 1000 * started


async def _start(mesh: MeshUnderTest, folder: Path) -> None:
    settings = Settings(mcp=Mcp(servers={"a": Server(command=sys.executable, args=(str(FAKE),))}))
    keep = Keep(folder / "uploads")
    await mesh.start(partial(McpActor, lambda: settings, folder / "mcp", keep), name="mcp")
    of_server = partial(ServerActor, lambda: settings, folder, folder / "mcp", Access(os.environ), keep)
    await mesh.start_pool(of_server, name="mcp-server")


async def _median(ask: Any) -> float:
    seconds: list[float] = []
    for _ in range(CALLS):
        start = time.perf_counter()
        await ask()
        seconds.append(time.perf_counter() - start)
    return 1000 * median(seconds)
