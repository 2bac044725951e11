"""Files that are either there whole or not at all."""

import os
import shutil
import tempfile
from pathlib import Path


def write(path: Path, data: bytes | str, *, mode: int = 0o644) -> None:
    """Replace `path` with `data`: temporary sibling, fsync, rename. A crash leaves the old file or the new one."""
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
