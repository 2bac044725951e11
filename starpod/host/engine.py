"""The command of Podman or Docker, and a container that it runs."""

import os
import select
from contextlib import suppress
from typing import Literal, final

import trio

from starpod.host import process
from starpod.host.command import Command, EngineFailed

Kind = Literal["podman", "docker"]


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
class Engine(Command):
    """The command of Podman or Docker."""

    def __init__(self, kind: Kind) -> None:
        """Raises EngineFailed where there is none."""
        super().__init__(kind)
        self.kind = kind

    async def remove(self, name: str) -> None:
        """Have no container of this name."""
        with suppress(EngineFailed):
            await self.ask("kill", name)
        with suppress(EngineFailed):
            await self.ask("rm", "--force", name)
