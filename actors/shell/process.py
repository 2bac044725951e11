"""A command as processes: started, read, kept within its limits, and ended with all that it has started."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, final

import attrs
import trio

from actors.shell import census
from actors.shell.environment import MARK
from actors.shell.proxy import Connect, serve
from actors.shell.sandbox import LAUNCHER, Sandbox, interpreter
from actors.shell.settings import Shell
from bus import Data, crash_point

CHUNK: Final = 64 * 1024
GRACE: Final = 1.0
"""Seconds after the end of a command in which its last words are still heard."""
POLITE: Final = 2.0
"""Seconds from the request to end until a command is ended."""
PATIENCE: Final = 20.0
"""Seconds in which whatever does not stay in a sandbox is ended, over and over."""
LAST: Final = 2.0
"""Seconds that what ends with a sandbox is waited for."""
SHORT: Final = 0.02
"""Seconds from one such time to the next."""
FIRST: Final = 0.1
"""Seconds until what a command uses is first looked at."""
LOOK: Final = 0.25
"""Seconds from one look at what a command uses to the next, in the long run."""
PROBE: Final = 20.0
"""Seconds that a sandbox has to come into being when it is tried."""
PORT: Final = 3128
"""Of the way to the internet, on the loopback of a command."""
UNWANTED_FIRST: Final = "700"
"""What the system ends before us when memory is short."""
HELPERS: Final = ("bwrap",)
"""Programs that are no part of what was asked for."""

Sink = Callable[[bytes], None]
"""Takes output as it comes."""


@final
@attrs.frozen(kw_only=True)
class Launch(Data):
    """A command and how it is to be run."""

    command: str
    home: Path
    environment: Mapping[str, str] = attrs.field(repr=False)
    limits: Shell
    sandbox: Sandbox | None
    user: str

    read_by: str = "bash"
    folder: Path | None = None
    """Where it begins, if not at home; there it may only read."""
    shown: tuple[str, ...] = ()
    """Files that it may read besides."""

    @property
    def by_proxy(self) -> bool:
        """Whether it reaches the internet only through us."""
        return self.sandbox is not None and self.limits.network == "public"

    def words(self, control: int) -> list[str]:
        """What is executed."""
        limits, apart = self.limits, self.sandbox is not None
        before = (
            []
            if self.sandbox is None
            else self.sandbox.arguments(
                limits, self.user, folder=self.folder, shown=self.shown, control=control
            )
        )
        # Without a sandbox those of a user are counted over the whole machine, and those of root by nobody but us.
        port = PORT if control and self.by_proxy else 0
        numbers = (control, port, not apart, limits.memory, limits.open_files, limits.file_size)
        threads = limits.processes + (0 if apart or os.getuid() == 0 else census.threads_of(os.getuid()))
        launcher = (
            ("-c", LAUNCHER.read_text(encoding="utf-8")) if apart else (str(LAUNCHER),)
        )  # it is not in there
        return [
            *(*before, str(interpreter()), "-I", "-S", *launcher),
            *(*(str(int(each)) for each in numbers), str(threads), self.read_by, "-c", self.command),
        ]


@final
@attrs.frozen(kw_only=True)
class Ended(Data):
    """What became of a command."""

    code: int | None
    """Exit code, 128 and the number of a signal that ended it; None if it was never there."""
    why: str | None = None
    """Why it was stopped before its end, as a sentence; None if it was not."""


@final
class Process:
    """A command that was started. Whoever did ends it, by leaving :func:`started`."""

    def __init__(
        self, popen: subprocess.Popen[bytes], output: int, control: socket.socket, kept: str
    ) -> None:
        """Hold what belongs to a command.

        Args:
          popen: the process.
          output: what it prints.
          control: tells it, by being closed, that we are gone.
          kept: the mark of its processes where no sandbox keeps them together.
        """
        self._popen = popen
        self._kept = kept
        self._output = trio.lowlevel.FdStream(output)
        self._control = control
        self.stopped_for: str | None = None
        """Why it was stopped before its end, as a sentence; None if it was not."""

    @property
    def pid(self) -> int:
        return self._popen.pid

    async def listener(self) -> trio.SocketListener | None:
        """Where the command asks for the internet, in a network of its own; None if it was stopped before it began."""
        control = trio.socket.from_stdlib_socket(self._control)
        _, sent, *_ = await control.recvmsg(1, socket.CMSG_SPACE(4))
        if not sent:
            return None
        handle = int.from_bytes(sent[0][2][:4], sys.byteorder)
        return trio.SocketListener(trio.socket.from_stdlib_socket(socket.socket(fileno=handle)))

    async def finished(self, sink: Sink) -> int:
        """Read until the command has ended; its exit code, 128 and the number of a signal that ended it."""
        heard = trio.Event()

        async def read() -> None:
            with suppress(trio.BrokenResourceError):
                while data := await self._output.receive_some(CHUNK):
                    sink(data)
            heard.set()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            code = await self._ended()
            with trio.move_on_after(GRACE):
                await heard.wait()
            nursery.cancel_scope.cancel(reason="the command has ended")
        return code

    async def _ended(self) -> int:
        """Wait for its end. Each who waits has a descriptor of its own, as only one may wait for each."""
        if self._popen.poll() is None:
            handle = os.pidfd_open(self._popen.pid)
            try:
                await trio.lowlevel.wait_readable(handle)
            finally:
                os.close(handle)
        code = self._popen.wait()
        return 128 - code if code < 0 else code

    async def watch(self, limits: Shell, home: Path) -> None:
        """Stop the command at once when it uses more than it may. What the system itself limits needs no look."""
        why, wait = None, FIRST
        while why is None:  # nobody tells
            await trio.sleep(wait)
            why = excess(census.usage(self.pid), limits, _free(home))
            wait = min(2 * wait, LOOK)
        await self.stop(why, politely=False)

    async def time_out(self, seconds: float) -> None:
        """Stop the command after its time."""
        await trio.sleep(seconds)
        await self.stop(f"It was stopped after {seconds:g} s, its time-out.")

    async def stop(self, why: str, *, politely: bool = True) -> None:
        if self.stopped_for is None and self._popen.poll() is None:
            self.stopped_for = why
            await self.end(politely=politely)

    async def end(self, *, politely: bool = True) -> None:
        """End the command and all that it has started: they are asked to, and have a little time.

        By the return nothing of it runs any more, unless the system takes longer than is waited for.
        """
        last = self._last_of_sandbox()
        try:
            await self._end(politely=politely)
            with trio.move_on_after(LAST):
                for handle in last:
                    await trio.lowlevel.wait_readable(handle)
        finally:
            for handle in last:
                os.close(handle)

    def _last_of_sandbox(self) -> list[int]:
        """Descriptors that tell of the end of the first process of a sandbox, of which the system lets go last."""
        found: list[int] = []
        if not self._kept and self._popen.returncode is None:
            for each in census.processes().values():
                if each.parent == self.pid:
                    with suppress(OSError):
                        found.append(os.pidfd_open(each.pid))
        return found

    async def _end(self, *, politely: bool) -> None:
        if politely and self._popen.returncode is None:
            self._ask()
            with trio.move_on_after(POLITE):
                await self._ended()
        if self._popen.returncode is None and self._kept:
            await self._end_all()
            self._popen.send_signal(signal.SIGTERM)  # whoever stays as their parent ends what has come since
            with trio.move_on_after(POLITE):
                await self._ended()
        if self._popen.returncode is None:
            self._popen.kill()  # a sandbox takes all with it
            await self._ended()
        if self._kept and self._popen.returncode == -signal.SIGKILL:
            sweep(self._kept)  # they have nobody any more

    def _ask(self) -> None:
        for each in self._members():
            with suppress(OSError):
                os.kill(each.pid, signal.SIGTERM)

    async def _end_all(self) -> None:
        """End what there is below, however fast it becomes more: whole groups go at once."""
        with trio.move_on_after(PATIENCE):
            while members := self._members():
                for group in {each.group for each in members} - {self.pid}:
                    with suppress(OSError):
                        os.killpg(group, signal.SIGKILL)
                for each in members:
                    with suppress(OSError):
                        os.kill(each.pid, signal.SIGKILL)
                await trio.sleep(SHORT)

    def _members(self) -> list[census.Process]:
        return [each for each in census.below(self.pid, census.processes()) if each.name not in HELPERS]

    async def close(self) -> None:
        await self._output.aclose()
        self._control.close()


def _free(home: Path) -> int:
    found = os.statvfs(home)
    return found.f_bavail * found.f_frsize


def excess(used: census.Usage, limits: Shell, free: int) -> str | None:
    """Why a command is to be stopped, as a sentence; None if it is not."""
    if used.threads > limits.processes:
        return f"It was stopped: {used.threads} processes and threads, {limits.processes} are allowed."
    if used.memory > limits.memory:
        return f"It was stopped: {used.memory} bytes of memory, {limits.memory} are allowed."
    if free < limits.disk_left:
        return f"It was stopped: {free} bytes of the disk are free, {limits.disk_left} are to stay so."
    return None


@asynccontextmanager
async def started(launch: Launch) -> AsyncGenerator[Process]:
    """Start a command, and leave nothing of it. Raises OSError when it cannot be started."""
    process = _start(launch)
    try:
        yield process
    finally:
        with trio.CancelScope(shield=True):
            await process.end()
            await process.close()


def _start(launch: Launch) -> Process:
    """In this very thread: the system takes the end of the thread that started it for the end of us."""
    output, written = os.pipe2(os.O_CLOEXEC)
    ours, theirs = socket.socketpair()
    try:
        popen = subprocess.Popen(
            launch.words(theirs.fileno()),
            env=launch.environment,
            cwd=launch.home,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
    except BaseException:
        os.close(output)
        ours.close()
        raise
    finally:
        os.close(written)
        theirs.close()
    mark = launch.environment.get(MARK)
    kept = "" if launch.sandbox is not None or mark is None else f"{MARK}={mark}"
    with suppress(OSError):  # not everywhere
        Path(f"/proc/{popen.pid}/oom_score_adj").write_text(UNWANTED_FIRST)  # before it has children
    return Process(popen, output, ours, kept)


async def carry_out(launch: Launch, sink: Sink, seconds: float | None, connect: Connect) -> Ended:
    """Run a command to its end, whatever that is, leaving nothing of it. Raises OSError when it cannot be started.

    Args:
      launch: the command.
      sink: takes what it prints.
      seconds: after which it is stopped; None for never.
      connect: how it gets to the internet, if it does so through us.
    """
    async with started(launch) as process, trio.open_nursery() as nursery:
        crash_point("command", "started")
        nursery.start_soon(process.watch, launch.limits, launch.home)
        if seconds is not None:
            nursery.start_soon(process.time_out, seconds)
        if launch.by_proxy:
            nursery.start_soon(_reach, process, connect)
        code = await process.finished(sink)
        nursery.cancel_scope.cancel(reason="the command has ended")
    return Ended(code=code, why=process.stopped_for)


async def _reach(process: Process, connect: Connect) -> None:
    listener = await process.listener()
    if listener is not None:
        async with listener:
            await serve(listener, connect)


async def tried(sandbox: Sandbox, limits: Shell, mark: str) -> Sandbox | str:
    """The sandbox as it works on this machine, or why it does not. What tries it bears the `mark`."""
    fault: str | None = None
    for each in (sandbox, attrs.evolve(sandbox, strict=False), attrs.evolve(sandbox, filter=None)):
        if (fault := await unusable(each, limits, mark)) is None:
            return each
    return f"{fault}"


async def unusable(sandbox: Sandbox, limits: Shell, mark: str) -> str | None:
    """What keeps a sandbox from coming into being, by trying; None if nothing does."""

    async def give_up(process: trio.Process) -> None:
        process.kill()
        sweep(f"{MARK}={mark}")  # what was left behind on its way would hold the pipes open

    with trio.move_on_after(PROBE):
        try:
            done = await trio.run_process(
                [*sandbox.arguments(limits, ""), str(interpreter()), "-I", "-S", "-c", "pass"],
                capture_stdout=True,
                capture_stderr=True,
                check=False,
                env={MARK: mark},
                deliver_cancel=give_up,
            )
        except OSError as error:
            return f"bubblewrap cannot be run: {error}"
        if done.returncode == 0:
            return None
        said = done.stderr.decode(errors="replace").strip()[:300] or f"it ended with {done.returncode}"
        return f"bubblewrap does not work on this machine: {said}"
    return f"bubblewrap did not come to an end within {PROBE:g} s"


def sweep(mark: str) -> int:
    """End all processes with a mark, ``NAME=value`` as it begins; how many that were."""
    left = list(census.marked(mark))
    for pid in left:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    return len(left)
