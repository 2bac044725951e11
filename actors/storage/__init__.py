"""SQLite behind one dedicated thread: group commit, numbered migrations, failures with a name.

A *job* is a plain function ``fn(connection, *args)`` over :class:`sqlite3.Connection`. It is a function of the
database alone: it neither begins nor commits and has no other effect, because a group that fails as a whole is
rolled back and its jobs are run again one by one. All jobs that wait (up to 256) share one transaction, each in a
savepoint of its own, so that one that raises is rolled back alone; nobody is answered before the commit.

Rows are :class:`sqlite3.Row`. Under a virtual clock jobs run inline in the calling task, because a working thread
looks idle to trio's autojump clock.
"""

from actors.storage.check import check
from actors.storage.database import Migration, numbered
from actors.storage.errors import (
    Closed,
    Corrupt,
    DiskFull,
    Inaccessible,
    Locked,
    MigrationFailed,
    Missing,
    OutOfPlace,
    ReadOnly,
    StorageError,
    TooNew,
)
from actors.storage.keeper import Keeper, LateKeeper, empty
from actors.storage.storage import Statistics, Storage
from actors.storage.values import clean, micros, moment, one_line

__all__ = [
    "Closed",
    "Corrupt",
    "DiskFull",
    "Inaccessible",
    "Keeper",
    "LateKeeper",
    "Locked",
    "Migration",
    "MigrationFailed",
    "Missing",
    "OutOfPlace",
    "ReadOnly",
    "Statistics",
    "Storage",
    "StorageError",
    "TooNew",
    "check",
    "clean",
    "empty",
    "micros",
    "moment",
    "numbered",
    "one_line",
]
