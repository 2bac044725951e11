"""Has bodies read in a process of its own: what a hostile page can take there is bounded, and goes when it ends."""

import math
import os
import subprocess
import sys
from typing import Any, Final, final

import attrs
import trio

from actors import jsontext
from bus import Data

SECONDS: Final = 20.0
"""Until it is ended. It has begun in a fifth of one, and reads the longest page in one."""
MEMORY: Final = 768 * 1024 * 1024
"""Bytes of addresses it may use, its libraries among them."""
OUTPUT: Final = 64 * 1024 * 1024
"""Bytes of what it tells: more than it ever does."""

_PROGRAM: Final = """
import json, os, resource, sys, threading, time
parent, seconds, memory, sys.path[:] = json.loads(sys.argv[1])
def watch():
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)
threading.Thread(target=watch, daemon=True).start()
limits = {"RLIMIT_CPU": seconds, "RLIMIT_AS": memory, "RLIMIT_CORE": 0, "RLIMIT_FSIZE": 0}
for name, most in limits.items():
    try:
        resource.setrlimit(getattr(resource, name), (most, most))
    except (OSError, ValueError):
        pass
from actors.web.reading import main
kind, how = json.loads(sys.stdin.buffer.readline())  # not an argument: anybody may see these
main(kind, how, sys.stdin.buffer, sys.stdout.buffer)
"""
"""Without `site` it begins in half the time. A limit that a system does not know is done without.

That its parent was killed it sees for itself, unless a parser lets nothing else run: then the limit on the processor
ends it. The signal for that (PR_SET_PDEATHSIG) comes when the *thread* that has
started it ends, and that is one of trio's, which ends when it has had nothing to do for ten seconds."""


class NotRead(Exception):
    """There is no text to be had; the text says why, for people."""


@final
@attrs.frozen(kw_only=True)
class Reader(Data):
    """Starts a process for each body. It has no environment and no files, and ends with whoever waits for it."""

    seconds: float = SECONDS
    """Of time, and of a processor."""
    memory: int = MEMORY

    async def read(self, kind: str, body: bytes, **how: object) -> dict[str, Any]:
        """What a function of :mod:`actors.web.reading` makes of a body. Raises NotRead."""
        order = f"{jsontext.write([kind, how])}\n".encode()
        try:
            with trio.fail_after(self.seconds):
                done = await trio.run_process(
                    self._command(),
                    stdin=order + body,
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

    def _command(self) -> list[str]:
        path = [each for each in sys.path if each]
        given = [os.getpid(), max(1, math.ceil(self.seconds)), self.memory, path]
        return [sys.executable, "-I", "-S", "-c", _PROGRAM, jsontext.write(given)]


async def _end(process: trio.Process) -> None:
    process.kill()
