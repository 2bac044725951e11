"""Commands that run instances for us: those of Podman, Docker and systemd.

They finish what they were asked for even when whoever asked is killed.
"""

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, Popen
from tempfile import TemporaryFile
from typing import Final

import trio

from actors.shell import census
from bus import crash_point
from starpod.errors import StarpodError

PATIENCE: Final = 120.0
"""Seconds that it may take for anything."""


class EngineFailed(StarpodError):
    """What a command says of itself, or that it is not there."""


class Command:
    """One of them."""

    def __init__(self, name: str) -> None:
        """Raises EngineFailed where there is none."""
        found = shutil.which(name)
        if found is None:
            raise EngineFailed(f"there is no {name} here: install it, or leave out --engine")
        self._name = name
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
                raise EngineFailed(f"{self._name} cannot be run: {error}") from error
            if moment is not None:
                crash_point("create", moment)
            if not await _ends(asked):
                raise EngineFailed(f"{self._name} {words[0]} took longer than {PATIENCE:.0f} s")
            output.seek(0)
            errors.seek(0)
            if asked.returncode:
                said = errors.read().decode(errors="replace").strip().splitlines()
                why = [f"status {asked.returncode}", *said[-1:], *(each for each in said if "rror" in each)][
                    -1
                ]
                raise EngineFailed(f"{self._name} {words[0]}: {why.removeprefix('Error: ')}")
            return output.read().decode(errors="replace").strip()


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


def runs_asked_for(before: tuple[str, str], prefix: str) -> list[tuple[int, str]]:
    """Who asks for a run of something whose name begins so, and the rest of the name.

    `before` are the two words before the name. A host that was killed may have started them.
    """
    found: list[tuple[int, str]] = []
    for pid in census.processes():
        with suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
            at = words.index(before[1]) if before[1] in words[:-1] else 0
            if words[at - 1] == before[0] and words[at + 1 : at + 2] and words[at + 1].startswith(prefix):
                found.append((pid, words[at + 1].removeprefix(prefix)))
    return found


async def settled(before: tuple[str, str], name: str) -> None:
    """Return once nobody is about to run what is called so."""
    with trio.move_on_after(PATIENCE):
        while runs_asked_for(before, name):  # noqa: ASYNC110 - they are no children of ours
            await trio.sleep(0.02)
    for pid, _ in runs_asked_for(before, name):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
