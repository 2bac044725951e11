"""Messages that crash their handler again and again are refused before they spend the restart budget (G11)."""

import hashlib
import traceback
from collections import deque

from bus.message.envelope import Envelope
from bus.message.message import Message
from bus.message.size import without_middle

REST = 300.0
"""Seconds after which a quarantined message may try once more: its crash may have been cured meanwhile."""
WINDOW = 30.0
"""Seconds within which crashes of an equal message count together."""
LONGEST = 8 * 1024
"""Characters of a traceback that are kept."""


Identity = tuple[str, type[Message], bytes]
"""Recipient, class and a digest of the content, which itself may be large and is not kept for this."""


def identity(envelope: Envelope) -> Identity:
    """Equal for equal messages to one actor."""
    message = envelope.message
    try:
        hashed = hash(message)  # of secrets, too, which no repr shows
    except TypeError:  # a mapping among its fields
        hashed = 0
    content = f"{hashed} {message!r}".encode(errors="surrogatepass")
    return envelope.to, type(message), hashlib.blake2b(content, digest_size=16).digest()


class Quarantine:
    """Crashes by recipient, class and content."""

    def __init__(self) -> None:
        self._crashes: dict[Identity, deque[tuple[float, str]]] = {}
        self._refused: dict[Identity, float] = {}

    def crashed(self, envelope: Envelope, error: BaseException, now: float) -> list[str]:
        """Count a crash. If it made the message poison: the tracebacks of all its crashes, else an empty list."""
        self._forget(now)
        who = identity(envelope)
        crashes = self._crashes.setdefault(who, deque())
        crashes.append((now, without_middle("".join(traceback.format_exception(error)), LONGEST)))
        if len(crashes) < type(envelope.message).poison_after:
            return []
        del self._crashes[who]
        self._refused[who] = now + REST
        return [text for _, text in crashes]

    def _forget(self, now: float) -> None:
        """Drop crashes that are too old to count, and messages that may try again."""
        for who, crashes in list(self._crashes.items()):
            while crashes and crashes[0][0] <= now - WINDOW:
                crashes.popleft()
            if not crashes:
                del self._crashes[who]
        self._refused = {who: until for who, until in self._refused.items() if now < until}

    def refuses(self, envelope: Envelope, now: float) -> bool:
        """Whether an equal message is quarantined. Told from the content only where its class has such a message."""
        if not self._refused or (envelope.to, type(envelope.message)) not in {
            who[:2] for who in self._refused
        }:
            return False
        return now < self._refused.get(identity(envelope), now)
