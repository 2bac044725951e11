"""A command of a hook that its owner trusts, run as a process of its own, with nothing left of it in the end."""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import trio

from actors.hooks.answers import LONGEST, Done

GRACE: Final = 0.5
"""Seconds for which is read on after its end, where something that it began holds its output open."""
GONE_WITHIN: Final = 5.0
"""Seconds within which the system takes a process away that was killed."""
PIECE: Final = 64 * 1024
"""Bytes."""
KEPT_STDERR: Final = 64 * 1024
"""Bytes of stderr, its end."""


async def run(command: str, folder: Path, stdin: bytes, environment: Mapping[str, str]) -> Done:
    """Run ``sh -c command`` in `folder`. Cancelled, or when it has ended, all of its process group is killed.

    Raises OSError where it cannot be started.
    """
    process = await trio.lowlevel.open_process(
        ["/bin/sh", "-c", command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=dict(environment),
        start_new_session=True,
    )
    out, err = bytearray(), bytearray()
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_feed, process.stdin, stdin)
            nursery.start_soon(_read, process.stdout, out, LONGEST + 1)
            nursery.start_soon(_read, process.stderr, err, None)
            status = await process.wait()
            nursery.cancel_scope.deadline = trio.current_time() + GRACE
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with trio.move_on_after(GONE_WITHIN, shield=True):
            await process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    await stream.aclose()
    return Done(status=status, stdout=bytes(out), stderr=bytes(err))


async def _feed(stream: trio.abc.SendStream | None, data: bytes) -> None:
    """Write all and close; one that does not read it may leave it."""
    if stream is not None:
        with suppress(trio.BrokenResourceError):
            await stream.send_all(data)
        await stream.aclose()


async def _read(stream: trio.abc.ReceiveStream | None, into: bytearray, most: int | None) -> None:
    """Read all. Of more than `most` bytes the beginning is kept, where that is None the end."""
    while stream is not None and (piece := await stream.receive_some(PIECE)):
        into += piece
        if most is None:
            del into[:-KEPT_STDERR]
        else:
            del into[most:]
