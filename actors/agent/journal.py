"""Events of one conversation, kept in memory so that a client that lost its connection can go on. Pure.

The events of the turn that runs are all kept; those of ended ones, which the store knows by then, as long as there
is room.
"""

from collections import deque
from collections.abc import Mapping
from typing import Final, final

import attrs

from actors.agent import messages
from actors.agent.messages import TextDelta, ThinkingDelta, TurnEvent

GAP: Final = 100_000
"""How far the numbers jump when a conversation starts again.

Larger than the number of events between two stores, so that a number is never given twice, even after a crash that
lost the latest ones.
"""

_OVERHEAD: Final = 200  # bytes an event weighs besides its text
_PIECE: Final = 100  # bytes a further delta weighs besides its text


@final
@attrs.define
class _Entry:
    """One event, or a run of deltas of one kind in one turn, of which `pieces` are the texts and numbers."""

    event: TurnEvent
    weight: int
    pieces: list[tuple[int, str]] = attrs.field(factory=list[tuple[int, str]])

    @property
    def last(self) -> int:
        return self.pieces[-1][0] if self.pieces else self.event.n

    def after(self, n: int) -> TurnEvent:
        """The part of this entry that follows event `n`."""
        if not isinstance(self.event, TextDelta | ThinkingDelta):
            return self.event
        text = "".join(text for number, text in self.pieces if number > n)
        return attrs.evolve(self.event, n=self.last, text=text)


@final
class Journal:
    """What happened in a conversation, by number."""

    def __init__(self, last: int, *, ran_before: bool, capacity: int = 128 * 1024) -> None:
        """Go on after number `last`; `capacity` is the weight in bytes of what is kept of ended turns."""
        self._last = last + GAP if ran_before else last
        self._gone = self._last
        self._capacity = capacity
        self._weight = 0
        self._keep_from = 0
        """Number of the event with which the running turn began, or the last one ended."""
        self._entries: deque[_Entry] = deque()

    @property
    def last(self) -> int:
        """Highest number given out."""
        return self._last

    def number(self) -> int:
        """The number of the next event; each is to be added, in order."""
        return self._last + 1

    def add(self, event: TurnEvent) -> None:
        """Keep an event that has the next number."""
        self._last = event.n
        if isinstance(event, TextDelta | ThinkingDelta):
            weight = self._add_delta(event)
        else:
            weight = _weigh(event)
            self._entries.append(_Entry(event, weight))
        self._weight += weight
        if isinstance(event, messages.TurnStarted | messages.TurnEnded | messages.TurnFailed):
            self._keep_from = event.n
        self._forget()

    def _add_delta(self, event: TextDelta | ThinkingDelta) -> int:
        """Keep a delta, with its neighbours if it has any; return what it adds to the weight."""
        piece = (event.n, event.text)
        newest = self._entries[-1] if self._entries else None
        if newest is not None and type(newest.event) is type(event) and newest.event.turn == event.turn:
            newest.pieces.append(piece)
            newest.weight += len(event.text) + _PIECE
            return len(event.text) + _PIECE
        weight = _weigh(event)
        self._entries.append(_Entry(event, weight, [piece]))
        return weight

    def _forget(self) -> None:
        """Drop the oldest entries while there are too many, but none of the running turn."""
        while self._weight > self._capacity and self._entries[0].last < self._keep_from:
            oldest = self._entries.popleft()
            self._weight -= oldest.weight
            self._gone = oldest.last

    def after(self, n: int) -> tuple[tuple[TurnEvent, ...], bool]:
        """The kept events that follow number `n`, and whether they are all there were.

        Neighbouring deltas come as one, with the number of the last of them. A number that was never given out
        belongs to another time of this conversation: everything kept is returned, as incomplete.
        """
        known = self._gone <= n <= self._last
        start = n if known else self._gone
        return tuple(entry.after(start) for entry in self._entries if entry.last > start), known

    def before(self, turn: str) -> int | None:
        """The number before the first kept event of a turn, or None when none is kept.

        A message that joined another turn begins with its own fate there.
        """
        for entry in self._entries:
            if entry.event.turn == turn:
                return (entry.pieces[0][0] if entry.pieces else entry.event.n) - 1
        return None


def _weigh(event: TurnEvent) -> int:
    """Bytes of an event, roughly: its texts, and what a tool was given."""
    values = (getattr(event, field.name) for field in attrs.fields(type(event)))
    return _OVERHEAD + sum(len(f"{value}") for value in values if isinstance(value, str | Mapping))
