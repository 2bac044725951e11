"""The process of a server: started behind a guard, so that nothing of it is left however we end."""

import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar, final

import attrs
import trio

from bus import Data

T = TypeVar("T")

GUARD: Final = Path(__file__).with_name("guard.py")
POLITELY: Final = 2.0
"""Seconds that a server has to end once its input is closed, before it is told to."""
GRACE: Final = 1.0
"""Seconds that it has then, before it is killed."""
CONTROL: Final = 9
"""Descriptor of the lifeline in a sandbox that begins."""
TAIL: Final = 2000
"""Bytes kept of what it writes to standard error."""
PASSED_ON: Final = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""Variables that each program gets, as they are here; no others but those that its settings name."""


@final
@attrs.frozen(kw_only=True)
class Start(Data):
    """What is to be run."""

    command: Sequence[str]
    environment: Mapping[str, str] = attrs.field(repr=False)
    folder: Path
    enclosed: bool = False
    """Whether the command begins a sandbox, which hears by CONTROL whether we are there."""


@final
class Process:
    """A running server."""

    def __init__(self, running: trio.Process) -> None:
        self._running = running
        self._tail = b""
        self.ended = trio.Event()

    @property
    def pid(self) -> int:
        """That of the guard; the server's own is below it."""
        return self._running.pid

    @property
    def input(self) -> trio.abc.SendStream:
        return _there(self._running.stdin)

    @property
    def output(self) -> trio.abc.ReceiveStream:
        return _there(self._running.stdout)

    @property
    def errors(self) -> trio.abc.ReceiveStream:
        return _there(self._running.stderr)

    def how(self) -> str:
        """How it has ended, and what it said."""
        status = self._running.returncode
        if status is None:
            ended = "its output has ended"
        elif status > 128:
            ended = f"it was ended by signal {status - 128}"
        else:
            ended = f"it has ended with status {status}"
        return f"{ended}: {self.said}" if self.said else ended

    @property
    def said(self) -> str:
        """The last that it wrote to standard error."""
        return self._tail.decode(errors="replace").strip()

    async def listen(self) -> None:
        """Keep the end of what it writes to standard error."""
        with suppress(trio.ClosedResourceError, trio.BrokenResourceError):
            async for data in self.errors:
                self._tail = (self._tail + data)[-TAIL:]

    async def watch(self) -> None:
        """Return once nothing of it is left."""
        await self._running.wait()
        self.ended.set()


@asynccontextmanager
async def running(start: Start) -> AsyncGenerator[Process]:
    """Run a server for the time of the context; nothing of it is left behind.

    Raises OSError where not even the guard can be started.
    """
    lifeline, ours = socket.socketpair()
    try:
        with lifeline:
            started = await _started(start, lifeline.fileno())
    except BaseException:
        ours.close()
        raise
    process = Process(started)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(process.listen)
        nursery.start_soon(process.watch)
        try:
            yield process
        finally:
            with trio.CancelScope(shield=True):
                await _end(process, ours)
            nursery.cancel_scope.cancel(reason="the server has ended")


async def _started(start: Start, lifeline: int) -> trio.Process:
    guard = [
        sys.executable,
        "-I",
        "-S",
        str(GUARD),
        str(lifeline),
        str(CONTROL if start.enclosed else 0),
        str(GRACE),
    ]
    return await trio.lowlevel.open_process(
        [*guard, *start.command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(lifeline,),
        env=dict(start.environment),
        cwd=start.folder,
        start_new_session=True,
    )


async def _end(process: Process, ours: socket.socket) -> None:
    """Ask it to end by closing its input, then have the guard end it by letting go of the lifeline."""
    with suppress(trio.ClosedResourceError, trio.BrokenResourceError, trio.BusyResourceError):
        await process.input.aclose()
    with trio.move_on_after(POLITELY):
        await process.watch()
    ours.close()
    await process.watch()  # the guard sees to it
    for stream in (process.output, process.errors):
        await stream.aclose()


def environment(here: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The variables of a server: few of those here, and its own."""
    return {**{name: here[name] for name in PASSED_ON if name in here}, **own}


def _there(stream: T | None) -> T:
    if stream is None:
        raise AssertionError("each of them is a pipe")
    return stream
