"""The flight recorder: the last few thousand messages, always on (G16).

One append per message. A small message is kept whole; of a large one, or one whose class is not measured, only what the
envelope says, since a few thousand references could otherwise pin hundreds of megabytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from bus.message.envelope import Envelope, without_message
from bus.message.size import shapes, size_of, without_middle

CAPACITY = 4096
SMALL = 512
"""Bytes, about, up to which a message is kept whole."""

LONGEST = 1024
"""Characters of what is said about how it ended: an error may quote as much as it likes."""


class Record(NamedTuple):
    """One message as it ended."""

    at: float
    point: str
    envelope: Envelope
    """Without reply and target; of a large message, its message is a :class:`bus.message.envelope.Dropped`."""
    detail: str


class FlightRecorder:
    """A ring of :class:`Record`."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._ring: deque[Record] = deque(maxlen=capacity)

    def record(self, point: str, envelope: Envelope, at: float, detail: str = "") -> None:
        """Remember how a message ended."""
        kind = type(envelope.message)
        if not kind.measured or (shapes[kind].large and _size(envelope) > SMALL):
            envelope = without_message(envelope)
        self._ring.append(Record(at, point, envelope, without_middle(detail, LONGEST)))

    def __iter__(self) -> Iterator[Record]:
        return iter(list(self._ring))

    def __len__(self) -> int:
        return len(self._ring)


def _size(envelope: Envelope) -> int:
    return size_of(envelope.message, SMALL) if envelope.size is None else envelope.size
