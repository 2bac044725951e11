"""The command of Podman or Docker, and a container that it runs.

An engine finishes what it was asked for even when whoever asked is killed.
"""

import os
import select
import shutil
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, Popen
from tempfile import TemporaryFile
from typing import Final, Literal, final

import trio

from actors.shell import census
from bus import crash_point
from starpod.errors import StarpodError
from starpod.host import process

Kind = Literal["podman", "docker"]
PATIENCE: Final = 120.0
"""Seconds that it may take for anything."""


class EngineFailed(StarpodError):
    """What an engine says of itself, or that it is not there."""


@final
class Container:
    """One that runs, whether or not we have started it."""

    def __init__(self, engine: "Engine", name: str, pid: int, descriptor: int) -> None:
        self.pid = pid
        self.status: int | None = None
        self._engine = engine
        self._name = name
        self._descriptor = descriptor

    @property
    def ended(self) -> bool:
        """See the protocol."""
        return bool(select.select([self._descriptor], [], [], 0)[0])

    async def wait(self) -> None:
        """See the protocol."""
        await trio.lowlevel.wait_readable(self._descriptor)
        with suppress(EngineFailed, ValueError):
            self.status = int(
                await self._engine.ask("inspect", "--format", "{{.State.ExitCode}}", self._name)
            )

    async def end(self) -> None:
        """See the protocol."""
        with suppress(EngineFailed):  # it is removed then all the same
            await self._engine.ask("stop", "--time", f"{process.POLITELY:.0f}", self._name)
        await self._engine.remove(self._name)

    def close(self) -> None:
        """See the protocol."""
        os.close(self._descriptor)


@final
class Engine:
    """The command of Podman or Docker."""

    def __init__(self, kind: Kind) -> None:
        """Raises EngineFailed where there is none."""
        found = shutil.which(kind)
        if found is None:
            raise EngineFailed(f"there is no {kind} here: install it, or leave out --engine")
        self.kind = kind
        self._path = found

    async def ask(self, *words: str, moment: str | None = None) -> str:
        """What it answers. Raises EngineFailed with what it says otherwise.

        It is never cut short: what it had done by then nobody would know. `moment` is a point at which a test has us
        die meanwhile.
        """
        with TemporaryFile() as output, TemporaryFile() as errors:
            try:
                asked = Popen(  # noqa: ASYNC220 - it is not waited for here
                    [self._path, *words], stdin=DEVNULL, stdout=output, stderr=errors, start_new_session=True
                )
            except OSError as error:
                raise EngineFailed(f"{self.kind} cannot be run: {error}") from error
            if moment is not None:
                crash_point("create", moment)
            if not await _ends(asked):
                raise EngineFailed(f"{self.kind} {words[0]} took longer than {PATIENCE:.0f} s")
            output.seek(0)
            errors.seek(0)
            if asked.returncode:
                said = errors.read().decode(errors="replace").strip().splitlines()
                why = [f"status {asked.returncode}", *said[-1:], *(each for each in said if "rror" in each)][
                    -1
                ]
                raise EngineFailed(f"{self.kind} {words[0]}: {why.removeprefix('Error: ')}")
            return output.read().decode(errors="replace").strip()

    async def remove(self, name: str) -> None:
        """Have no container of this name."""
        with suppress(EngineFailed):
            await self.ask("kill", name)
        with suppress(EngineFailed):
            await self.ask("rm", "--force", name)


async def _ends(asked: "Popen[bytes]") -> bool:
    """Whether it ends by itself in time; by our return it has."""
    descriptor = os.pidfd_open(asked.pid)
    try:
        with trio.move_on_after(PATIENCE, shield=True):
            await trio.lowlevel.wait_readable(descriptor)
    finally:
        os.close(descriptor)
    in_time = asked.poll() is not None
    asked.kill()
    asked.wait()
    return in_time


def runs_asked_for(prefix: str) -> list[tuple[int, str]]:
    """Who asks an engine to run a container whose name begins so, and the rest of the name.

    A host that was killed may have started them.
    """
    found: list[tuple[int, str]] = []
    for pid in census.processes():
        with suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
            at = words.index("--name") if "--name" in words[:-1] else 0
            if words[at - 1] == "run" and words[at + 1 : at + 2] and words[at + 1].startswith(prefix):
                found.append((pid, words[at + 1].removeprefix(prefix)))
    return found
