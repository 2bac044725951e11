"""What is known of one user's notes: index and history, of one and the same content. Functions of a connection."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from actors.memory import index, look, revisions
from actors.memory.files import Seen
from actors.memory.messages import Found, Origin
from actors.memory.names import Name
from actors.memory.ranking import Hit


def settle(connection: sqlite3.Connection, seq: int, name: Name, seen: Seen) -> None:
    """A change is made, and the note is found by what it holds now: both or nothing."""
    revisions.complete(connection, seq)
    _index(connection, name, seen)


def take_up(connection: sqlite3.Connection, found: Iterable[tuple[Name, Seen]], now: datetime) -> list[Name]:
    """Make notes known as they are on the disk. Those that are not what they were."""
    known = index.stamps(connection)
    changed: list[Name] = []
    for name, seen in found:
        if seen.stamp is not None and look.is_same_text(known.get(name.text), seen.stamp):
            index.restamp(connection, name.text, seen.stamp)
            continue
        _index(connection, name, seen)
        if name.level == "agent" or revisions.notice(connection, name, seen.content, seen.changed or now):
            changed.append(name)
    return changed


def purge(
    connection: sqlite3.Connection, name: Name, content: bytes | None, origin: Origin, now: datetime
) -> int:
    """Forget for good what a note has been, in the index too. How many revisions are gone."""
    index.optimise(connection)
    return revisions.purge(connection, name, content, origin, now)


def _index(connection: sqlite3.Connection, name: Name, seen: Seen) -> None:
    if seen.content is None:
        index.remove(connection, name.text)
    else:
        index.replace(connection, name.text, seen.content.decode("utf-8-sig", "replace"), stamp=seen.stamp)


def shown(hit: Hit, *, complete: bool) -> Found:
    """A passage as the front door tells of it."""
    return Found(
        source=hit.source,
        text=hit.text,
        line_start=hit.line_start,
        line_end=hit.line_end,
        lines=hit.lines,
        citation=hit.citation,
        date=None if hit.date is None else hit.date.isoformat(),
        score=hit.score,
        why=hit.why,
        complete=complete,
    )
