"""Steps of the conversations that are going on, decoded once instead of once a turn.

A step never changes once it is done and a conversation only grows, so what was read is read again from the first
call that had no result.
"""

import sqlite3
from collections import OrderedDict
from itertools import dropwhile
from typing import Final, final

import attrs

from .steps import COLUMNS, CallStep, Step, step_of

_SINCE: Final = (
    f"SELECT {COLUMNS} FROM steps WHERE session_id = ? AND id >= ? AND kind <> 'notice' ORDER BY id"  # noqa: S608
)
LONG: Final = 500
"""Steps from which on telling a conversation takes more than a millisecond or two."""
_OVERHEAD: Final = 1000
"""Bytes that a step weighs besides its text."""


def steps_since(connection: sqlite3.Connection, session: str, first: int) -> list[Step]:
    """The steps of a conversation from an id on, without its notices."""
    return [step_of(row) for row in connection.execute(_SINCE, (session, first))]


@final
@attrs.frozen
class _Conversation:
    first: int
    """Everything from this id on is here, up to the last of `steps`."""
    steps: list[Step]
    weight: int


@final
class RecentSteps:
    """The finished steps of the conversations that were read last.

    Kept by the thread that reads, which sees only what is committed. Another thread may glance at it: what is kept is
    replaced as a whole, never changed.
    """

    def __init__(self, capacity: int = 2_000_000) -> None:
        """`capacity` bounds the weight in bytes, of which one conversation gets half at most."""
        self._capacity = capacity
        self.weight = 0
        """Of all that is kept, in bytes."""
        self._conversations: OrderedDict[str, _Conversation] = OrderedDict()

    def glance(
        self, connection: sqlite3.Connection, session: str, first: int, few: int = 16
    ) -> list[Step] | None:
        """What :func:`steps_since` says, or None for a long conversation, and when more than a `few` are not kept.

        Keeps nothing.
        """
        kept = self._conversations.get(session)
        known = kept.steps if kept is not None and kept.first == first else []
        if len(known) > LONG:
            return None
        unread = known[-1].id + 1 if known else first
        rows = connection.execute(f"{_SINCE} LIMIT ?", (session, unread, few + 1)).fetchall()
        return None if len(rows) > few else [*known, *map(step_of, rows)]

    def since(self, connection: sqlite3.Connection, session: str, first: int) -> list[Step]:
        """What :func:`steps_since` says."""
        kept = self._take(session, first)
        unread = kept.steps[-1].id + 1 if kept.steps else first
        rows = connection.execute(_SINCE, (session, unread)).fetchall()
        steps = [*kept.steps, *map(step_of, rows)]
        done = next((at for at, step in enumerate(steps) if _is_open(step)), len(steps))
        weight = kept.weight + sum(map(_weigh, rows[: done - len(kept.steps)]))
        self._keep(session, _Conversation(first, steps[:done], weight))
        return steps

    def _take(self, session: str, first: int) -> _Conversation:
        """What is kept of a conversation from an id on; a compaction has made the steps before it history."""
        kept = self._conversations.pop(session, None)
        if kept is None:
            return _Conversation(first, [], 0)
        self.weight -= kept.weight
        if kept.first == first:
            return kept
        if kept.first > first:
            return _Conversation(first, [], 0)
        rest = list(dropwhile(lambda step: step.id < first, kept.steps))
        return _Conversation(first, rest, kept.weight * len(rest) // max(len(kept.steps), 1))

    def _keep(self, session: str, kept: _Conversation) -> None:
        if kept.weight > self._capacity // 2:
            return
        self._conversations[session] = kept
        self.weight += kept.weight
        while self.weight > self._capacity:
            _, oldest = self._conversations.popitem(last=False)
            self.weight -= oldest.weight


def _is_open(step: Step) -> bool:
    return isinstance(step, CallStep) and step.result is None


def _weigh(row: sqlite3.Row) -> int:
    content, result = row["content"], row["result"]
    return _OVERHEAD + len(content) + len(result or "")
