"""Files that are either there whole or not at all."""

import os
import shutil
import tempfile
from pathlib import Path


def write(path: Path, data: bytes | str, *, mode: int = 0o644) -> None:
    """Replace `path` with `data`: temporary sibling, fsync, rename.

    A crash, or a power cut, leaves the old file or the new one; the new one once this has returned.
    """
    content = data.encode() if isinstance(data, str) else data
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Wait until the disk knows the names of the files in a folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy(source: Path, target: Path) -> None:
    """Replace `target` with the bytes and permissions of the file `source`, like :func:`write`."""
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        shutil.copyfile(source, temporary)
        shutil.copymode(source, temporary)
        os.fsync(handle)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)
