"""Which turns of a conversation follow each other, where some are other versions of earlier ones. Pure.

Turns go by their numbers in the order of acceptance. Each follows the one before it in its conversation, unless it is a
*fork*, which says what it follows. So a conversation is a few runs of numbers, each begun by a fork but the first, and
what leads to a turn is a part of some of them: as long as nothing was said in another way, all of it is one run.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, final

import attrs

from bus import Data

BEGINNING: Final = 0
"""Stands for the turn that the first one follows."""
NEWEST: Final = 1 << 62
"""Greater than the number of any turn."""

Run = tuple[int, int]
"""First and last number of turns that follow each other, as far as they are of the same conversation."""


@final
@attrs.frozen
class Fork(Data):
    """A turn that follows another one than the one before it."""

    turn: int
    parent: int
    """The turn it follows, which ended before it was accepted; :data:`BEGINNING` for none."""


@final
@attrs.frozen
class Path(Data):
    """What leads from the beginning of a conversation to a turn."""

    runs: tuple[Run, ...]
    """In order."""

    def holds(self, turn: int) -> bool:
        """Whether a turn of the conversation is on it."""
        return _in(self.runs, turn)


def path_to(forks: Sequence[Fork], turn: int = NEWEST) -> Path:
    """The path that ends with a turn; with the newest, it goes on with whatever comes.

    `forks` are all of the conversation, in order.
    """
    runs: list[Run] = []
    starts = [fork.turn for fork in forks]
    while turn != BEGINNING:
        at = bisect_right(starts, turn) - 1
        runs.append((BEGINNING + 1 if at < 0 else starts[at], turn))
        turn = BEGINNING if at < 0 else forks[at].parent
    return Path(tuple(reversed(runs)))


def continuation(forks: Sequence[Fork], turn: int) -> Run:
    """The run in which the newest of all turns lies that follow a turn, directly or not, or it does itself."""
    starts = [fork.turn for fork in forks]
    own = bisect_right(starts, turn)
    following: list[Run] = [(turn, _end(starts, own))]
    for number, fork in enumerate(forks[own:], own + 1):
        if _in(following, fork.parent):
            following.append((fork.turn, _end(starts, number)))
    return following[-1]


def _in(runs: Sequence[Run], turn: int) -> bool:
    """Whether a turn is in one of some runs, which are in order."""
    at = bisect_right(runs, (turn, NEWEST)) - 1
    return at >= 0 and turn <= runs[at][1]


def _end(starts: Sequence[int], following: int) -> int:
    return starts[following] - 1 if following < len(starts) else NEWEST
