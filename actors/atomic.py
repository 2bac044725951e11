"""Files that are either there whole or not at all, and folders that no link stands for."""

import ctypes
import errno
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
_NO_REPLACE: Final = 1
"""``RENAME_NOREPLACE`` of Linux."""
_UNKNOWN: Final = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP})
"""What a kernel, or a file system, says that knows no renaming without replacing."""


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
    replace: bool = True,
) -> None:
    """Like :func:`write`, in an open folder.

    Args:
      folder: its descriptor.
      put: writes the content.
      mode: permissions of the file; None for those of `OURS`.
      temporary: name of the sibling; one that is there, as a crash leaves it, is cleared away. None makes one up.
      go_on: called last before what cannot be taken back. It raises when nobody wants that any more.
      replace: whether something may be there already; otherwise it stays, and FileExistsError is raised.
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
        move(folder, temporary, folder, name, replace=replace)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise
    os.fsync(folder)


def move(source: int, name: str, target: int, new: str, *, replace: bool) -> None:
    """Give what is in an open folder another name, there or in another one, in one step.

    Unless it may `replace` what is there, nothing is lost, whoever else makes something of that name at the same time.

    Raises FileExistsError, and then nothing has happened, or another OSError.
    """
    if replace:
        os.rename(name, new, src_dir_fd=source, dst_dir_fd=target)
    elif not _moved_to_nothing(source, name, target, new):
        _move_to_claimed(source, name, target, new)


def _moved_to_nothing(source: int, name: str, target: int, new: str) -> bool:
    """Whether the system could do it by itself; Python has no name for this call. Raises OSError."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:  # another system than Linux
        return False
    if rename(source, os.fsencode(name), target, os.fsencode(new), _NO_REPLACE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNKNOWN:
        return False
    raise OSError(number, os.strerror(number), name, None, new)


def _move_to_claimed(source: int, name: str, target: int, new: str) -> None:
    """Take the name first, with an empty folder or file that only who made it replaces. Raises OSError."""
    is_folder = stat.S_ISDIR(os.stat(name, dir_fd=source, follow_symlinks=False).st_mode)
    if is_folder:
        os.mkdir(new, 0o700, dir_fd=target)
    else:
        os.close(os.open(new, _NEW, OURS, dir_fd=target))
    try:
        os.rename(name, new, src_dir_fd=source, dst_dir_fd=target)
    except OSError:
        with suppress(OSError):
            (os.rmdir if is_folder else os.unlink)(new, dir_fd=target)
        raise


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
