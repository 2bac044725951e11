"""A shell actor on a bus, with real processes."""

import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, final

import trio

from actors.resolving import connect
from actors.shell import messages as shell
from actors.shell.actor import ShellActor
from actors.shell.proxy import Connect
from actors.shell.settings import Settings, Shell
from actors.subsystem import Given
from actors.tooling import CallContext, Catalogue, Rendered, failure, render, tool_of
from actors.tools import messages as tools
from actors.vocabulary import Text
from bus import Actor, ActorError
from bus.testing import MeshUnderTest, open_test_mesh

CATALOGUE = Catalogue(map(tool_of, (shell.Run, shell.Look, shell.Stop)))
SECRET = "the-key-of-the-agent-4711"
PATIENCE = 60.0
"""Seconds anything may take on a machine that is busy with something else."""


class Keeper(Actor):
    """Stands where home is kept before a command may change it."""

    def __init__(self, asked: list[tools.KeepAll]) -> None:
        self.asked = asked

    @tools.KeepAll.handler
    async def keep(self, request: tools.KeepAll) -> tools.Kept:
        if request.user == "nobody":
            raise tools.KeepingFailed(reason="the disk is full")
        self.asked.append(request)
        return tools.Kept(files=0, new=0)


@final
class Hands:
    """What a turn can do with a shell."""

    def __init__(self, mesh: MeshUnderTest, home: Path, data: Path) -> None:
        self.mesh = mesh
        self.home = home
        self.data = data
        self.kept: list[tools.KeepAll] = []
        """What was asked to be kept."""

    async def call(self, name: str, user: str = "ada", **input: Any) -> Rendered:
        """Call a tool as a model does."""
        context = CallContext(
            call="turn:1",
            tool_use_id="toolu_1",
            session="s",
            user=user,
            turn="turn",
            role="user",
            channel="main",
            source="web",
        )
        try:
            return render(await self.mesh.bus.ask(CATALOGUE.decode(name, input, context)))
        except ActorError as error:
            return failure(error)

    async def text(self, name: str, user: str = "ada", **input: Any) -> str:
        (block,) = (await self.call(name, user, **input)).content
        assert isinstance(block, Text)
        return block.text

    async def bash(self, command: str, **input: Any) -> str:
        """The text that a model gets for a command."""
        return await self.text("Bash", command=command, **input)

    async def protection(self) -> shell.Protection:
        return await self.mesh.bus.ask(shell.GetProtection())


@asynccontextmanager
async def hands(
    folder: Path,
    *,
    reach: Connect = connect,
    granted: Mapping[str, str | None] | None = None,
    max_result: int = 50_000,
    **limits: Any,
) -> AsyncGenerator[Hands]:
    """A shell actor at work in `folder`, with these settings."""
    home, data = folder / "home", folder / ".starpod"
    home.mkdir(exist_ok=True)
    data.mkdir(exist_ok=True)
    settings = Settings(shell=Shell(**{"disk_left": 0, **limits}))
    given = Given(
        data=data,
        home=home,
        environment={**os.environ, "ANTHROPIC_API_KEY": SECRET},
        settings_of=lambda _: settings,
    )
    async with open_test_mesh() as mesh:
        await mesh.start(partial(ShellActor, given, lambda: max_result, granted or {}, reach))
        found = Hands(mesh, home, data)
        await mesh.start(partial(Keeper, found.kept))
        yield found


async def until(holds: Callable[[], object], what: str = "it did not happen") -> None:
    """Wait for what no event tells."""
    with trio.move_on_after(PATIENCE) as scope:
        while not holds():
            await trio.sleep(0.01)
    assert not scope.cancelled_caught, what


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def running(words: str, home: Path) -> list[int]:
    """Processes in a home whose command line begins so; the same test may run in another one meanwhile."""
    found = []
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            try:
                line = (each / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                there = (each / "cwd").readlink()
            except OSError:
                continue
            if line.startswith(words) and there == home and alive(int(each.name)):
                found.append(int(each.name))
    return found
