"""What hooks cost: a call for which there is none, and a command that is called and says nothing."""

import os
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

import trio

from actors.guarding import UNGUARDED
from actors.hooks import messages as hooks
from actors.hooks.actor import FOLDER, HooksActor
from actors.hooks.armed import Armed
from actors.hooks.guards import hooked
from actors.hooks.settings import Hooks, Settings
from actors.session import messages as session
from actors.session.actor import SessionActor
from actors.shell.actor import ShellActor
from actors.shell.settings import Settings as ShellSettings
from actors.subsystem import Given
from bus.testing import open_test_mesh
from tests.bench.figures import Figure, median

LOOKS: Final = 20_000
CALLS: Final = 30
BUDGET: Final = 0.1  # ms
MANIFEST: Final = '+++\nname = "{name}"\nevent = "PreToolUse"\nmatcher = "^{name}$"\ncommand = "true"\n+++\n'


def measure(folder: Path) -> list[Figure]:
    """Hooks of the disk, both ways of running a command."""
    nothing, trusted, kept = trio.run(_measure, folder / "hooks-bench")
    return [
        Figure(name="hooks: a call for which there is none", value=nothing, unit="ms", budget=BUDGET),
        Figure(name="hooks: a trusted command that says nothing", value=trusted, unit="ms"),
        Figure(name="hooks: the same in the sandbox, where there is one", value=kept, unit="ms"),
    ]


async def _measure(folder: Path) -> tuple[float, float, float]:
    for name in ("trusted", "kept"):
        path = folder / FOLDER / name / "HOOK.md"
        path.parent.mkdir(parents=True)
        path.write_text(MANIFEST.format(name=name))
    for name in ("home", "db"):
        (folder / name).mkdir()
    found: dict[type[Any], Any] = {
        Settings: Settings(hooks=Hooks(trusted=("trusted",))),
        ShellSettings: ShellSettings(),
    }
    environment = {"PATH": os.environ["PATH"]}
    given = Given(
        data=folder, home=folder / "home", environment=environment, settings_of=lambda kind: found[kind]
    )
    armed = Armed(folder / FOLDER)
    async with open_test_mesh() as mesh:
        channels = lambda: (session.ChannelPolicy("main"),)  # noqa: E731
        await mesh.start(partial(SessionActor, folder / "db" / "session.db", channels), name="session")
        await mesh.start(partial(ShellActor, given, lambda: 50_000, {}), name="shell")
        await mesh.start(partial(HooksActor, given, armed), name="hooks")
        guards = hooked(UNGUARDED, armed)
        looks = [_timed(guards.hooked) for _ in range(LOOKS)]
        took = {name: await _called(mesh.bus, name) for name in ("trusted", "kept")}
    return 1000 * median(looks), took["trusted"], took["kept"]


def _timed(is_hooked: Any) -> float:
    start = time.perf_counter()
    is_hooked("FileWrite")
    return time.perf_counter() - start


async def _called(bus: Any, tool: str) -> float:
    """Milliseconds from the event to what its hook says."""
    told = hooks.PreToolUse(tool_name=tool, tool_input={"command": "ls"}, tool_use_id="c1")
    seconds: list[float] = []
    for _ in range(CALLS):
        start = time.perf_counter()
        outcome = await bus.ask(hooks.fire(told))
        seconds.append(time.perf_counter() - start)
        assert [run.result for run in outcome.runs] == ["ok"]
    return 1000 * median(seconds)
