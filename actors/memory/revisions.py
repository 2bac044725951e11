"""The history of notes in their database: what each change made of them. Functions of a connection.

A change is written down before it is made, as *pending*, with what the file will hold then; afterwards it no longer is.
Whoever finds it pending after a crash compares it with the file.

A revision is kept as what it has in place of a part of the one before; every so often as a whole.
"""

import sqlite3
import zlib
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final, final

import attrs

from actors.memory.edits import etag
from actors.memory.messages import Action, Origin, Revision, UnknownRevision
from actors.memory.names import Name
from actors.storage import micros, moment
from bus import Data

WHOLE_EVERY: Final = 50
"""Revisions after which one is kept as a whole."""
KEPT: Final = 100
"""Revisions of a note that are kept at least, unless they have more than KEPT_BYTES."""
KEPT_BYTES: Final = 8 * 1024 * 1024
CALLS: Final = 10_000
"""Calls that are remembered longer than their revisions. Only what ran when the process died is asked for again."""
PREVIEW: Final = 200
"""Characters."""
BY_HAND: Final = "disk"
"""The door of changes that were found in the file."""


@final
@attrs.frozen(kw_only=True)
class Pending(Data):
    """A change of which it is not known whether the file has it."""

    seq: int
    name: str
    hash: str


@final
@attrs.frozen(kw_only=True)
class Done(Data):
    """A change that was made."""

    seq: int
    name: str
    size: int
    hash: str


# --- writing ----------------------------------------------------------------------------------------------


def intend(
    connection: sqlite3.Connection,
    name: Name,
    before: bytes | None,
    after: bytes | None,
    *,
    action: Action,
    origin: Origin,
    now: datetime,
    key: str | None = None,
) -> int:
    """Write down a change that is about to be made, and what somebody has changed by hand until then. Its number."""
    notice(connection, name, before, now)
    return _add(
        connection,
        name,
        before,
        after,
        (micros(now), origin.user, origin.door, origin.session, origin.turn, action),
        key=key,
        pending=True,
    )


def notice(
    connection: sqlite3.Connection, name: Name, content: bytes | None, changed: datetime
) -> int | None:
    """Write down what a note holds if it is not what we know of it. Its number; None where it is."""
    last = newest(connection, name)
    if etag(content) == (last.hash if last else ""):
        return None
    before = content_of(connection, name, last.seq) if last and last.hash else None
    how = (micros(changed), "", BY_HAND, "", "", "by hand")
    return _add(connection, name, before, content, how)


def complete(connection: sqlite3.Connection, seq: int) -> None:
    """The file has it."""
    connection.execute("UPDATE revisions SET pending = 0 WHERE seq = ?", (seq,))


def drop(connection: sqlite3.Connection, seq: int) -> None:
    """It was not made."""
    connection.execute("DELETE FROM revisions WHERE seq = ? AND pending = 1", (seq,))


def pending(connection: sqlite3.Connection) -> list[Pending]:
    """What a crash has left undecided."""
    rows = connection.execute("SELECT seq, name, hash FROM revisions WHERE pending = 1 ORDER BY seq")
    return [Pending(seq=row["seq"], name=row["name"], hash=row["hash"]) for row in rows]


def purge(
    connection: sqlite3.Connection, name: Name, content: bytes | None, origin: Origin, now: datetime
) -> int:
    """Forget for good what a note has been. How many revisions are gone."""
    gone = _delete(connection, "name = ?", name.text)
    connection.execute("UPDATE applied SET hash = '', size = 0 WHERE name = ?", (name.text,))
    how = (micros(now), origin.user, origin.door, origin.session, origin.turn, "purge")
    _add(connection, name, None, content, how)
    return gone


def _add(
    connection: sqlite3.Connection,
    name: Name,
    before: bytes | None,
    after: bytes | None,
    how: tuple[int, str, str, str, str, str],
    *,
    key: str | None = None,
    pending: bool = False,
) -> int:
    content = after or b""
    head, tail = _common(before or b"", content)
    body = content[head : len(content) - tail]
    whole = before is None or len(body) * 2 > len(content) or _since_whole(connection, name) >= WHOLE_EVERY
    if whole:
        head, tail, body = 0, 0, content
    row = (
        name.text,
        *how,
        key,
        etag(after),
        len(content),
        None if whole else head,
        tail,
        zlib.compress(body, 1),
        pending,
    )
    added = connection.execute(
        "INSERT INTO revisions"
        " (name, at, user_id, door, session, turn, action, key, hash, size, head, tail, body, pending)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row,
    )
    if whole and not name.is_identity:
        _prune(connection, name)
    assert added.lastrowid is not None  # noqa: S101 - a row was added
    return added.lastrowid


def _common(one: bytes, other: bytes) -> tuple[int, int]:
    """How many bytes two contents have in common at the beginning and, behind that, at the end."""
    most = min(len(one), len(other))
    head = _agree(lambda count: one[:count] == other[:count], most)
    rest = most - head
    return head, _agree(lambda count: one[len(one) - count :] == other[len(other) - count :], rest)


def _agree(agrees: Callable[[int], bool], most: int) -> int:
    """The greatest number up to `most` for which it holds, if it holds for all smaller ones."""
    low = 0
    while low < most:
        middle = (low + most + 1) // 2
        low, most = (middle, most) if agrees(middle) else (low, middle - 1)
    return low


def _since_whole(connection: sqlite3.Connection, name: Name) -> int:
    (count,) = connection.execute(
        "SELECT count(*) FROM revisions WHERE name = ?1"
        " AND seq > (SELECT max(seq) FROM revisions WHERE name = ?1 AND head IS NULL)",
        (name.text,),
    ).fetchone()
    return int(count)


def _prune(connection: sqlite3.Connection, name: Name) -> None:
    """Let the oldest go. What stays begins with one that is kept as a whole, and the newest stays."""
    rows = connection.execute(
        "SELECT seq, head IS NULL, length(body) FROM revisions WHERE name = ? ORDER BY seq DESC", (name.text,)
    )
    total = 0
    for count, (seq, whole, size) in enumerate(rows, 1):
        total += size
        if whole and (count >= KEPT or total > KEPT_BYTES):
            _delete(connection, "name = ? AND seq < ?", name.text, seq)
            return


def _delete(connection: sqlite3.Connection, which: str, *values: str | int) -> int:
    """Let revisions go, not that their calls were made. How many are gone."""
    connection.execute(
        "INSERT INTO applied (key, seq, name, hash, size) SELECT key, seq, name, hash, size"  # noqa: S608 - ours
        f" FROM revisions WHERE key IS NOT NULL AND pending = 0 AND {which}",
        values,
    )
    connection.execute("DELETE FROM applied WHERE seq <= (SELECT max(seq) FROM revisions) - ?", (CALLS,))
    return connection.execute(f"DELETE FROM revisions WHERE {which}", values).rowcount  # noqa: S608 - ours


# --- looking ----------------------------------------------------------------------------------------------


def newest(connection: sqlite3.Connection, name: Name) -> Done | None:
    """The last change of a note."""
    row = connection.execute(
        "SELECT seq, name, size, hash FROM revisions WHERE name = ? ORDER BY seq DESC LIMIT 1", (name.text,)
    ).fetchone()
    return None if row is None else _done(row)


def applied(connection: sqlite3.Connection, key: str) -> Done | None:
    """The change that a call has made; None when it has made none."""
    row = connection.execute(
        "SELECT seq, name, size, hash FROM revisions WHERE key = ?1 AND pending = 0"
        " UNION ALL SELECT seq, name, size, hash FROM applied WHERE key = ?1",
        (key,),
    ).fetchone()
    return None if row is None else _done(row)


def history(connection: sqlite3.Connection, name: Name | None, limit: int) -> tuple[Revision, ...]:
    """The changes of a note, or of all, the newest first."""
    where, values = ("", ()) if name is None else (" AND name = ?", (name.text,))
    rows = connection.execute(
        f"SELECT * FROM revisions WHERE pending = 0{where} ORDER BY seq DESC LIMIT ?",  # noqa: S608 - ours
        (*values, limit),
    )
    return tuple(map(_revision, rows))


def revision(connection: sqlite3.Connection, name: Name, seq: int) -> tuple[Revision, bytes | None]:
    """One of them, with the content; None for no note. Raises UnknownRevision."""
    row = connection.execute(
        "SELECT * FROM revisions WHERE name = ? AND seq = ? AND pending = 0", (name.text, seq)
    ).fetchone()
    if row is None:
        raise UnknownRevision(name=name.text, seq=seq)
    found = _revision(row)
    return found, content_of(connection, name, seq) if found.exists else None


def content_of(connection: sqlite3.Connection, name: Name, seq: int) -> bytes:
    """What a note held after a change; nothing where there was none."""
    (first,) = connection.execute(
        "SELECT max(seq) FROM revisions WHERE name = ? AND seq <= ? AND head IS NULL", (name.text, seq)
    ).fetchone()
    content = b""
    for _, content in _contents(connection, name, first, seq):  # noqa: B007 - the last one counts
        pass
    return content


def _contents(
    connection: sqlite3.Connection, name: Name, first: int, last: int
) -> Iterator[tuple[sqlite3.Row, bytes]]:
    """Revisions with their contents, in order; the first is kept as a whole."""
    return _read_on(
        connection.execute(
            "SELECT * FROM revisions WHERE name = ? AND seq BETWEEN ? AND ? ORDER BY seq",
            (name.text, first, last),
        )
    )


def sound(rows: Iterable[sqlite3.Row]) -> Iterator[sqlite3.Row]:
    """Of the revisions of a note, in order, those whose content can be told. Raises DatabaseError for another one."""
    try:
        for row, content in _read_on(rows):
            if row["hash"] and row["hash"] != etag(content):
                raise sqlite3.DatabaseError("a revision does not follow from the one before")
            yield row
    except zlib.error as error:
        raise sqlite3.DatabaseError("a revision cannot be read") from error


def _read_on(rows: Iterable[sqlite3.Row]) -> Iterator[tuple[sqlite3.Row, bytes]]:
    content = b""
    for row in rows:
        body = zlib.decompress(row["body"])
        if row["head"] is not None:
            body = content[: row["head"]] + body + content[len(content) - row["tail"] :]
        content = body
        yield row, content


def trace(connection: sqlite3.Connection, name: Name, line: int) -> Revision | None:
    """The change that brought a line, counted from 1, or the oldest that is known to have it; None for no such line."""
    brought: list[sqlite3.Row] = []
    before: list[bytes] = []
    for row, content in _contents(connection, name, 0, 2**62):
        after = content.removesuffix(b"\n").split(b"\n") if content else []
        brought, before = _blamed(before, brought, after, row), after
    return _revision(brought[line - 1]) if line <= len(brought) else None


def _blamed(
    before: list[bytes], brought: list[sqlite3.Row], after: list[bytes], row: sqlite3.Row
) -> list[sqlite3.Row]:
    """For each line of `after` the change that brought it: that of an equal line of `before`, or this one."""
    most = min(len(before), len(after))
    head = next((n for n in range(most) if before[n] != after[n]), most)
    tail = next((n for n in range(most - head) if before[-1 - n] != after[-1 - n]), most - head)
    known: defaultdict[bytes, deque[sqlite3.Row]] = defaultdict(deque)
    for text, who in zip(before[head : len(before) - tail], brought[head : len(brought) - tail], strict=True):
        known[text].append(who)
    middle = [known[text].popleft() if known.get(text) else row for text in after[head : len(after) - tail]]
    return [*brought[:head], *middle, *brought[len(brought) - tail :]]


# --- rows -------------------------------------------------------------------------------------------------


def _done(row: sqlite3.Row) -> Done:
    return Done(seq=row["seq"], name=row["name"], size=row["size"], hash=row["hash"])


def _revision(row: sqlite3.Row) -> Revision:
    new = zlib.decompressobj().decompress(row["body"], 4 * PREVIEW).decode("utf-8", "replace").strip()
    return Revision(
        seq=row["seq"],
        name=row["name"],
        at=moment(row["at"]),
        by=row["user_id"],
        door=row["door"],
        session=row["session"],
        turn=row["turn"],
        action=row["action"],
        size=row["size"],
        exists=bool(row["hash"]),
        preview=new[:PREVIEW],
    )
