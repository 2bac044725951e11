"""The log of an instance: a file that its process appends to, also while no host runs."""

import errno
import os
import stat
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

import trio

from actors import atomic
from actors.instances import lines
from actors.instances.messages import LogLine

LARGEST: Final = 8 * 1024 * 1024
"""Bytes after which it begins anew; the one before is kept."""
LOOK: Final = 0.25
"""Seconds between two looks for more."""
ALIVE: Final = 15.0
"""Seconds after which a silent log gives a sign of life."""
PIECE: Final = 64 * 1024


def renew(path: Path) -> None:
    """Begin anew where it has become large; whoever appends goes on in the same file."""
    if _size(path) > LARGEST:
        atomic.write(path.with_suffix(".1"), _from(path, 0, 2 * LARGEST), mode=0o600)
        with suppress(FileNotFoundError), _opened(path, os.O_RDWR) as file:
            file.truncate(0)


def last(path: Path) -> str:
    """The last line that says something, for people."""
    found = [line.message for line in _read(path) if line.message.strip()]
    return found[-1].strip() if found else ""


def _read(path: Path) -> Iterator[LogLine]:
    gathered = lines.Lines()
    yield from gathered.feed(_from(path, 0, 2 * LARGEST))
    yield from gathered.end()


async def follow(
    path: Path, *, tail: int, since: float | None, goes_on: bool
) -> AsyncGenerator[LogLine | None]:
    """The last lines, or those from a moment on, and if wanted what comes then. None is a sign of life.

    A line without a time belongs to the one before it.
    """
    gathered, data, found, silent = lines.Lines(), _from(path, 0, LARGEST * 2), list[LogLine](), 0.0
    at = data.rfind(b"\n") + 1 if goes_on else len(data)
    found.extend(gathered.feed(data[:at]))
    if not goes_on:
        found.extend(gathered.end())
    if since is not None:
        found = found[next((n for n, line in enumerate(found) if line.timestamp >= since), len(found)) :]
    else:
        found = found[-tail:] if tail > 0 else []
    for line in found:
        yield line
    while goes_on:
        size = _size(path)
        at = 0 if size < at else at  # it has begun anew
        if size == at:
            await trio.sleep(LOOK)
            silent += LOOK
            if silent >= ALIVE:
                silent = 0.0
                yield None
            continue
        data, silent = _from(path, at, PIECE), 0.0
        at += len(data)
        for line in gathered.feed(data):
            yield line


def _size(path: Path) -> int:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def _from(path: Path, at: int, most: int) -> bytes:
    try:
        with _opened(path, os.O_RDONLY) as file:
            file.seek(at)
            return file.read(most)
    except FileNotFoundError:
        return b""


def _opened(path: Path, flags: int) -> BinaryIO:
    """Raises FileNotFoundError also for a link or a pipe: an instance may have put it there to lead us astray."""
    try:
        file = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise FileNotFoundError(errno.ENOENT, "it is a link", str(path)) from None
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise FileNotFoundError(errno.ENOENT, "it is no file", str(path))
    return os.fdopen(file, "r+b" if flags & os.O_RDWR else "rb")
