"""A zip file that comes piece by piece, of which nothing is kept: as long as it is read, more is made. Pure."""

import re
from datetime import UTC, datetime
from io import BytesIO
from typing import IO, Final, cast, final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

_PACKED: Final = re.compile(
    r"image/(?:png|jpeg|gif|webp)|audio/|video/|application/(?:zip|gzip|pdf|epub|vnd\.)"
)
_FIRST: Final = (1980, 1, 1, 0, 0, 0)
_LAST: Final = (2107, 12, 31, 23, 59, 58)
"""The times between which a zip file knows them; others become the nearest."""


@final
class _Made:
    """What was written and not taken yet."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


@final
class Packing:
    """Takes files one after the other, each begun, added to and ended.

    What a method returns is the next piece of the zip file, which may be empty.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = BytesIO()
        """The one that was begun."""
        self._made = _Made()
        self._zip = ZipFile(cast("IO[bytes]", self._made), "w")

    def folder(self, name: str, modified: datetime) -> bytes:
        """A folder, which may be empty."""
        self._zip.writestr(_info(f"{name}/", modified), b"")
        return self._made.take()

    def begin(self, name: str, modified: datetime, media_type: str = "") -> bytes:
        """A file, whose content follows. What is packed by its nature, as most pictures are, is taken as it is."""
        info = _info(name, modified)
        info.compress_type = ZIP_STORED if _PACKED.match(media_type) else ZIP_DEFLATED
        self._file = self._zip.open(info, "w", force_zip64=True)
        return self._made.take()

    def add(self, data: bytes) -> bytes:
        """More of the file that was begun."""
        self._file.write(data)
        return self._made.take()

    def end(self) -> bytes:
        """The end of the file that was begun."""
        self._file.close()
        return self._made.take()

    def close(self) -> bytes:
        """The end of the zip file."""
        self._zip.close()
        return self._made.take()

    def drop(self) -> None:
        """Forget the rest, wherever it was; nothing may be asked for after that."""
        self._file.close()
        self._zip.close()


def _info(name: str, modified: datetime) -> ZipInfo:
    at = modified.astimezone(UTC)
    time = min(max(_FIRST, (at.year, at.month, at.day, at.hour, at.minute, at.second)), _LAST)
    info = ZipInfo(
        name.replace("\\", "_"), time
    )  # other systems take a backslash for the end of a folder's name
    info.compress_type = ZIP_STORED
    info.external_attr = (0o40755 << 16 | 0x10) if name.endswith("/") else (0o100644 << 16)
    return info
