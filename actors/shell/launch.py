"""Runs in the place of a command, just before it: takes on its limits and becomes it.

A program of its own, which nothing of ours imports and which imports as little as can be. Started as ``python -I -S
launch.py CONTROL PORT KEEP MEMORY FILES SIZE THREADS WORD...``, where 0 stands for what is not wanted.

- CONTROL: descriptor of a socket to the agent. That nobody is at its other end means that the agent was killed before
  the system was told to end us with it. A listener on PORT of loopback, in the network of the command, is sent there:
  what the command says to it, the agent hears.
- KEEP: 1 to stay as the parent of all that the command starts and end it with the command, or with the agent. Where
  there is a sandbox, that does so.
- MEMORY and SIZE: bytes of a process and of a file; FILES and THREADS: how many may be open, and be.
"""

import os
import resource
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
else:
    import _signal as signal  # without enum, which takes longer than the rest


def main(words: list[str]) -> None:
    """Become the command."""
    control, port, keep, memory, files, size, threads = map(int, words[:7])
    if keep:
        stay(control)
    leave_if_alone(control)
    if port:
        listen(control, port)
    let_go(control)
    limit(memory, files, size, threads)
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by Python, and so by all that it becomes
        signal.signal(ignored, signal.SIG_DFL)
    os.execvp(words[7], words[7:])


def leave_if_alone(control: int) -> None:
    """Exit if the agent is there no more; where nothing was given to tell it by, whoever started us knows."""
    if not control:
        return
    import _socket

    agent = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, control)
    try:
        ended = agent.recv(1, _socket.MSG_PEEK | _socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        ended = False
    except OSError:
        ended = True
    if ended:
        os._exit(137)
    agent.detach()


def let_go(control: int) -> None:
    """Close the socket to the agent, if there is one."""
    if control:
        os.close(control)


def listen(control: int, port: int) -> None:
    """Open a listener here, and send it to who started us."""
    import _socket

    listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    told = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, control)
    handle = listener.fileno().to_bytes(4, sys.byteorder)
    told.sendmsg([b"."], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, handle)])
    told.detach()
    listener.close()


def limit(memory: int, files: int, size: int, threads: int) -> None:
    """Take on limits, which the command can only narrow."""
    for which, most in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_NOFILE, files),
        (resource.RLIMIT_FSIZE, size),
        (resource.RLIMIT_NPROC, threads),
        (resource.RLIMIT_CORE, 0),
    ):
        if most or which == resource.RLIMIT_CORE:
            _, hard = resource.getrlimit(which)
            allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(which, (allowed, allowed))


def stay(control: int) -> None:
    """Return in a child. The parent waits for it, ends whatever is left of it, and exits as it did."""
    agent, heard = os.getppid(), {signal.SIGCHLD, signal.SIGTERM}
    adopt(signal.SIGTERM)
    leave_if_alone(control)
    signal.pthread_sigmask(signal.SIG_BLOCK, heard)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, heard)
        return
    let_go(control)
    status = None
    while status is None and os.getppid() == agent:
        if signal.sigwait(heard) == signal.SIGTERM:
            break
        status = reaped(child)
    end(child)
    os._exit(137 if status is None else status)


def adopt(at_end: int) -> None:
    """Become the parent of all descendants that lose theirs, and hear of the agent's end by a signal."""
    try:
        import ctypes

        prctl = ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError):  # not on Linux
        return
    prctl(1, at_end)
    prctl(36, 1)


def reaped(child: int) -> int | None:
    """Bury whoever has ended; the status to exit with once that is the child."""
    found = None
    while (ended := bury(os.WNOHANG)) is not None and ended[0]:
        if ended[0] == child:
            found = os.waitstatus_to_exitcode(ended[1])
            found = 128 - found if found < 0 else found
    return found


def bury(how: int) -> tuple[int, int] | None:
    """One that has ended, and its status; 0 for nobody yet, None where there is nobody."""
    try:
        return os.waitpid(-1, how)
    except ChildProcessError:
        return None


def end(child: int) -> None:
    """End all descendants: what has lost its parent has become a child of ours."""
    while bury(os.WNOHANG) is not None:
        try:
            os.killpg(child, signal.SIGKILL)
        except OSError:
            pass
        for pid in children():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        bury(0)


def children() -> list[int]:
    """Of this process, as far as the system tells."""
    own = str(os.getpid())
    found: list[int] = []
    try:
        names = os.listdir("/proc")
    except OSError:
        return []
    for name in names:
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat", errors="replace") as file:
                    stat = file.read()
            except OSError:
                continue
            if stat.rpartition(")")[2].split()[1:2] == [own]:
                found.append(int(name))
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
