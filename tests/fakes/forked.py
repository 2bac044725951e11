"""Processes of Python that have everything imported when they begin.

``python -m MODULE`` spends most of its time on imports, and tests start it hundreds of times. So a server, which never
does anything else, imports what is needed once, and forks for each start a process that goes on as a new one would:
with its own arguments, environment, folder, streams and end. It has no other file of ours, and it dies when we die.
What it does not do is to take apart, in the end, all that it shares with the server: that would be a third of its time.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Final, final

from bus import crashpoints

ROOT: Final = Path(__file__).parents[2]
NUMBER: Final = 8
"""Bytes of a length, a process id or an exit status between us and the server."""
GONE: Final = "the server has ended, and all that it has forked; it says in the end why"
NO_FILE: Final = 1 << 20
"""Above the number of any open file."""


@final
class Forked:
    """A process of the server's, for us as one of :mod:`subprocess`."""

    def __init__(self, pid: int, end: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        """The exit status, negative for a signal; None until somebody has asked after the end."""
        self._end = end

    def poll(self) -> int | None:
        """The exit status, or None while it runs."""
        if self.returncode is None and select.select([self._end], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self) -> int:
        """Wait for the end; the exit status."""
        if self.returncode is None:
            told = os.read(self._end, NUMBER)
            os.close(self._end)
            assert told, GONE
            self.returncode = _number(told)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has ended, and we are about to be told
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def fork(
    module: str,
    *arguments: str,
    folder: Path,
    environment: Mapping[str, str],
    streams: tuple[int, int, int],
    imported: Sequence[str],
) -> Forked:
    """Start ``python -m module``.

    Args:
      folder: where it is to run.
      environment: all of its variables. Those that are for Python itself come too late.
      streams: files that become its standard input, output and error. They stay the caller's.
      imported: modules that the server imports before, if it has not yet.
    """
    told = {
        "module": module,
        "arguments": arguments,
        "folder": str(folder),
        "environment": dict(environment),
        "imported": imported,
    }
    end, theirs = os.pipe()
    try:
        body = json.dumps(told).encode()
        server = _server()
        socket.send_fds(server, [_bytes(len(body))], [*streams, theirs])
        server.sendall(body)
        pid = server.recv(NUMBER, socket.MSG_WAITALL)
    finally:
        os.close(theirs)
    assert pid, GONE
    return Forked(_number(pid), end)


@functools.cache
def _server() -> socket.socket:
    """The connection to the one server that this process has."""
    ours, theirs = socket.socketpair()
    with theirs:
        # A stream that was no file when the server began is none to its processes, whatever it is by then.
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.forked", str(theirs.fileno())],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
        )

    def end() -> None:
        ours.close()
        _, complaint = server.communicate()
        sys.stderr.write(complaint.decode())

    atexit.register(end)
    return ours


def _number(told: bytes) -> int:
    return int.from_bytes(told, signed=True)


def _bytes(number: int) -> bytes:
    return number.to_bytes(NUMBER, signed=True)


# --- the server -----------------------------------------------------------------------------------------------


def serve(client: socket.socket) -> dict[str, Any] | None:
    """Fork until the client has gone, then end what has been forked. Returns in each new process what that is to do."""
    ended, ending = socket.socketpair()
    ending.setblocking(False)
    signal.set_wakeup_fd(ending.fileno())
    signal.signal(signal.SIGCHLD, _wake)
    signal.signal(signal.SIGINT, _wake)  # who interrupts us means the processes
    ends: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([client, ended], [], [])
        if ended in ready:
            ended.recv(4096)
            _tell_ends(ends)
        if client in ready:
            length, files, _, _ = socket.recv_fds(client, NUMBER, 4)
            if not length:
                break
            asked: dict[str, Any] = json.loads(client.recv(_number(length), socket.MSG_WAITALL))
            for module in asked["imported"]:
                importlib.import_module(module)
            gc.freeze()
            *streams, end = files
            signal.pthread_sigmask(
                signal.SIG_BLOCK, [signal.SIGINT]
            )  # which is for the new process to understand
            pid = os.fork()
            if pid == 0:
                for each in (client, ended, ending):
                    each.detach()
                _begin(streams)
                return asked
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
            for file in streams:
                os.close(file)
            ends[pid] = end
            client.sendall(_bytes(pid))
    for pid in ends:
        os.kill(pid, signal.SIGKILL)
    return None


def _wake(_number: int, _frame: FrameType | None) -> None:
    """Let the wakeup file be written to, which no signal does that is ignored."""


def _tell_ends(ends: dict[int, int]) -> None:
    for pid in tuple(ends):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            end = ends.pop(pid)
            os.write(end, _bytes(os.waitstatus_to_exitcode(status)))
            os.close(end)


def _begin(streams: Sequence[int]) -> None:
    """Leave nothing of the server to a new process but what it has imported."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, file in enumerate(streams):
        os.dup2(file, number)
    os.closerange(3, NO_FILE)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])


def run(asked: Mapping[str, Any]) -> None:
    """Be ``python -m module``."""
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    importlib.reload(crashpoints)  # it has read the environment, and no other module does that
    if sys.stdout.isatty():
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.path[0] = asked["folder"]
    sys.argv = [asked["module"], *asked["arguments"]]
    sys.modules.pop(asked["module"], None)  # what it imports stays
    runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)


def end(status: int) -> None:
    """End as a process of Python does, but leave its memory to the system. Returns if its output cannot be written."""
    threading._shutdown()  # type: ignore[attr-defined] # waits for its threads
    atexit._run_exitfuncs()
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except (OSError, ValueError):
            return
    os._exit(status)


def main() -> None:
    asked = serve(socket.socket(fileno=int(sys.argv[1])))
    if asked is None:
        return
    try:
        run(asked)
    except SystemExit as asked_for:
        if asked_for.code is None or isinstance(asked_for.code, int):
            end(asked_for.code or 0)
        raise
    end(0)


if __name__ == "__main__":
    main()
