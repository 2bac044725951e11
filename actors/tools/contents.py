"""What files held, kept under the digest of it: small ones in the database, large ones as files of a folder."""

import hashlib
import os
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, final

import attrs

from actors import atomic
from actors.tools.paths import GoOn
from bus import Data

INLINE: Final = 128 * 1024
"""Bytes up to which a content lies in the database: one commit then keeps it and says whose it was."""
CHUNK: Final = 1024 * 1024
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_YOUNG: Final = 3600
"""Seconds for which a file is left alone of which the database does not know yet."""


@final
@attrs.frozen(kw_only=True)
class Content(Data):
    digest: str
    size: int
    data: bytes | None
    """None for one that lies in a file."""


def small(data: bytes) -> Content:
    """A content that is in memory, to be kept in the database."""
    return Content(digest=digest_of(data), size=len(data), data=data)


def digest_of(data: bytes) -> str:
    """SHA-256, as hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest_of_file(file: BinaryIO, go_on: GoOn) -> str:
    """Of a file from where it stands."""
    digest = hashlib.sha256()
    while piece := file.read(CHUNK):
        go_on()
        digest.update(piece)
    return digest.hexdigest()


@final
class Contents:
    """The folder of the large ones. It is made with the first of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, file: BinaryIO, limit: int, go_on: GoOn) -> Content | None:
        """Keep what a file holds from where it stands; None if that is more than `limit` bytes.

        A large one is on the disk once this returns.
        """
        data = file.read(min(INLINE, limit) + 1)
        if len(data) > limit:
            return None
        return small(data) if len(data) <= INLINE else self._take(data, file, limit, go_on)

    def _take(self, head: bytes, file: BinaryIO, limit: int, go_on: GoOn) -> Content | None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self._folder / f".{os.urandom(8).hex()}.tmp"
        digest, size = hashlib.sha256(), 0
        try:
            with os.fdopen(os.open(temporary, _NEW, atomic.OURS), "wb") as target:
                piece = head
                while piece:
                    go_on()
                    digest.update(piece)
                    target.write(piece)
                    size += len(piece)
                    if size > limit:
                        return None
                    piece = file.read(CHUNK)
                target.flush()
                os.fsync(target.fileno())
            temporary.rename(self._folder / digest.hexdigest())
        finally:
            temporary.unlink(missing_ok=True)
        atomic.sync(self._folder)
        return Content(digest=digest.hexdigest(), size=size, data=None)

    def open(self, digest: str) -> BinaryIO:
        """A large one. Raises FileNotFoundError."""
        return (self._folder / digest).open("rb")

    def clear(self, known: Iterable[str], now: float) -> None:
        """Delete the files of contents that are not `known`, but for those which may be about to be.

        `now` is in seconds since 1970.
        """
        there = set(known)
        with suppress(FileNotFoundError):
            for each in self._folder.iterdir():
                if each.name not in there and now - each.stat().st_mtime > _YOUNG:
                    each.unlink(missing_ok=True)


# --- in the database --------------------------------------------------------------------------------------


def add(connection: sqlite3.Connection, contents: Iterable[Content]) -> None:
    """Keep them; those that are kept already stay."""
    connection.executemany(
        "INSERT OR IGNORE INTO contents VALUES (?, ?, ?)",
        [(each.digest, each.size, each.data) for each in contents],
    )


def data(connection: sqlite3.Connection, digest: str) -> bytes | None:
    """Of a small one; None for a large one, which is in its file. Raises LookupError for one that is not kept."""
    found = connection.execute("SELECT data FROM contents WHERE digest = ?", (digest,)).fetchone()
    if found is None:
        raise LookupError(digest)
    return None if found[0] is None else bytes(found[0])


def total(connection: sqlite3.Connection) -> int:
    """Bytes of all that is kept."""
    (size,) = connection.execute("SELECT size FROM total").fetchone()
    return int(size)


def large(connection: sqlite3.Connection) -> list[str]:
    """Digests of those that lie in files."""
    return [digest for (digest,) in connection.execute("SELECT digest FROM contents WHERE data IS NULL")]
