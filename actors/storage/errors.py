"""What can go wrong with a database, one class each; the text says what the owner can do."""

import contextlib
import errno
import pathlib
import sqlite3
from collections.abc import Generator
from typing import ClassVar

import attrs


@attrs.define(eq=False, kw_only=True)
class StorageError(Exception):
    """The database refused, and nothing of the job was stored."""

    what: ClassVar[str] = "does not work"
    advice: ClassVar[str] = ""
    """What the owner can do; ``{name}`` stands for the name of the file."""
    path: pathlib.Path
    detail: str = ""
    """What SQLite or the system said."""

    def __str__(self) -> str:
        return self._text(str(self.path))

    @property
    def brief(self) -> str:
        """The text without the folder of the file, for whoever asks from outside."""
        return self._text(self.path.name)

    def _text(self, file: str) -> str:
        said = f" ({self.detail})" if self.detail else ""
        return f"the database {file} {self.what}{said}. {self.advice.format(name=self.path.name)}".rstrip()


class DiskFull(StorageError):
    """Writing needs space that is not there."""

    what = "cannot grow because the disk is full"
    advice = "Free some space and try again; everything stored before is safe."


class Locked(StorageError):
    """Another process kept the database locked for longer than the busy timeout."""

    what = "is locked by another process"
    advice = "Close the other program that uses it, for instance a second daemon or a database browser."


class ReadOnly(StorageError):
    """The file, its folder or its file system may not be written."""

    what = "may not be written"
    advice = "Make the file and its folder writable for the user who runs this program."


class Corrupt(StorageError):
    """The file is damaged, or no database at all. It is left as it is."""

    what = "is damaged or not a database"
    advice = (
        "It was left untouched: put back a backup or a snapshot from beside it, or, to begin anew, move it away and "
        "delete {name}.made."
    )


class Missing(StorageError):
    """There was a database, and now there is no file. None is made in its place."""

    what = "is gone, although there was one"
    advice = (
        "Put it back, from a backup if need be; or, to begin anew without what was in it, delete {name}.made."
    )


class OutOfPlace(StorageError):
    """The file, or its log, is not where it was opened any more. What was asked may be stored in what was moved."""

    what = "was moved, replaced or deleted while it was in use"
    advice = (
        "Nothing is stored until it is back: put it back, or, to go on without it, delete {name}.made and start this "
        "program again."
    )


class Interrupted(StorageError):
    """Nobody waited for the result of a long read any more."""

    what = "was not read to the end"


class Inaccessible(StorageError):
    """The file cannot be opened, read or written for another reason."""

    what = "cannot be used"
    advice = "Check that the path is a file on a working local disk."


class Closed(StorageError):
    """The storage was closed, or never opened."""

    what = "is not open"


@attrs.define(eq=False, kw_only=True)
class TooNew(StorageError):
    """The schema is newer than this code."""

    what = "was written by a newer version of this program"
    advice = "Update the program, or put back the snapshot made before the update."
    version: int
    known: int


@attrs.define(eq=False, kw_only=True)
class MigrationFailed(StorageError):
    """A migration raised. The database is as it was before."""

    what = "could not be brought to the current schema and is unchanged"
    advice = "Report this text; the version of the program that was used before still works with the file."
    version: int
    """Number of the migration that failed."""


BY_SQLITE: dict[int, type[StorageError]] = {
    sqlite3.SQLITE_FULL: DiskFull,
    sqlite3.SQLITE_BUSY: Locked,
    sqlite3.SQLITE_LOCKED: Locked,
    sqlite3.SQLITE_PROTOCOL: Locked,
    sqlite3.SQLITE_READONLY: ReadOnly,
    sqlite3.SQLITE_PERM: ReadOnly,
    sqlite3.SQLITE_CORRUPT: Corrupt,
    sqlite3.SQLITE_NOTADB: Corrupt,
    sqlite3.SQLITE_CANTOPEN: Inaccessible,
    sqlite3.SQLITE_IOERR: Inaccessible,
    sqlite3.SQLITE_INTERRUPT: Interrupted,
}
BY_ERRNO: dict[int | None, type[StorageError]] = {
    errno.ENOSPC: DiskFull,
    errno.EDQUOT: DiskFull,
    errno.EACCES: ReadOnly,
    errno.EPERM: ReadOnly,
    errno.EROFS: ReadOnly,
}


def translate(error: BaseException, path: pathlib.Path) -> BaseException:
    """The StorageError that an error stands for; anything else is somebody's mistake and stays itself."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        kind = None if code is None else BY_SQLITE.get(code & 0xFF)  # the low byte of an extended code
        detail = str(error)
    elif isinstance(error, OSError):
        kind = BY_ERRNO.get(error.errno, Inaccessible)
        detail = error.strerror or str(error)
    else:
        return error
    if kind is None:
        return error
    translated = kind(path=path, detail=detail)
    translated.__cause__ = error
    return translated


@contextlib.contextmanager
def translated(path: pathlib.Path) -> Generator[None]:
    """Raise what the block raises, translated."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        better = translate(error, path)
        if better is error:
            raise
        raise better from error
