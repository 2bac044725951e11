"""What skills were: revisions with all their files, in the database. Each function is one transaction.

A change is written down as an *intent* first, with all it takes; then the disk is changed, then the intent is done.
What a crash has left as an intent is done again at the start.
"""

# ruff: noqa: S608 - statements are put together from constants; values are parameters

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast, final

import attrs

from actors.skills.folder import MAIN, File, Tree, digest
from actors.skills.messages import Origin, Resource, Revision
from actors.skills.messages.history import Action
from actors.storage import moment
from bus import Data

KEPT: Final = 50
"""Revisions of one skill; older ones go."""
_REVISION: Final = """
SELECT seq, owner, name, at, action, origin, by_user, author, session, turn, source, digest,
       (SELECT count(*) FROM files WHERE revision = seq) AS files,
       (SELECT coalesce(sum(length(data)), 0) FROM files JOIN blobs USING (hash) WHERE revision = seq) AS size
FROM revisions
"""
_LATEST: Final = f"""
SELECT found.*, (SELECT hash FROM files WHERE revision = seq AND path = ?) AS main,
       (SELECT min(at) FROM revisions AS first WHERE first.owner = found.owner AND first.name = found.name) AS first_at
FROM ({_REVISION}) AS found WHERE seq IN (SELECT max(seq) FROM revisions GROUP BY owner, name)
"""


@final
@attrs.frozen(kw_only=True)
class Change(Data):
    """What is to become of one skill."""

    owner: str
    name: str
    before: Tree | None
    """As it is on the disk; None for what is not there."""
    after: Tree | None
    """None to delete it."""
    action: Action
    by: str
    author: str = attrs.field(default=attrs.Factory(lambda change: change.by, takes_self=True))
    origin: Origin = "person"
    session: str | None = None
    turn: str | None = None
    call: str | None = None
    source: str | None = None


@final
@attrs.frozen(kw_only=True)
class Latest(Data):
    """What the newest revision of a skill says."""

    revision: Revision
    author: str
    main: str | None
    """SHA-256 of its ``SKILL.md``; None for one that was deleted."""
    first_at: int


def plan(connection: sqlite3.Connection, changes: Sequence[Change], now: int) -> tuple[int, ...]:
    """Write down what is going to be done, and what was there before where no revision has it. Returns the numbers."""
    return tuple(_plan(connection, change, now) for change in changes)


def _plan(connection: sqlite3.Connection, change: Change, now: int) -> int:
    if change.before is not None and digest(change.before) != _newest_digest(connection, change):
        kept = attrs.evolve(change, action="found", origin="person", by="", author="", call=None, source=None)
        _insert(connection, attrs.evolve(kept, session=None, turn=None), change.before, now, "done")
    seq = _insert(connection, change, change.after, now, "intent")
    connection.execute(
        "DELETE FROM revisions WHERE owner = ? AND name = ? AND seq NOT IN"
        " (SELECT seq FROM revisions WHERE owner = ? AND name = ? ORDER BY seq DESC LIMIT ?)",
        (change.owner, change.name, change.owner, change.name, KEPT),
    )
    connection.execute("DELETE FROM blobs WHERE hash NOT IN (SELECT hash FROM files)")
    return seq


def _newest_digest(connection: sqlite3.Connection, change: Change) -> str | None:
    row = connection.execute(
        "SELECT digest FROM revisions WHERE owner = ? AND name = ? ORDER BY seq DESC LIMIT 1",
        (change.owner, change.name),
    ).fetchone()
    return None if row is None else str(row[0])


def _insert(connection: sqlite3.Connection, change: Change, tree: Tree | None, now: int, state: str) -> int:
    seq: int
    (seq,) = connection.execute(
        "INSERT INTO revisions (owner, name, at, action, origin, by_user, author, session, turn, call, source, digest,"
        " state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq",
        (
            change.owner,
            change.name,
            now,
            change.action,
            change.origin,
            change.by,
            change.author,
            change.session,
            change.turn,
            change.call,
            change.source,
            "" if tree is None else digest(tree),
            state,
        ),
    ).fetchone()
    for path, file in (tree or {}).items():
        hashed = hashlib.sha256(file.data).hexdigest()
        connection.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", (hashed, file.data))
        connection.execute("INSERT INTO files VALUES (?, ?, ?, ?)", (seq, path, hashed, file.executable))
    return seq


def settle(connection: sqlite3.Connection, seqs: Iterable[int]) -> None:
    """The disk has it."""
    connection.executemany("UPDATE revisions SET state = 'done' WHERE seq = ?", [(seq,) for seq in seqs])


def revoke(connection: sqlite3.Connection, seqs: Iterable[int]) -> None:
    """The disk refused: it was never going to be."""
    connection.executemany("DELETE FROM revisions WHERE seq = ?", [(seq,) for seq in seqs])


def intents(connection: sqlite3.Connection) -> list[tuple[int, str, str, Tree | None]]:
    """Number, owner, name and files of what is to be done yet, oldest first."""
    rows = connection.execute(
        "SELECT seq, owner, name, digest FROM revisions WHERE state = 'intent' ORDER BY seq"
    ).fetchall()
    return [
        (seq, owner, name, tree(connection, seq) if hashed else None) for seq, owner, name, hashed in rows
    ]


# --- looking ------------------------------------------------------------------------------------------------


def by_call(connection: sqlite3.Connection, call: str) -> int | None:
    """Number of the revision that a call of a tool has made."""
    row = connection.execute("SELECT seq FROM revisions WHERE call = ?", (call,)).fetchone()
    return None if row is None else int(row[0])


def latest(connection: sqlite3.Connection) -> Mapping[tuple[str, str], Latest]:
    """By owner and name the newest revision of each skill that ever was."""
    rows = connection.execute(_LATEST, (MAIN,)).fetchall()
    return {
        (row["owner"], row["name"]): Latest(
            revision=_revision(row), author=row["author"], main=row["main"], first_at=row["first_at"]
        )
        for row in rows
    }


def history(connection: sqlite3.Connection, owner: str, name: str, limit: int) -> tuple[Revision, ...]:
    """Revisions of a skill, newest first."""
    rows = connection.execute(
        f"{_REVISION} WHERE owner = ? AND name = ? ORDER BY seq DESC LIMIT ?", (owner, name, limit)
    )
    return tuple(map(_revision, rows))


def revision(connection: sqlite3.Connection, owner: str, name: str, seq: int) -> tuple[Revision, Tree] | None:
    """One revision with its files; None where that number is of another skill, or of none."""
    row = connection.execute(
        f"{_REVISION} WHERE owner = ? AND name = ? AND seq = ?", (owner, name, seq)
    ).fetchone()
    return None if row is None else (_revision(row), tree(connection, seq))


def tree(connection: sqlite3.Connection, seq: int) -> Tree:
    """All files of a revision."""
    rows = connection.execute(
        "SELECT path, data, executable FROM files JOIN blobs USING (hash) WHERE revision = ? ORDER BY path",
        (seq,),
    )
    return {path: File(data, bool(executable)) for path, data, executable in rows}


def _revision(row: sqlite3.Row) -> Revision:
    return Revision(
        seq=row["seq"],
        at=moment(row["at"]),
        action=cast("Action", row["action"]),
        origin=cast("Origin", row["origin"]),
        by=row["by_user"],
        session=row["session"],
        turn=row["turn"],
        source=row["source"],
        digest=row["digest"],
        files=row["files"],
        size=row["size"],
    )


def resources(tree: Tree) -> tuple[Resource, ...]:
    """The files of a revision beside ``SKILL.md``."""
    return tuple(
        Resource(path=path, size=len(file.data), executable=file.executable)
        for path, file in tree.items()
        if path != MAIN
    )
