"""What completions that are under way may use at most, by user: all conversations count them together.

It is lost with the process, and so are they; what has been used is in the store.
"""

from collections.abc import Iterable
from typing import final

import trio

from actors.session.messages import Consumed


@final
class UnderWay:
    """Turns that have asked for a completion which is not stored yet, each with what it may use."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[str, str, Consumed]] = {}
        """By turn; the user, and the turn on whose behalf it is, which may be itself."""
        self._changed = trio.Event()

    def __len__(self) -> int:
        return len(self._asked)

    def add(self, turn: str, user: str, most: Consumed, origin: str = "") -> None:
        """A completion is about to be asked for. There must be no await since it was seen that it may be."""
        self._asked[turn] = user, origin or turn, most

    def drop(self, turn: str) -> None:
        """What a turn has asked for is stored, or has failed. One that has asked for nothing is no error."""
        if self._asked.pop(turn, None) is not None:
            self._changed.set()
            self._changed = trio.Event()

    def of(self, user: str) -> Consumed:
        """What all of a user may use at most."""
        return _sum(most for whose, _, most in self._asked.values() if whose == user)

    def beside(self, origin: str) -> Consumed:
        """What all on behalf of a turn may use at most."""
        return _sum(most for _, of, most in self._asked.values() if of == origin)

    async def changed(self) -> None:
        """Wait until one of them is over."""
        await self._changed.wait()


def _sum(each: Iterable[Consumed]) -> Consumed:
    found = list(each)
    return Consumed(tokens=sum(most.tokens for most in found), usd=sum(most.usd for most in found))
