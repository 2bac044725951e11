"""Runs one program and sees to it that nothing of it is left: not when it ends, nor when whoever wanted it is killed.

Started as a process of its own, ``python -I -S guard.py LIFELINE CONTROL GRACE PROGRAM ARGUMENT…``: `LIFELINE` is the
descriptor of a socket whose other end whoever wants the program holds and lets go of, be it by dying; the program has
it as `CONTROL`, where that is not 0; `GRACE` are the seconds from the request to end until the program is killed.
Standard input, output and errors are the program's. The exit status is the program's, 128 and the signal where that
ended it, 127 where it could not be started.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress

SUBREAPER = 36
DIE_WITH_PARENT = 1
ROUNDS = 20
"""Ends of other processes below us that the grace begins anew for."""


def main(lifeline: int, control: int, grace: float, command: list[str]) -> int:
    """Run the program until it ends, or until nobody holds the lifeline any more."""
    linux = sys.platform == "linux"
    libc = ctypes.CDLL(None) if linux else None
    if libc is not None:
        libc.prctl(SUBREAPER, 1)  # what its parent leaves behind becomes ours

    def prepare() -> None:
        os.setpgid(0, 0)
        if libc is not None:
            libc.prctl(DIE_WITH_PARENT, signal.SIGKILL)

    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, told)
    signal.set_wakeup_fd(woken)
    try:
        lifeline, given = os.dup(lifeline), lifeline  # which may be called as the program is to have it
        if control:
            os.dup2(given, control)
        handed = (control,) if control else ()
        child = subprocess.Popen(command, preexec_fn=prepare, pass_fds=handed)  # noqa: PLW1509 - there is one thread
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        return 127
    silence()
    if control:
        os.close(control)
    status = watch(child.pid, lifeline, wake)
    if status is None:
        status = end(child.pid, grace, wake)
    leave_nobody(child.pid)
    return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def told(_signal: int, _frame: object) -> None:
    """Nothing is to be done at once: whoever waits is woken."""


def silence() -> None:
    """Let go of what is the program's alone, so that whoever reads from it sees its end."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for each in (0, 1, 2):
        os.dup2(nothing, each)


def watch(child: int, lifeline: int, wake: int) -> int | None:
    """How the program has ended; None where it is to be ended."""
    while True:
        ready, _, _ = select.select([lifeline, wake], [], [])
        if wake in ready:
            os.read(wake, 512)
        status = reap(child)
        if status is not None or lifeline in ready:
            return status


def reap(child: int) -> int | None:
    """Take leave of all who have ended; the status of the program if it is among them."""
    found = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        if pid == child:
            found = status


def end(child: int, grace: float, wake: int) -> int:
    """End the program: politely at first."""
    tell(child, signal.SIGTERM)
    for _ in range(ROUNDS):
        if not select.select([wake], [], [], grace)[0]:
            break
        os.read(wake, 512)
        status = reap(child)
        if status is not None:
            return status
    tell(child, signal.SIGKILL)
    while True:
        pid, status = os.waitpid(child, 0)
        if pid == child:
            return status


def tell(group: int, what: int) -> None:
    """Send a signal to all of a group that are still there."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, what)


def leave_nobody(group: int) -> None:
    """Kill the rest of its group, and whoever it has left to us."""
    tell(group, signal.SIGKILL)
    while left := children():
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        os.waitpid(-1, 0)


def children() -> list[int]:
    """Our children, where the system tells."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:  # noqa: PTH123
            return [int(each) for each in file.read().split()]
    except OSError:
        return []


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))
