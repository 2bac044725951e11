"""Has bodies read in a process of its own: what a hostile page can take there is bounded, and goes when it ends."""

import math
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final, final

import attrs
import trio

from actors import jsontext

SECONDS: Final = 20.0
"""Until it is ended. It has begun in a fifth of one, and reads the longest page in one."""
MEMORY: Final = 768 * 1024 * 1024
"""Bytes of addresses it may use, its libraries among them."""
OUTPUT: Final = 64 * 1024 * 1024
"""Bytes of what it tells: more than it ever does."""

_PROGRAM: Final = """
import ctypes, json, os, resource, sys
parent, seconds, memory, sys.path[:], kind, how = json.loads(sys.argv[1])
try:
    ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
except AttributeError:
    pass
if os.getppid() != parent:
    sys.exit(1)
limits = {"RLIMIT_CPU": seconds, "RLIMIT_AS": memory, "RLIMIT_CORE": 0, "RLIMIT_FSIZE": 0}
for name, most in limits.items():
    try:
        resource.setrlimit(getattr(resource, name), (most, most))
    except (OSError, ValueError):
        pass
from actors.web.reading import main
main(kind, how, sys.stdin.buffer, sys.stdout.buffer)
"""
"""Without `site` it begins in half the time. What a system does not know is done without; where it cannot tell that a
parent was killed, the limit on the processor is what ends it."""


class NotRead(Exception):
    """There is no text to be had; the text says why, for people."""


@final
@attrs.frozen(kw_only=True)
class Reader:
    """Starts a process for each body. It has no environment and no files, and ends with whoever waits for it."""

    seconds: float = SECONDS
    """Of time, and of a processor."""
    memory: int = MEMORY

    async def read(self, kind: str, body: bytes, **how: object) -> dict[str, Any]:
        """What a function of :mod:`actors.web.reading` makes of a body. Raises NotRead."""
        try:
            with trio.fail_after(self.seconds):
                done = await trio.run_process(
                    self._command(kind, how),
                    stdin=body,
                    capture_stdout=True,
                    check=False,
                    stderr=subprocess.DEVNULL,
                    env={},
                    cwd="/",
                    deliver_cancel=_end,
                )
        except trio.TooSlowError:
            raise NotRead(f"reading it takes longer than {self.seconds:g} s") from None
        except OSError as error:
            raise NotRead(f"no process could be started: {error.strerror or error}") from error
        if done.returncode:
            raise NotRead(
                "reading it takes more time or memory than there is for it, or it breaks what reads it"
            )
        found = jsontext.read_object(done.stdout, limit=OUTPUT)
        if "fault" in found:
            raise NotRead(str(found["fault"]))
        return found

    def _command(self, kind: str, how: Mapping[str, object]) -> list[str]:
        path = [each for each in sys.path if each]
        given = [os.getpid(), max(1, math.ceil(self.seconds)), self.memory, path, kind, how]
        return [sys.executable, "-I", "-S", "-c", _PROGRAM, jsontext.write(given)]


async def _end(process: trio.Process) -> None:
    process.kill()
