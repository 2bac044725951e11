"""What calls of models that are under way may use at most, by user: all conversations count them together.

It is lost with the process, and so are they; what has been used is in the store.
"""

from collections.abc import Iterable
from typing import final

import attrs
import trio

from actors.session.messages import Consumed
from bus import Data


@final
@attrs.frozen
class _Call(Data):
    user: str
    origin: str
    """The turn on whose behalf it is; empty where it is for none."""
    most: Consumed


@final
class UnderWay:
    """What was asked for and is not stored yet."""

    def __init__(self) -> None:
        self.ended = 0
        """How many are over so far: what was measured before another one was does not count what that has used."""
        self._calls: dict[str, _Call] = {}
        self._changed = trio.Event()

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, key: str, user: str, most: Consumed, origin: str = "") -> None:
        """Something is about to be asked for. There must be no await since it was seen that it may be."""
        self._calls[key] = _Call(user, origin, most)

    def drop(self, key: str) -> None:
        """What was asked for is stored, or has failed. Where nothing was asked for this is no error."""
        if self._calls.pop(key, None) is not None:
            self.ended += 1
            self._changed.set()
            self._changed = trio.Event()

    def of(self, user: str) -> Consumed:
        """What all of a user may use at most."""
        return _sum(call.most for call in self._calls.values() if call.user == user)

    def beside(self, origin: str, user: str | None = None) -> Consumed:
        """What all on behalf of a turn may use at most, and, of a `user`, what is on behalf of none."""
        return _sum(
            call.most
            for call in self._calls.values()
            if call.origin == origin or (call.user == user and not call.origin)
        )

    async def changed(self) -> None:
        """Wait until one of them is over."""
        await self._changed.wait()


def _sum(each: Iterable[Consumed]) -> Consumed:
    found = list(each)
    return Consumed(tokens=sum(most.tokens for most in found), usd=sum(most.usd for most in found))
