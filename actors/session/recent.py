"""The histories of the conversations that are going on, derived once instead of once a turn.

A step never changes once it is done and a conversation only grows, so what was derived is kept, and of the next turn
only the steps since then are read.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final, final

import attrs

from bus import Data

from . import branches, history
from .paths import Path
from .steps import COLUMNS, Step, step_of

_SINCE: Final = """
SELECT {columns} FROM steps WHERE session_id = ? AND id > ? AND kind <> 'notice' ORDER BY id LIMIT ?
"""
_STRAIGHT: Final = _SINCE.format(columns=COLUMNS)
_WITH_TURN: Final = _SINCE.format(columns=f"{COLUMNS}, {branches.SEQ}")
_SUMMARIES: Final = f"""
SELECT summary, first_step, {branches.SEQ} FROM compactions WHERE session_id = ? ORDER BY id DESC
"""  # noqa: S608
_ALL: Final = -1
FEW: Final = 16
"""Rows that may be read where others wait."""
_OVERHEAD: Final = 400
"""Bytes that a step weighs besides its text, once it is part of a history."""


@final
@attrs.frozen
class Unread(Data):
    """What is known of a conversation, and the rows that come after it."""

    session: str
    path: Path | None
    """The chosen one; None while there is but one."""
    summary: history.Summary | None
    known: history.History
    weight: int
    """Of `known`, in bytes."""
    rows: tuple[sqlite3.Row, ...]


@final
@attrs.frozen
class _Kept(Data):
    path: Path | None
    summary: history.Summary | None
    known: history.History
    weight: int


@final
class RecentHistories:
    """The histories of the conversations that were begun last, as far as they do not change any more.

    Kept by one thread. Another may look at it: what is kept of a conversation is replaced, never changed.
    """

    def __init__(self, capacity: int = 8_000_000) -> None:
        """`capacity` bounds the weight in bytes, of which one conversation gets half at most."""
        self._capacity = capacity
        self.weight = 0
        """Of all that is kept, in bytes."""
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def few(self, connection: sqlite3.Connection, session: str) -> Unread | None:
        """What :meth:`unread` says, or None when that is so much that it would keep other writers waiting."""
        found, read = self._after_kept(connection, session, FEW + 1)
        return None if read > FEW else found

    def unread(self, connection: sqlite3.Connection, session: str) -> Unread:
        """What is kept of a conversation, and what came after it."""
        return self._after_kept(connection, session, _ALL)[0]

    def _after_kept(self, connection: sqlite3.Connection, session: str, limit: int) -> tuple[Unread, int]:
        """What came after what is kept, and how many rows were read for it, `limit` at most."""
        path = branches.chosen(connection, session)
        summary = summary_of(connection, session, path)
        kept = self._kept.get(session)
        if kept is None or (kept.summary, kept.path) != (summary, path):
            kept = _Kept(path, summary, history.opening(summary), 0)
        query = _STRAIGHT if path is None else _WITH_TURN
        read = connection.execute(query, (session, kept.known.last, limit)).fetchall()
        rows = tuple(read if path is None else (row for row in read if path.holds(row["seq"])))
        return Unread(session, path, summary, kept.known, kept.weight, rows), len(read)

    def keep(self, unread: Unread, done: history.History) -> None:
        """Keep what was derived of a conversation and will not change."""
        self.forget(unread.session)
        new = (row for row in unread.rows if row["id"] <= done.last)
        kept = _Kept(unread.path, unread.summary, done, unread.weight + sum(map(_weigh, new)))
        if kept.weight > self._capacity // 2:
            return
        self._kept[unread.session] = kept
        self.weight += kept.weight
        while self.weight > self._capacity:
            _, oldest = self._kept.popitem(last=False)
            self.weight -= oldest.weight

    def forget(self, session: str) -> None:
        """Keep nothing of a conversation."""
        old = self._kept.pop(session, None)
        if old is not None:
            self.weight -= old.weight


def summary_of(
    connection: sqlite3.Connection, session: str, path: Path | None = None
) -> history.Summary | None:
    """What the last compaction on a path has put in the place of older steps."""
    rows = connection.execute(_SUMMARIES, (session,))
    row = rows.fetchone()
    while row is not None and path is not None and not path.holds(row["seq"]):
        row = rows.fetchone()
    return None if row is None else history.Summary(row["summary"], row["first_step"])


def steps_in(rows: Iterable[sqlite3.Row]) -> list[Step]:
    """The steps that rows stand for."""
    return list(map(step_of, rows))


def _weigh(row: sqlite3.Row) -> int:
    return _OVERHEAD + len(row["content"]) + len(row["result"] or "")
