"""Processes of instances: found again by a mark after the host was killed, and ended with all that they started."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, final

import trio

from actors.shell import census
from bus import crash_point

MARK: Final = "STARPOD_HOSTED"
SERVE: Final = (sys.executable, "-P", "-m", "starpod", "serve", "--port")
"""What an instance is."""
PASSED_ON: Final = (
    "PYTHONPATH",
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
"""Variables that an instance gets as they are here; no others but its own."""
POLITELY: Final = 30.0
"""Seconds that an instance has to end in order."""
OPEN: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@final
class Process:
    """One that runs, whether or not we have started it."""

    def __init__(self, pid: int, descriptor: int, own: subprocess.Popen[bytes] | None) -> None:
        self.pid = pid
        self._descriptor = descriptor
        self._own = own
        self.status: int | None = None
        """How it has ended, where that can be known."""

    async def wait(self) -> None:
        """Return once it has ended."""
        while not self.ended:
            await trio.lowlevel.wait_readable(self._descriptor)

    @property
    def ended(self) -> bool:
        """Whether it has; a child of ours is collected then."""
        if self._own is not None:
            self.status = self._own.poll()
            return self.status is not None
        try:
            signal.pidfd_send_signal(self._descriptor, 0)
        except ProcessLookupError:
            return True
        return self.pid not in census.processes()  # a zombie of somebody else

    async def end(self) -> None:
        """Tell it to end, and see to it that it does."""
        for number, within in ((signal.SIGTERM, POLITELY), (signal.SIGKILL, POLITELY)):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)
            with trio.move_on_after(within):
                await self.wait()
                return

    def close(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)


def mark(host: str, instance: str, generation: int | None = None) -> str:
    """What all processes of an instance have in their environment; without a generation the beginning of it."""
    return f"{MARK}={host}:{instance}:" + ("" if generation is None else f"{generation};")


def start(
    program: Sequence[str], folder: Path, log: Path, marked: str, variables: Mapping[str, str]
) -> Process:
    """Run the instance in a folder. Raises OSError."""
    here = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    output = os.open(log, OPEN, 0o600)
    try:
        own = subprocess.Popen(
            program,
            cwd=folder,
            env={**here, **variables, "HOME": str(folder), MARK: marked.partition("=")[2]},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    finally:
        os.close(output)
    crash_point("create", "started")
    return Process(own.pid, os.pidfd_open(own.pid), own)


def adopt(pid: int, marked: str) -> Process | None:
    """One that the host before us has started, if it still runs."""
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return None
    if pid in set(census.marked(marked)):  # by now the number cannot be somebody else's
        return Process(pid, descriptor, None)
    os.close(descriptor)
    return None


def marked_instances(host: str) -> Iterator[tuple[int, str]]:
    """Processes of this host that run, each with its instance."""
    for pid in census.marked(f"{MARK}={host}:"):
        with suppress(OSError):
            for each in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                if each.startswith(f"{MARK}={host}:".encode()):
                    yield pid, each.decode(errors="replace").split(":")[1]


async def sweep(marked: str) -> None:
    """Kill all that has a mark, until nothing has it any more."""
    while found := list(census.marked(marked)):
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await trio.sleep(0.02)


def seconds_used(pid: int) -> float:
    """Seconds of processor that a process and those below it have used."""
    used = 0
    for each in (pid, *(below.pid for below in census.below(pid, census.processes()))):
        with suppress(OSError, IndexError, ValueError):
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            used += int(fields[11]) + int(fields[12])
    return used / _TICKS


def memory_used(pid: int) -> int:
    """Bytes of memory that a process and those below it use."""
    own = 0
    with suppress(OSError, IndexError, ValueError):
        own = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * census.PAGE
    return own + census.usage(pid).memory


def disk_used(folder: Path) -> int:
    """Bytes that the files below a folder take."""
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(at, name)).st_size  # noqa: PTH118 - many files
    return total
