"""Whether there are hooks for an event, known to whoever may have them called: where there are none, nothing is sent.

All in the process share one. It also notices, at most once in a second and when an event happens, that somebody has
changed a manifest: so nobody has to wake up for that, and a new hook is called from the next event on.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from pathlib import Path
from typing import Final, final

from actors.hooks import discovery
from actors.hooks.discovery import Stamp
from actors.hooks.messages import EventName
from actors.hooks.registry import EMPTY, Group, Registry

LOOK_EVERY: Final = 1.0
"""Seconds."""
_NEVER: Final = float("-inf")


@final
class Armed:
    """What is known of the hooks.

    Args:
      folder: where manifests are.
      on: whether hooks are called at all.
      off: names of those with a manifest that are not called.
    """

    def __init__(
        self, folder: Path, on: Callable[[], bool] = lambda: True, off: Callable[[], Collection[str]] = tuple
    ) -> None:
        self.folder = folder
        self.registry = EMPTY
        self.setups: set[str] = set()
        """What was told of the start of this process."""
        self.began: datetime | None = None
        """When the first who calls hooks was there."""
        self.ending = False
        """Whether the program stops in order."""
        self._on = on
        self._off = off
        self._stamp: Stamp | None = None
        """Of what the registry was made from; None: it was not made yet."""
        self._looked_at = _NEVER
        self._changed = True

    def leave(self) -> None:
        """The program stops in order."""
        self.ending = True

    def arm(self, registry: Registry, stamp: Stamp, now: float) -> None:
        """There are these hooks now, made from manifests with this stamp."""
        self.registry, self._stamp = registry, stamp
        self._looked_at, self._changed = now, False

    def wants(self, event: EventName, now: float, tool: str = "") -> bool:
        """Whether there may be a hook for an event about a tool, or about none.

        Args:
          event: its name.
          now: seconds on the monotonic clock.
          tool: of a call.
        """
        return self.wants_one((event,), now, tool)

    def wants_one(self, events: Iterable[EventName], now: float, tool: str = "") -> bool:
        """Whether there may be a hook for one of these events about a tool; likewise."""
        if not self._on():
            return False
        if self.is_stale(now):
            return True
        return bool(self.registry) and any(self.matching(event, tool) for event in events)

    def matching(self, event: EventName, tool: str = "") -> tuple[Group, ...]:
        """The hooks that are called for an event about a tool, or about none."""
        if not self._on():
            return ()
        off, found = self._off(), self.registry.matching(event, tool)
        return tuple(group for group in found if group.manifest is None or group.name not in off)

    def wants_any(self, events: frozenset[EventName]) -> bool:
        """Whether there is a hook for one of these, as far as is known."""
        return self._on() and not events.isdisjoint(self.registry.groups)

    def needs(self, event: EventName, tool: str = "") -> str | None:
        """The first hook for an event without which nothing may go on; None where there is none."""
        return next((group.name for group in self.matching(event, tool) if group.required), None)

    def is_stale(self, now: float) -> bool:
        """Whether manifests are not what the registry was made from; looked at on the disk at most once in a second."""
        if now - self._looked_at >= LOOK_EVERY:
            self._looked_at = now
            self._changed = discovery.stamp(self.folder) != self._stamp
        return self._changed
