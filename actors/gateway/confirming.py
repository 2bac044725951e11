"""Pages whose admin has shown a code of the operator a moment ago: for a while they may what only the operator may.

A page that is signed in may lie open on a table, and what it shows may be stolen. So what decides what the agent may do
takes somebody who is at the machine of the agent at that time. It is kept in memory alone: a restart locks every page.
"""

from collections.abc import Callable
from typing import Final, final

import attrs

from actors.gateway.presence import concerns
from actors.users import messages as users
from actors.vocabulary import Principal, may

CONFIRMED_SECONDS: Final = 600.0
"""How long a page is unlocked; using it makes that no longer."""
MOST_CONFIRMED: Final = 64
"""Pages at once; the oldest beyond are locked."""


@final
class Confirmations:
    """The pages that are unlocked."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` is a clock that only moves forward, in seconds."""
        self._now = now
        self._until: dict[Principal, float] = {}

    def confirm(self, known: Principal) -> float:
        """Unlock somebody's page, and say for how many seconds."""
        self._until.pop(_page(known), None)
        self._until[_page(known)] = self._now() + CONFIRMED_SECONDS
        while len(self._until) > MOST_CONFIRMED:
            del self._until[next(iter(self._until))]
        return CONFIRMED_SECONDS

    def left(self, known: Principal) -> float:
        """Seconds for which it is unlocked yet; 0 for one that is not."""
        return max(0.0, self._until.get(_page(known), 0.0) - self._now())

    def lock(self, known: Principal) -> None:
        self._until.pop(_page(known), None)

    def changed(self, event: users.AccessChanged) -> None:
        """What somebody may has changed: their pages that it is about are locked."""
        for page in [each for each in self._until if concerns(event, each)]:
            del self._until[page]

    def seen(self, known: Principal) -> Principal:
        """Who somebody is by what they have shown, and by a code that they have shown before."""
        if may(known.proof, "browser") and known.role == "admin" and self.left(known):
            return attrs.evolve(known, proof="confirmed")
        return known


def _page(known: Principal) -> Principal:
    """Whose page and which it is, whatever else is known."""
    return Principal(user=known.user, role="admin", proof="page", credential=known.credential)
