"""Files that are either there whole or not at all, and folders that no link stands for."""

import fcntl
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
OURS: Final = 0o600
"""Permissions of a file for which none are said."""


def write(path: Path, data: bytes | str, *, mode: int = 0o644) -> None:
    """Replace `path` with `data`: temporary sibling, fsync, rename. Until then nobody but its owner reads any of it.

    A crash, or a power cut, leaves the old file or the new one; the new one once this has returned. It may leave the
    sibling too, which the next write of that file clears away.
    """
    content = data.encode() if isinstance(data, str) else data
    _replace(path, lambda file: file.write(content), mode)


def copy(source: Path, target: Path) -> None:
    """Replace `target` with the bytes and permissions of the file `source`, like :func:`write`."""
    with source.open("rb") as original:
        mode = stat.S_IMODE(os.fstat(original.fileno()).st_mode)
        _replace(target, partial(shutil.copyfileobj, original), mode)


def _replace(path: Path, put: Callable[[BinaryIO], object], mode: int) -> None:
    folder = os.open(path.parent, _FOLDER)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # who writes the same file at the same time has the same sibling
        fill(folder, path.name, put, mode=mode, temporary=f".{path.name}.new")
    finally:
        os.close(folder)


def fill(
    folder: int,
    name: str,
    put: Callable[[BinaryIO], object],
    *,
    mode: int | None = None,
    temporary: str | None = None,
    go_on: Callable[[], None] = lambda: None,
) -> None:
    """Like :func:`write`, in an open folder.

    Args:
      folder: its descriptor.
      put: writes the content.
      mode: permissions of the file; None for those of `OURS`.
      temporary: name of the sibling; one that is there, as a crash leaves it, is cleared away. None makes one up.
      go_on: called last before what cannot be taken back. It raises when nobody wants that any more.
    """
    temporary = temporary or f".{os.urandom(8).hex()}.tmp"
    with suppress(FileNotFoundError):
        os.unlink(temporary, dir_fd=folder)
    try:
        with os.fdopen(os.open(temporary, _NEW, OURS, dir_fd=folder), "wb") as file:
            put(file)
            file.flush()
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        go_on()
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise
    os.fsync(folder)


def enter(parent: int, name: str, *, create: bool = False) -> int:
    """Open a folder in an open one, never by way of a link. Raises OSError."""
    flags = _FOLDER | os.O_NOFOLLOW
    try:
        return os.open(name, flags, dir_fd=parent)
    except FileNotFoundError:
        if not create:
            raise
    with suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=parent)
    os.fsync(parent)
    return os.open(name, flags, dir_fd=parent)


def sync(folder: Path) -> None:
    """Wait until the disk knows the names of the files in a folder."""
    descriptor = os.open(folder, _FOLDER)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
