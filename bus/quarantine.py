"""Messages that crash their handler again and again are refused before they spend the restart budget (G11)."""

from collections import deque

from bus.envelope import Envelope
from bus.message import Message

REST = 300.0
"""Seconds after which a quarantined message may try once more: its crash may have been cured meanwhile."""
WINDOW = 30.0
"""Seconds within which crashes of an equal message count together."""


def digest(message: Message) -> int:
    """Equal for equal messages of one class. Never leaves the process."""
    try:
        return hash(message)
    except TypeError:  # a mapping among its fields
        return hash(repr(message))


class Quarantine:
    """Crash counts by (actor, class, content)."""

    def __init__(self) -> None:
        self._crashes: dict[tuple[str, type[Message], int], deque[float]] = {}
        self._refused: dict[tuple[str, type[Message], int], float] = {}
        self._kinds: set[tuple[str, type[Message]]] = set()

    @property
    def active(self) -> bool:
        """Whether anything is quarantined."""
        return bool(self._kinds)

    def crashed(self, envelope: Envelope, now: float) -> int:
        """Count a crash; the number of crashes to refund when this one made the message poison, else 0."""
        self._forget(now)
        kind = type(envelope.message)
        key = (envelope.to, kind, digest(envelope.message))
        times = self._crashes.setdefault(key, deque())
        times.append(now)
        if len(times) < kind.poison_after:
            return 0
        del self._crashes[key]
        self._refused[key] = now + REST
        self._kinds.add(key[:2])
        return len(times)

    def _forget(self, now: float) -> None:
        for key in [key for key, times in self._crashes.items() if times[-1] < now - WINDOW]:
            del self._crashes[key]

    def refuses(self, envelope: Envelope, now: float) -> bool:
        """Whether an equal message is quarantined. One set look-up unless its class has such a message."""
        kind = type(envelope.message)
        if (envelope.to, kind) not in self._kinds:
            return False
        key = (envelope.to, kind, digest(envelope.message))
        until = self._refused.get(key)
        if until is None:
            return False
        if now < until:
            return True
        del self._refused[key]
        self._kinds = {other[:2] for other in self._refused}
        return False

    def release(self) -> int:
        """Let every quarantined message try again; how many there were."""
        count = len(self._refused)
        self._refused.clear()
        self._kinds.clear()
        return count
