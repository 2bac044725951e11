"""Which processes there are below another, and what they use. Read from ``/proc``; empty where there is none."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, final

import attrs

from bus import Data

PROC: Final = Path("/proc")
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_STATE, _PARENT, _GROUP, _THREADS = 0, 1, 2, 17
"""Fields of ``stat``, counted after the name."""


@final
@attrs.frozen(kw_only=True)
class Process(Data):
    pid: int
    parent: int
    name: str
    """Of its program, in 15 bytes."""
    group: int
    """Processes that can be signalled in one go."""
    threads: int


@final
@attrs.frozen(kw_only=True)
class Usage(Data):
    """What processes use together."""

    threads: int
    memory: int
    """Bytes: what each has for itself, and the most that one of them shares."""


def processes(proc: Path = PROC) -> dict[int, Process]:
    """All that run now, by id."""
    found: dict[int, Process] = {}
    with suppress(OSError):
        for name in os.listdir(proc):  # noqa: PTH208 - many times a minute
            if name.isdecimal() and (process := _process(proc, name)) is not None:
                found[process.pid] = process
    return found


def _process(proc: Path, pid: str) -> Process | None:
    stat = _read(f"{proc}/{pid}/stat")
    before, bracket, after = stat.rpartition(")")
    fields = after.split()
    if not bracket or len(fields) <= _THREADS or fields[_STATE] in {"Z", "X"}:
        return None  # it has ended
    return Process(
        pid=int(pid),
        parent=int(fields[_PARENT]),
        name=before.partition("(")[2],
        group=int(fields[_GROUP]),
        threads=int(fields[_THREADS]),
    )


def _read(path: str) -> str:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(file, 4096).decode(errors="replace")
    except OSError:  # it has ended since
        return ""
    finally:
        os.close(file)


def below(root: int, among: Mapping[int, Process]) -> list[Process]:
    """The descendants of a process, parents first."""
    children: dict[int, list[Process]] = {}
    for process in among.values():
        children.setdefault(process.parent, []).append(process)
    found: list[Process] = []
    todo = [root]
    while todo:
        for child in children.pop(todo.pop(), ()):
            found.append(child)
            todo.append(child.pid)
    return found


def usage(root: int, proc: Path = PROC) -> Usage:
    """What the descendants of a process use together."""
    members = below(root, processes(proc))
    sizes = [_memory(proc, each.pid) for each in members]
    return Usage(
        threads=sum(each.threads for each in members),
        memory=sum(own for own, _ in sizes) + max((shared for _, shared in sizes), default=0),
    )


def _memory(proc: Path, pid: int) -> tuple[int, int]:
    """Bytes that a process has for itself, and that it may share with others."""
    fields = _read(f"{proc}/{pid}/statm").split()
    if len(fields) < 3:
        return 0, 0
    shared = int(fields[2]) * PAGE
    return int(fields[1]) * PAGE - shared, shared


def marked(mark: str, proc: Path = PROC) -> Iterator[int]:
    """Processes that were started with a variable of the environment that begins so, ``NAME=value``."""
    wanted = f"\0{mark}".encode()
    for pid in processes(proc):
        with suppress(OSError):
            if wanted in b"\0" + (proc / str(pid) / "environ").read_bytes():
                yield pid


def threads_of(user: int, proc: Path = PROC) -> int:
    """How many threads the processes of a user have; what the system counts for the limit that a user has."""
    found = 0
    for process in processes(proc).values():
        with suppress(OSError):
            found += process.threads * ((proc / str(process.pid)).stat().st_uid == user)
    return found
