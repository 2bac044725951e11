"""What was refused, gathered, for the audit log: a flood must not write a row each time."""

import logging
from collections import Counter
from typing import Final, final

import trio

from actors.users import messages as users
from bus import Bus, DeliveryError

GATHER: Final = 60.0
"""Seconds."""
MOST: Final = 1000
"""Different refusals that are told apart; the addresses of more are not kept."""

_log = logging.getLogger(__name__)


@final
class Refusals:
    """Counts refusals and tells them to the users subsystem."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._some = trio.Event()

    def note(self, address: str, what: str, user: str = "") -> None:
        """Something was refused. `what`, in a few words, holds nothing that was shown."""
        about = (address, what, user)
        if about not in self._counts and len(self._counts) >= MOST:
            about = ("", what, "")
        self._counts[about] += 1
        self._some.set()

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            await self._some.wait()
            await trio.sleep(GATHER)
            counts, self._counts, self._some = self._counts, Counter(), trio.Event()
            for (address, what, user), count in counts.items():
                refused = users.NoteRefused(address=address, what=what, count=count, user=user)
                try:
                    with self._bus.fresh("gateway"):
                        await self._bus.tell(refused)
                except DeliveryError as error:
                    _log.warning("%d refusals are not in the audit log: %s", count, error)
