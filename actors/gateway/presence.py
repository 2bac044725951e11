"""What goes on for somebody for a while, a socket, a stream or a wait, ends when they may no longer have it."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final, final

import trio

from actors.users import messages as users
from actors.vocabulary import Principal, may

Why = tuple[int, str]
"""The code and the reason with which a WebSocket is closed."""
ENDED: Final = (1008, "access ended")
CHANGED: Final = (1012, "access changed")
"""Whoever connects again is let in with what they may do now."""
RESTART: Final = (1012, "restart")

End = Callable[[int, str], None]
"""Ends what goes on. Does not wait."""


def concerns(event: users.AccessChanged, known: Principal) -> bool:
    """Whether what changed is what somebody was let in with. The operator's token is no user's."""
    if may(known.proof, "operate"):
        return False
    return not event.user or (event.user == known.user and event.credential in {None, known.credential})


@final
class Stay:
    """Something that takes long; it is cut short when it may no longer go on."""

    def __init__(self) -> None:
        self.scope = trio.CancelScope()
        self.why: Why | None = None
        """Why it was cut short, if it was."""

    def end(self, code: int, reason: str) -> None:
        self.why = (code, reason)
        self.scope.cancel(reason)


@final
class Presence:
    """Who is there."""

    def __init__(self) -> None:
        self._there: dict[object, tuple[Principal, End]] = {}
        self._closed = False
        self.changes = 0
        """How often access has changed."""

    @contextmanager
    def entered(self, known: Principal, changes: int, end: End) -> Generator[None]:
        """Somebody is there for the length of a block.

        Args:
          known: who it is.
          changes: how often access had changed when that was found out.
          end: called once they may no longer be there; at once, if that may have happened already.
        """
        token = object()
        self._there[token] = (known, end)
        if self._closed:
            end(*RESTART)
        elif changes != self.changes and not may(known.proof, "operate"):
            end(*CHANGED)
        try:
            yield
        finally:
            del self._there[token]

    @contextmanager
    def stay(self, known: Principal, changes: int) -> Generator[Stay]:
        """A block that is cut short when who it is for may no longer be there."""
        stay = Stay()
        with self.entered(known, changes, stay.end), stay.scope:
            yield stay

    def changed(self, event: users.AccessChanged) -> None:
        """What somebody may has changed."""
        self.changes += 1
        for known, end in tuple(self._there.values()):
            if concerns(event, known):
                end(*(ENDED if event.why == "ended" else CHANGED))

    def close(self) -> None:
        """The gateway stops: ask everybody to come again later."""
        self._closed = True
        for _, end in tuple(self._there.values()):
            end(*RESTART)
