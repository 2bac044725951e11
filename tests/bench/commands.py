"""What it costs to run a command that does nothing, from the call to its result."""

import time
from pathlib import Path
from typing import Any, Final

import trio

from tests.actors.shell.hands import hands
from tests.bench.figures import Figure, median

COMMANDS: Final = 60
WAYS: Final[dict[str, dict[str, Any]]] = {
    "in a sandbox": {},
    "in a sandbox without a network": {"network": "off"},
    "without a sandbox": {"sandbox": "off"},
}


def measure(folder: Path) -> list[Figure]:
    """Each way of running commands, and what starting a shell by itself takes."""
    found: list[Figure | None] = []
    for n, (name, way) in enumerate(WAYS.items()):
        place = folder / f"commands{n}"
        place.mkdir(parents=True)
        found.append(_of(name, trio.run(_commands, place, way)))
    alone = Figure(name="bash -c true by itself", value=trio.run(_alone), unit="ms")
    return [*(figure for figure in found if figure is not None), alone]


def _of(name: str, took: float | None) -> Figure | None:
    return None if took is None else Figure(name=f"shell start {name}", value=took, unit="ms", budget=25)


async def _commands(folder: Path, way: dict[str, Any]) -> float | None:
    """Milliseconds; None where this machine has no sandbox."""
    async with hands(folder, **way) as at_work:
        if not (way.get("sandbox") == "off" or (await at_work.protection()).sandbox):
            return None
        await at_work.bash("true")
        return await _median(at_work.bash)


async def _alone() -> float:
    async def run(command: str) -> None:
        await trio.run_process(["bash", "-c", command])

    return await _median(run)


async def _median(run: Any) -> float:
    took: list[float] = []
    for _ in range(COMMANDS):
        began = time.perf_counter()
        await run("true")
        took.append(time.perf_counter() - began)
    return 1000 * median(took)
