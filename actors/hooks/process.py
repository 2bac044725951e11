"""A command of a hook as a process, with nothing left of it in the end."""

import os
import signal
import socket
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import trio

from actors.hooks.answers import LONGEST, Done

GRACE: Final = 0.5
"""Seconds for which is read on after its end, where something that it began holds its output open."""
POLITE: Final = 5.0
"""Seconds from the request to end until it is killed, in which it can take with it what it has begun."""
GONE_WITHIN: Final = 10.0
"""Seconds within which it is gone."""
PIECE: Final = 64 * 1024
"""Bytes."""
KEPT_STDERR: Final = 64 * 1024
"""Bytes of stderr, its end."""


@contextmanager
def held() -> Generator[int]:
    """A descriptor for a program, by which it hears whether we are there."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield theirs.fileno()


async def run(
    words: Sequence[str], folder: Path, stdin: bytes, environment: Mapping[str, str], control: int
) -> Done:
    """Run a program in `folder`. Cancelled, or when it has ended, all of its process group is killed.

    It inherits the descriptor `control`. Raises OSError where it cannot be started.
    """
    process = _started(words, folder, environment, control)
    fed, said, told = _streams(process)
    out, err = bytearray(), bytearray()
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_feed, fed, stdin)
            nursery.start_soon(_read, said, out, LONGEST + 1)
            nursery.start_soon(_read, told, err, None)
            await _ended(process)
            nursery.cancel_scope.deadline = trio.current_time() + GRACE
    finally:
        with trio.move_on_after(GONE_WITHIN, shield=True):
            await _end(process)
            for stream in (fed, said, told):
                await stream.aclose()
    return Done(status=process.returncode, stdout=bytes(out), stderr=bytes(err))


def _started(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], control: int
) -> "subprocess.Popen[bytes]":
    """In this very thread: where a program ends with us, the system takes the end of a thread for that."""
    return subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=dict(environment),
        pass_fds=(control,),
        start_new_session=True,
    )


def _streams(process: "subprocess.Popen[bytes]") -> list[trio.lowlevel.FdStream]:
    """Its standard input, output and errors."""
    found: list[trio.lowlevel.FdStream] = []
    for file in filter(None, (process.stdin, process.stdout, process.stderr)):
        found.append(trio.lowlevel.FdStream(os.dup(file.fileno())))
        file.close()
    return found


async def _ended(process: "subprocess.Popen[bytes]") -> None:
    """Wait for its end."""
    if process.poll() is None:
        handle = os.pidfd_open(process.pid)
        try:
            await trio.lowlevel.wait_readable(handle)
        finally:
            os.close(handle)
        process.wait()


async def _end(process: "subprocess.Popen[bytes]") -> None:
    """End it, and with it all that it has begun: whoever keeps that together is asked to, and has a little time."""
    if process.poll() is None:
        process.terminate()
        with trio.move_on_after(POLITE):
            await _ended(process)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await _ended(process)


async def _feed(stream: trio.lowlevel.FdStream, data: bytes) -> None:
    """Write all and close; one that does not read it may leave it."""
    with suppress(trio.BrokenResourceError):
        await stream.send_all(data)
    await stream.aclose()


async def _read(stream: trio.lowlevel.FdStream, into: bytearray, most: int | None) -> None:
    """Read all. Of more than `most` bytes the beginning is kept, where that is None the end."""
    while piece := await stream.receive_some(PIECE):
        into += piece
        if most is None:
            del into[:-KEPT_STDERR]
        else:
            del into[most:]
