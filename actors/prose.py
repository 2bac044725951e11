"""What the owner of the agent writes for it, such as SOUL.md: read whatever its bytes are."""

import errno
import stat
from pathlib import Path
from typing import Final, final

import attrs

from bus import Data

_LONGEST_CHARACTER: Final = 4
"""Bytes."""


@final
@attrs.frozen
class Prose(Data):
    """The text of a file, and what is wrong with that file, in a sentence."""

    text: str = ""
    fault: str | None = None


def read(path: Path, most: int) -> Prose:
    """The file as it is now, without blank space around it; nothing where there is none.

    Args:
      path: a pipe, or whatever else is no file, is a fault and not waited for.
      most: bytes; what comes after them is left out.
    """
    try:
        data = _beginning(path, most + _LONGEST_CHARACTER)
    except FileNotFoundError:
        return Prose()
    except OSError as error:
        return Prose(fault=f"{path.name} could not be read: {error.strerror}")
    return _decoded(data, path.name, most)


def _beginning(path: Path, size: int) -> bytes:
    """Raises OSError."""
    if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for its other end
        raise OSError(errno.EINVAL, "it is not a file")
    with path.open("rb") as file:
        return file.read(size)


def _decoded(data: bytes, name: str, most: int) -> Prose:
    kept = data.removeprefix(b"\xef\xbb\xbf")[:most]
    try:
        return Prose(kept.decode().strip())
    except UnicodeDecodeError as error:
        if error.start >= len(kept) - _LONGEST_CHARACTER + 1 and len(data) > most:
            return Prose(kept[: error.start].decode().strip())  # cut within a character
        return Prose(kept.decode(errors="replace").strip(), f"{name} is not UTF-8 at byte {error.start}")
