"""The first process of a container or a unit: takes the environment from a pipe, runs the instance, buries its orphans.

Secrets come that way so that the engine, or systemd, never hears of them.
"""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Final

from actors import jsontext

PIPE: Final = ".environment"
"""In the folder of the instance."""


def main() -> int:
    """Run ``starpod serve`` with our arguments until it ends; its exit status."""
    child = 0

    def end(_number: int, _frame: FrameType | None) -> None:
        if not child:  # nothing has begun
            sys.exit(128 + signal.SIGTERM)
        os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    variables = jsontext.read_object(Path(PIPE).read_bytes())
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        arguments = [sys.executable, "-P", "-m", "starpod", "serve", *sys.argv[1:]]
        os.execve(arguments[0], arguments, {**os.environ, **variables})  # noqa: S606 - our own words
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    while True:
        ended, status = os.wait()
        if ended == child:
            number = os.waitstatus_to_exitcode(status)
            return number if number >= 0 else 128 - number


if __name__ == "__main__":
    sys.exit(main())
