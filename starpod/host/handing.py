"""Hands an instance its environment through a pipe, so that who runs it for us never hears of secrets."""

import errno
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import trio

from actors import jsontext
from bus import crash_point
from starpod.host import process
from starpod.host.command import PATIENCE
from starpod.host.inside import PIPE
from starpod.host.route import Running


def prepare(place: Path, log: Path) -> None:
    """Make the pipe in the folder of an instance that does not run, and its log if there is none."""
    pipe = place / PIPE
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe, 0o600)
    os.close(os.open(log, process.OPEN, 0o600))


async def give(place: Path, variables: Mapping[str, str], to: Running) -> None:
    """Hand it over once the instance reads; it may end before. Its home is its folder."""
    pipe = place / PIPE
    with trio.CancelScope(shield=True):  # whoever is to end it must hear of it
        await _hand_over(pipe, jsontext.encode({**variables, "HOME": str(place)}), to)
    pipe.unlink(missing_ok=True)
    crash_point("create", "given")


async def _hand_over(pipe: Path, data: bytes, to: Running) -> None:
    with trio.move_on_after(PATIENCE):
        while not to.ended:
            try:
                file = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                await trio.sleep(0.01)
                continue
            async with trio.lowlevel.FdStream(file) as stream:
                if stat.S_ISFIFO(os.fstat(file).st_mode):
                    with suppress(trio.BrokenResourceError):
                        await stream.send_all(data)
            break
