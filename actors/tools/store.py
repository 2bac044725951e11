"""What is known of files as they were: changes, snapshots, undos. Each function is a transaction, or a part of one."""

# ruff: noqa: S608 - statements are put together from constants; values are parameters

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, cast, final

import attrs

from actors.storage import clean
from actors.tools import contents
from actors.tools.contents import Content
from actors.tools.states import Change, Kind, Look, State, Version
from bus import Data

_CHANGE: Final = """
SELECT id, turn, path, before_kind, before_digest, before_mode, before_kept, after_kind, after_digest, after_mode,
       folders, places FROM changes
"""
_VERSION: Final = """
SELECT path, kind, digest, mode, kept, size, inode, modified, changed, settled FROM versions
"""
_USED: Final = """
SELECT before_digest FROM changes WHERE before_digest IS NOT NULL
UNION SELECT digest FROM versions WHERE digest IS NOT NULL
"""


# --- changes ----------------------------------------------------------------------------------------------


def note(
    connection: sqlite3.Connection,
    turn: str,
    call: str,
    change: Change,
    content: Content | None,
    now: int,
    names: Iterable[str] = (),
) -> Change | None:
    """Note what a call is about to do, with what is there before, and the `names` that nobody else is behind.

    Returns what it has noted before. If what is there now is what that found, or was going to leave, nothing is added.
    """
    connection.executemany("INSERT OR IGNORE INTO names VALUES (?)", [(clean(each),) for each in names])
    noted = change_of(connection, call, change.path)
    if noted is not None and change.before in (noted.before, noted.after):
        return noted
    contents.add(connection, [] if content is None else [content])
    connection.execute(
        "INSERT INTO changes VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            clean(turn),
            clean(call),
            change.path,
            now,
            *(change.before.kind, change.before.digest, change.before.mode, change.before.kept),
            *(change.after.kind, change.after.digest, change.after.mode),
            change.folders,
            change.places,
        ),
    )
    return noted


def names(connection: sqlite3.Connection) -> set[str]:
    """Those that nobody else is behind."""
    return {name for (name,) in connection.execute("SELECT name FROM names")}


def note_all(
    connection: sqlite3.Connection, turn: str, changes: Iterable[tuple[Change, Content | None]], now: int
) -> None:
    """Note what an undo is about to do."""
    for change, content in changes:
        note(connection, turn, turn, change, content, now)


def change_of(connection: sqlite3.Connection, call: str, path: str | None = None) -> Change | None:
    """What a call was going to do last, if it has noted it."""
    row = connection.execute(
        f"{_CHANGE} WHERE call = ? AND path = coalesce(?, path) ORDER BY id DESC LIMIT 1", (clean(call), path)
    ).fetchone()
    return None if row is None else _change(row)


def changes_of(connection: sqlite3.Connection, turns: Collection[str]) -> list[Change]:
    """What was done in these turns, in this order."""
    return [
        _change(row)
        for row in connection.execute(f"{_CHANGE} WHERE turn IN ({_marks(turns)}) ORDER BY id", tuple(turns))
    ]


def others(
    connection: sqlite3.Connection, paths: Iterable[str], turns: Collection[str], after: int
) -> dict[str, str]:
    """By path, the last turn that is none of `turns` and changed it after a place among all changes."""
    found: dict[str, str] = {}
    for path in paths:
        row = connection.execute(
            f"SELECT turn FROM changes WHERE path = ? AND id > ? AND turn NOT IN ({_marks(turns)})"
            " ORDER BY id DESC LIMIT 1",
            (path, after, *turns),
        ).fetchone()
        if row is not None:
            found[path] = row[0]
    return found


def _change(row: Sequence[Any]) -> Change:
    before = State(kind=_kind(row[3]), digest=row[4], mode=row[5], kept=bool(row[6]))
    after = State(kind=_kind(row[7]), digest=row[8], mode=row[9])
    return Change(
        id=row[0], turn=row[1], path=row[2], before=before, after=after, folders=row[10], places=row[11]
    )


def _kind(stored: str) -> Kind:
    return cast("Kind", stored)


# --- snapshots --------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Snapshot(Data):
    """All of home at one time."""

    id: int
    turn: str
    at: int
    """Microseconds since 1970."""
    place: int
    """The last change before it."""
    partial: bool
    """Whether not all of home was looked at."""


_SNAPSHOT: Final = "SELECT id, turn, at, place, partial FROM snapshots"


def snapshots_of(connection: sqlite3.Connection, turns: Collection[str]) -> list[Snapshot]:
    """Those made for these turns, the earliest first."""
    rows = connection.execute(f"{_SNAPSHOT} WHERE turn IN ({_marks(turns)}) ORDER BY id", tuple(turns))
    return [Snapshot(id=row[0], turn=row[1], at=row[2], place=row[3], partial=bool(row[4])) for row in rows]


def overlapping(connection: sqlite3.Connection, turns: Collection[str], since: int, until: int) -> list[str]:
    """Other turns that ran commands between two times."""
    rows = connection.execute(
        f"SELECT turn FROM snapshots WHERE at BETWEEN ? AND ? AND turn NOT IN ({_marks(turns)}) ORDER BY id",
        (since, until, *turns),
    )
    return [turn for (turn,) in rows]


def current(connection: sqlite3.Connection) -> dict[str, Version]:
    """What the last snapshot found, by path."""
    return {row[0]: _version(row) for row in connection.execute(f"{_VERSION} WHERE until IS NULL")}


def manifest(connection: sqlite3.Connection, snapshot: int) -> dict[str, Version]:
    """What a snapshot found, by path."""
    rows = connection.execute(
        f"{_VERSION} WHERE since <= ? AND (until IS NULL OR until > ?)", (snapshot, snapshot)
    )
    return {row[0]: _version(row) for row in rows}


def add_snapshot(
    connection: sqlite3.Connection,
    turn: str,
    found: Iterable[Version],
    gone: Iterable[str],
    *,
    partial: bool,
    now: int,
) -> None:
    """A snapshot: what of the one before is the same stays, `found` is new or changed, `gone` is there no more."""
    (place,) = connection.execute("SELECT coalesce(max(id), 0) FROM changes").fetchone()
    cursor = connection.execute(
        "INSERT INTO snapshots VALUES (NULL, ?, ?, ?, ?)", (clean(turn), now, place, partial)
    )
    number = cursor.lastrowid or 0
    for version in found:
        look = version.look
        times = (look.size, look.inode, look.modified, look.changed, version.settled)
        there = _now(connection, version.path)
        if there is not None and there.state == version.state and there.state.kept == version.state.kept:
            connection.execute(
                "UPDATE versions SET size = ?, inode = ?, modified = ?, changed = ?, settled = ?"
                " WHERE path = ? AND until IS NULL",
                (*times, version.path),
            )
            continue
        _end(connection, number, version.path)
        state = version.state
        connection.execute(
            "INSERT INTO versions VALUES (NULL, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (version.path, number, state.kind, state.digest, state.mode, state.kept, *times),
        )
    for path in gone:
        _end(connection, number, path)


def _now(connection: sqlite3.Connection, path: str) -> Version | None:
    row = connection.execute(f"{_VERSION} WHERE path = ? AND until IS NULL", (path,)).fetchone()
    return None if row is None else _version(row)


def _end(connection: sqlite3.Connection, number: int, path: str) -> None:
    connection.execute("UPDATE versions SET until = ? WHERE path = ? AND until IS NULL", (number, path))


def _version(row: Sequence[Any]) -> Version:
    path, kind, digest, mode, kept, size, inode, modified, changed, settled = row
    return Version(
        path=path,
        state=State(kind=_kind(kind), digest=digest, mode=mode, kept=bool(kept)),
        look=Look(kind=_kind(kind), mode=mode, size=size, inode=inode, modified=modified, changed=changed),
        settled=bool(settled),
    )


# --- undos ------------------------------------------------------------------------------------------------


def last_undo(connection: sqlite3.Connection, turn: str, user: str) -> str | None:
    """The newest undo of a turn."""
    row = connection.execute(
        "SELECT id FROM undos WHERE turn = ? AND user = ? ORDER BY at DESC, rowid DESC LIMIT 1",
        (clean(turn), user),
    ).fetchone()
    return None if row is None else str(row[0])


def begun_undo(connection: sqlite3.Connection, turn: str, user: str) -> str | None:
    """The undo of a turn that was begun and not finished."""
    row = connection.execute(
        "SELECT id FROM undos WHERE turn = ? AND user = ? AND state = 'begun'", (clean(turn), user)
    ).fetchone()
    return None if row is None else str(row[0])


def begin_undo(connection: sqlite3.Connection, id: str, turn: str, user: str, now: int) -> str:
    """Note that a turn is being undone; the id of one that was begun and not finished, else the new one."""
    begun = begun_undo(connection, turn, user)
    if begun is not None:
        return begun
    connection.execute("INSERT INTO undos VALUES (?, ?, ?, ?, 'begun')", (id, clean(turn), user, now))
    return id


def end_undo(connection: sqlite3.Connection, id: str) -> None:
    """Note that an undo is done."""
    connection.execute("UPDATE undos SET state = 'done' WHERE id = ?", (id,))


def undo_of(connection: sqlite3.Connection, id: str, user: str) -> bool:
    """Whether this is an undo of a user's."""
    row = connection.execute("SELECT 1 FROM undos WHERE id = ? AND user = ?", (clean(id), user)).fetchone()
    return row is not None


def family(connection: sqlite3.Connection, turns: Iterable[str]) -> set[str]:
    """Turns with what undid them, what undid that, and so on."""
    found: set[str] = set()
    todo = list(turns)
    while todo:
        turn = todo.pop()
        if turn not in found:
            found.add(turn)
            todo += [id for (id,) in connection.execute("SELECT id FROM undos WHERE turn = ?", (turn,))]
    return found


# --- what is no longer kept -------------------------------------------------------------------------------


def prune(connection: sqlite3.Connection, before: int, most: int) -> None:
    """Forget what is older than a time, and the oldest of what takes more than `most` bytes.

    The last snapshot stays, as what the next one is compared with.
    """
    _forget(connection, before)
    while contents.total(connection) > most:
        row = connection.execute(
            "SELECT min(at) FROM (SELECT at FROM changes UNION ALL SELECT at FROM snapshots"
            " WHERE id < (SELECT max(id) FROM snapshots))"
        ).fetchone()
        if row[0] is None:
            break
        _forget(connection, row[0] + 1)


def _forget(connection: sqlite3.Connection, before: int) -> None:
    connection.execute("DELETE FROM changes WHERE at < ?", (before,))
    connection.execute(
        "DELETE FROM snapshots WHERE at < ? AND id < (SELECT max(id) FROM snapshots)", (before,)
    )
    connection.execute("DELETE FROM undos WHERE at < ?", (before,))
    connection.execute("DELETE FROM versions WHERE until <= (SELECT min(id) FROM snapshots)")
    connection.execute(f"DELETE FROM contents WHERE digest NOT IN ({_USED})")


def _marks(values: Collection[str]) -> str:
    return ",".join("?" * len(values))
