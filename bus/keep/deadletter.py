"""Messages that were not handled, each with its reason (G9)."""

from collections import Counter, deque
from collections.abc import Callable
from typing import Literal, final

import attrs

from bus.message.data import Data
from bus.message.envelope import Dropped, Envelope, hex_trace, without_message
from bus.message.message import Event, Message, wire_name
from bus.message.size import size_of, without_middle

Reason = Literal[
    "no_route", "stopped", "full", "too_large", "expired", "abandoned", "crashed", "poison", "late_reply"
]
RING = 1000
BYTES = 8 * 1024 * 1024
"""Of all messages that are kept, about."""
LARGEST = 256 * 1024
"""Of one message, about, that is kept for a resend; of a larger one only its envelope is."""
LONGEST = 16 * 1024
"""Characters of what is said about one: an error may quote as much as it likes."""
LOG_EVERY = 10.0
"""Seconds between two log lines about the same recipient and reason."""
USUAL: frozenset[Reason] = frozenset({"stopped", "abandoned", "late_reply"})
"""Reasons that belong to normal operation."""


def is_harmless(reason: Reason, message: Message) -> bool:
    """Whether nothing was lost with it: nobody waits for its answer any more, or the next start takes it up."""
    return reason == "abandoned" or (reason == "stopped" and message.stored)


@final
@attrs.frozen(kw_only=True)
class DeadLetter(Event):
    """A message was not handled. `late_reply` alone means that it was, and nobody waited for the answer."""

    reason: Reason
    kind: str
    """Wire name of the lost message."""
    to: str
    sender: str
    seq: int
    trace: str
    detail: str = ""


@attrs.frozen
class Buried(Data):
    """An entry of the ring: the letter and, for a resend, its envelope."""

    letter: DeadLetter
    envelope: Envelope
    """Without reply and target; in place of a message too large to keep, a ``Dropped``."""
    at: float
    """Seconds on the clock of the run."""
    size: int = 0

    @property
    def message(self) -> Message | None:
        """What was lost, if it is kept."""
        message = self.envelope.message
        return None if isinstance(message, Dropped) else message


class DeadLetters:
    """The last dead letters, at most a thousand, and counters of all of them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.ring: deque[Buried] = deque()
        self._size = 0
        """Bytes, about, of the messages in the ring."""
        self.counts: Counter[tuple[str, Reason]] = Counter()
        """By (recipient, reason); the actors of a pool are counted together."""
        self._worth_logging: Counter[tuple[str, Reason]] = Counter()
        self._logged: dict[tuple[str, Reason], tuple[float, int]] = {}

    def bury(self, envelope: Envelope, reason: Reason, detail: str = "") -> DeadLetter:
        """Record a loss and return what to publish about it."""
        letter = DeadLetter(
            reason=reason,
            kind=wire_name(type(envelope.message)),
            to=envelope.to,
            sender=envelope.sender,
            seq=envelope.seq,
            trace=hex_trace(envelope.trace),
            detail=without_middle(detail, LONGEST),
        )
        self.counts[envelope.to.partition("[")[0], reason] += 1
        self._keep(letter, envelope)
        return letter

    def _keep(self, letter: DeadLetter, envelope: Envelope) -> None:
        """Keep an entry, and of all of them not more bytes than they may take together: the oldest go first."""
        size = size_of(envelope.message, LARGEST)
        if size > LARGEST:
            size, kept = 0, without_message(envelope)
        else:
            kept = attrs.evolve(envelope, reply=None, target=None)  # who waited, and all that hangs on them
        self.ring.append(Buried(letter, kept, self._clock(), size))
        self._size += size
        while len(self.ring) > RING or self._size > BYTES:
            self._size -= self.ring.popleft().size

    def to_be_logged(self, letter: DeadLetter, message: Message) -> int:
        """How many letters like this one a log line now should speak for.

        0 when there was a line just before, and when nothing was lost with this one.
        """
        if is_harmless(letter.reason, message):
            return 0
        who: tuple[str, Reason] = (letter.to.partition("[")[0], letter.reason)
        self._worth_logging[who] += 1
        now = self._clock()
        since, before = self._logged.get(who, (now - LOG_EVERY, 0))
        if now - since < LOG_EVERY:
            return 0
        self._logged[who] = (now, self._worth_logging[who])
        return self._worth_logging[who] - before

    def find(self, seq: int) -> Buried | None:
        """The entry of the message with that number, if it is still kept."""
        return next((entry for entry in self.ring if entry.letter.seq == seq), None)
