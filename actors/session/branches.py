"""Which turns of a conversation are on its chosen path, and which are versions of the same message."""

import sqlite3
from collections import defaultdict
from typing import Final

from .paths import BEGINNING, NEWEST, Fork, Path, path_to

SEQ: Final = "(SELECT seq FROM turns WHERE turns.id = turn_id) AS seq"
"""Column by which a row that belongs to a turn is known to be on a path."""
# A row whose parent came later is damaged. It follows the one before it, as a path through it would never end.
_FORKS: Final = """
SELECT seq, parent FROM turns WHERE session_id = ? AND parent IS NOT NULL AND parent < seq ORDER BY seq
"""
_CHILDREN: Final = """
SELECT seq, id, parent FROM turns WHERE session_id = ? AND parent IS NOT NULL AND parent < seq ORDER BY seq
"""
_NEXT: Final = """
SELECT seq, id, parent FROM turns WHERE session_id = ? AND seq > ? AND state <> 'merged' ORDER BY seq LIMIT 1
"""
_BEFORE: Final = """
SELECT coalesce(max(seq), 0) FROM turns WHERE session_id = ? AND seq BETWEEN ? AND ? AND state <> 'merged'
"""


def forks(connection: sqlite3.Connection, session: str) -> tuple[Fork, ...]:
    """The turns of a conversation that follow another one than the one before them, in order."""
    rows = connection.execute(_FORKS, (session,)).fetchall()
    return tuple(Fork(*row) for row in rows) if rows else ()


def chosen(connection: sqlite3.Connection, session: str) -> Path | None:
    """The path that a conversation goes on from; None while there is but one, which holds all of it."""
    found = forks(connection, session)
    if not found:
        return None
    (head,) = connection.execute("SELECT head FROM sessions WHERE id = ?", (session,)).fetchone()
    return path_to(found, NEWEST if head is None else head)


def last_between(connection: sqlite3.Connection, session: str, first: int, last: int) -> int:
    """The last turn with a number between two, both included, that joined no other; :data:`BEGINNING` if none."""
    turn: int
    (turn,) = connection.execute(_BEFORE, (session, first, last)).fetchone()
    return turn


def parent_of(connection: sqlite3.Connection, session: str, turn: int) -> int:
    """What a turn follows; :data:`BEGINNING` for nothing."""
    (parent,) = connection.execute("SELECT parent FROM turns WHERE seq = ?", (turn,)).fetchone()
    if parent is None or parent >= turn:
        return last_between(connection, session, BEGINNING, turn - 1)
    return int(parent)


def versions(connection: sqlite3.Connection, session: str) -> dict[str, tuple[str, ...]]:
    """For each turn that has other versions all of them, itself included, in the order of acceptance."""
    children: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for seq, turn, parent in connection.execute(_CHILDREN, (session,)):
        children[parent][seq] = turn
    for parent, known in children.items():
        row = connection.execute(_NEXT, (session, parent)).fetchone()
        if row is not None and row["parent"] is None:
            known[row["seq"]] = row["id"]
    families = (tuple(known[seq] for seq in sorted(known)) for known in children.values())
    return {turn: family for family in families if len(family) > 1 for turn in family}
