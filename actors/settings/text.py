"""Text files as people write them, on whatever system."""

import errno
import stat
from pathlib import Path


def decoded(data: bytes) -> str:
    """UTF-8 as text, without the byte-order mark some editors begin with and with plain line ends.

    Raises UnicodeDecodeError.
    """
    return data.decode("utf-8-sig").replace("\r\n", "\n")


def content(path: Path) -> bytes:
    """What is in a file. Raises OSError, also for what is no file: a pipe in its place would be waited for."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is not a file", str(path))
    return path.read_bytes()


def read(path: Path) -> str:
    """The text of a file. Raises OSError, and UnicodeDecodeError for what is not UTF-8."""
    return decoded(content(path))
