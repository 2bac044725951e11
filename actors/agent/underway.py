"""What completions that are under way may use at most, by user: all conversations count them together.

It is lost with the process, and so are they; what has been used is in the store.
"""

from typing import final

import trio

from actors.session.messages import Consumed


@final
class UnderWay:
    """Turns that have asked for a completion which is not stored yet, each with what it may use."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[str, Consumed]] = {}
        """By turn."""
        self._changed = trio.Event()

    def __len__(self) -> int:
        return len(self._asked)

    def add(self, turn: str, user: str, most: Consumed) -> None:
        """A completion is about to be asked for. There must be no await since it was seen that it may be."""
        self._asked[turn] = user, most

    def drop(self, turn: str) -> None:
        """What a turn has asked for is stored, or has failed. One that has asked for nothing is no error."""
        if self._asked.pop(turn, None) is not None:
            self._changed.set()
            self._changed = trio.Event()

    def of(self, user: str) -> Consumed:
        """What all of a user may use at most."""
        found = [most for whose, most in self._asked.values() if whose == user]
        return Consumed(tokens=sum(most.tokens for most in found), usd=sum(most.usd for most in found))

    async def changed(self) -> None:
        """Wait until one of them is over."""
        await self._changed.wait()
