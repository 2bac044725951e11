"""Opening a database file: permissions, pragmas, migrations after a snapshot."""

import logging
import os
import pathlib
import re
import sqlite3
from collections.abc import Callable, Generator
from typing import Final, final

import attrs

from actors.storage.errors import (
    Corrupt,
    Locked,
    MigrationFailed,
    Missing,
    OutOfPlace,
    ReadOnly,
    TooNew,
    translate,
    translated,
)
from bus import Data

_LOG: Final = logging.getLogger(__name__)

Migration = str | Callable[[sqlite3.Connection], None]
"""SQL of one or more statements, or a function. It runs inside a transaction and does not end it."""


def numbered(folder: pathlib.Path) -> tuple[Migration, ...]:
    """The migrations ``0001_name.sql``, ``0002_name.sql`` … of a folder, in order.

    Raises ValueError when a number is missing or there twice.
    """
    files = sorted(folder.glob("*.sql"))
    numbers = [int(file.name.split("_")[0]) for file in files]
    if not files or numbers != list(range(1, len(files) + 1)):
        raise ValueError(f"the migrations in {folder} are not numbered 1, 2, 3 …: {numbers}")
    return tuple(file.read_text(encoding="utf-8") for file in files)


@final
@attrs.frozen(kw_only=True)
class Database(Data):
    """Where the file is and how it is opened. Everything raised is a StorageError, or a mistake of ours."""

    path: pathlib.Path
    migrations: tuple[Migration, ...]
    synchronous: str
    busy_timeout: float

    def open_writer(self) -> sqlite3.Connection:
        """A connection that writes, to a file that exists and has the current schema."""
        with translated(self.path):
            self._prepare_file()
            connection = self._connect()
            try:
                connection.execute(
                    "PRAGMA secure_delete = ON"
                )  # from the first change on: a row leaves traces of what it was
                self._migrate(connection)
                connection.execute("PRAGMA foreign_keys = ON")  # only now: a migration may rebuild tables
            except BaseException:
                connection.close()
                raise
            return connection

    def open_reader(self) -> sqlite3.Connection:
        """A second connection, which cannot write."""
        with translated(self.path):
            connection = self._connect()
            connection.execute("PRAGMA query_only = ON")
            return connection

    def erase(self, connection: sqlite3.Connection, *, anew: bool, copies: bool) -> None:
        """Leave nothing in the files of what was deleted; outside of a transaction. See :meth:`Storage.erase`."""
        if anew:
            connection.execute("VACUUM")
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise Locked(path=self.path)
        for pattern in ("snapshot", "partial") if copies else ():
            for copy in self.path.parent.glob(f"{self.path.name}.v*.{pattern}"):
                copy.unlink(missing_ok=True)

    def _prepare_file(self) -> None:
        """Create the file for its owner alone, or see that the one that is there can be used."""
        if (
            not self.path.parent.is_dir()
        ):  # none is made: a database in it would be in the way of the one that was
            raise OutOfPlace(path=self.path, detail="its folder is gone")
        require_content(self.path)
        if not os.access(self.path.parent, os.W_OK | os.X_OK, effective_ids=True):
            raise ReadOnly(path=self.path, detail="the folder is read-only")
        if not self.path.exists():
            self._make()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        try:
            os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
        self._mark()

    def _make(self) -> None:
        """A new database. It gets its name once it is whole, so that an empty file is never a new one.

        Until then nothing in it is worth waiting for the disk, which is most of what a first start would take.
        """
        new = self.path.with_name(f"{self.path.name}.new")
        for left in (new, log_of(new)):
            left.unlink(missing_ok=True)
        new.touch(mode=0o600)
        connection = sqlite3.connect(new, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA journal_mode = MEMORY")
            self._migrate(connection)
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
        _sync(new)
        new.replace(self.path)
        _sync(self.path.parent)

    def _mark(self) -> None:
        """Note beside a database that there is one, so that it is missed when it is gone.

        The disk is not waited for: a note that is lost with the power is made again at the next start.
        """
        mark = mark_of(self.path)
        if mark.exists():
            return
        new = mark.with_name(f"{mark.name}.new")
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        new.write_text(
            f"{self.path.name} was made. While this file is here, no start takes its absence for a beginning.\n",
            encoding="utf-8",
        )
        new.replace(mark)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",  # in the place of a file that is gone none is made
            uri=True,
            timeout=self.busy_timeout,
            isolation_level=None,
            cached_statements=256,
        )
        try:
            connection.row_factory = sqlite3.Row
            connection.text_factory = _text
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {self.synchronous}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        known = len(self.migrations)
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > known:
            detail = f"its schema is number {version}, this program knows {known}"
            raise TooNew(path=self.path, detail=detail, version=version, known=known)
        if version == known:
            return
        if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            self._snapshot(connection, version)
        connection.execute("BEGIN IMMEDIATE")
        try:
            for number in range(version + 1, known + 1):
                if version:
                    self._say(f"schema {number} of {known}")
                self._apply(connection, number)
            connection.execute(f"PRAGMA user_version = {known}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        if version:
            self._say("done")

    def _say(self, what: str) -> None:
        """Tell whoever waits for the start what takes so long."""
        _LOG.warning("the database %s is brought to the current schema: %s", self.path.name, what)

    def _apply(self, connection: sqlite3.Connection, number: int) -> None:
        migration = self.migrations[number - 1]
        try:
            if isinstance(migration, str):
                for statement in _statements(migration):
                    connection.execute(statement)
            else:
                migration(connection)
            broken = connection.execute("PRAGMA foreign_key_check").fetchone()
            if broken is not None:
                raise ValueError(f"a row of {broken[0]} refers to a missing one of {broken[2]}")
        except Exception as error:
            if translate(error, self.path) is not error:  # a full disk is a full disk here too
                raise
            detail = f"migration {number}: {error}"
            raise MigrationFailed(path=self.path, detail=detail, version=number) from error

    def _snapshot(self, connection: sqlite3.Connection, version: int) -> None:
        """Copy the database, once checked, to ``<name>.v<version>.snapshot`` beside it."""
        self._say("it is checked")
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise Corrupt(path=self.path, detail=verdict)
        self._say("it is copied")
        partial = self.path.with_name(f"{self.path.name}.v{version}.partial")
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)
        connection.execute("VACUUM INTO ?", (str(partial),))
        _sync(partial)
        partial.replace(self.path.with_name(f"{self.path.name}.v{version}.snapshot"))
        _sync(self.path.parent)


def log_of(path: pathlib.Path) -> pathlib.Path:
    """The write-ahead log of a database."""
    return path.with_name(f"{path.name}-wal")


def mark_of(path: pathlib.Path) -> pathlib.Path:
    """The file that says that a database was made."""
    return path.with_name(f"{path.name}.made")


def require_content(path: pathlib.Path) -> None:
    """Raises Corrupt when there is a file without content, or the log of a file that is gone; Missing when all is."""
    if _size(path) > 0:
        return
    if _size(log_of(path)) > 0:  # SQLite would delete the log, and with it all there is
        raise Corrupt(path=path, detail="the file is gone, but its write-ahead log is still there")
    if path.exists():
        raise Corrupt(path=path, detail="it is empty, as no database is: what was in it has been lost")
    if mark_of(path).exists():
        raise Missing(path=path, detail=f"as {mark_of(path).name} beside it says")


def _text(stored: bytes) -> str:
    """A text; what is not UTF-8 in it, as only damage writes it, costs no more than the characters that it takes."""
    return stored.decode("utf-8", "replace")


def _size(path: pathlib.Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _sync(path: pathlib.Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _statements(script: str) -> Generator[str]:
    """Split a script; ``executescript`` would commit before it runs."""
    statement = ""
    for piece in re.split("(?<=;)", script):
        statement += piece
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
