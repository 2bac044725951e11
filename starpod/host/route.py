"""How an instance is run: as a process of this machine, as a unit of systemd, or in a container of its own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, final

from starpod.host import process
from starpod.host.process import Process


class Running(Protocol):
    """An instance that was started, by us or by the host before us."""

    status: int | None
    """How it has ended, where that can be known."""

    @property
    def pid(self) -> int:
        """Its first process, as this machine counts; below it are all others of it."""
        ...

    @property
    def ended(self) -> bool:
        """Whether it has."""
        ...

    async def wait(self) -> None:
        """Return once it has ended."""
        ...

    async def end(self) -> None:
        """Tell it to end, and see to it that it does."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Route(Protocol):
    """One way. All processes of an instance have its mark in their environment."""

    async def start(
        self, id: str, place: Path, log: Path, marked: str, variables: Mapping[str, str], port: int
    ) -> Running:
        """Run an instance of which nothing is left. Raises OSError, StarpodError.

        Args:
          id: of the instance.
          place: its folder.
          log: what it says is added there.
          marked: the mark of its processes.
          variables: secrets and others, for its environment alone.
          port: where it is to listen on this machine.
        """
        ...

    async def find(self, id: str, pid: int, marked: str) -> Running | None:
        """One that runs and has a mark that begins so; `pid` is what it calls itself. Raises like start."""
        ...

    async def clean(self, id: str) -> None:
        """Leave nothing of an instance but its folder. Raises like start."""
        ...

    async def known(self) -> frozenset[str]:
        """The instances of this host of which something is there. Raises like start."""
        ...

    def container(self, id: str) -> dict[str, str] | None:
        """Its ``engine`` and its ``name``, for people who want to enter it; None where it is in none."""
        ...


@final
class AsProcess:
    """Each instance is a process beside the host's."""

    def __init__(self, host: str, program: Sequence[str] = process.SERVE) -> None:
        """`host` is the name of the host in marks; `program` what an instance is, its port comes last."""
        self._host = host
        self._program = program

    async def start(
        self, id: str, place: Path, log: Path, marked: str, variables: Mapping[str, str], port: int
    ) -> Process:
        """See the protocol."""
        return process.start((*self._program, str(port)), place, log, marked, variables)

    async def find(self, id: str, pid: int, marked: str) -> Process | None:
        """See the protocol."""
        return process.adopt(pid, marked)

    async def clean(self, id: str) -> None:
        """See the protocol."""
        await process.sweep(process.mark(self._host, id))

    async def known(self) -> frozenset[str]:
        """See the protocol."""
        return frozenset(id for _, id in process.marked_instances(self._host))

    def container(self, id: str) -> None:
        """See the protocol."""
