"""The flight recorder: the last few thousand messages, always on (G16).

One append per message. A small message is kept whole; of a large one only what the envelope says, since a few
thousand references could otherwise pin hundreds of megabytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import attrs

from bus.envelope import Envelope
from bus.message import Message, wire_name
from bus.size import may_be_large, size_of

CAPACITY = 4096
SMALL = 512
"""Bytes, about, up to which a message is kept whole."""


class Record(NamedTuple):
    """One message as it ended."""

    at: float
    """Seconds on the clock of the run."""
    point: str
    envelope: Envelope
    """Without reply and target; of a large message, its message is a :class:`Dropped`."""
    detail: str


@attrs.frozen
class Dropped(Message):
    """Stands for a message that was too large to keep."""

    kind: type[Message]


def recorded_name(message: Message) -> str:
    """Wire name of a message as it is recorded."""
    return wire_name(message.kind if isinstance(message, Dropped) else type(message))


def without_message(envelope: Envelope) -> Envelope:
    """What the envelope of a large message says."""
    return attrs.evolve(envelope, message=Dropped(type(envelope.message)), reply=None, target=None)


class FlightRecorder:
    """A ring of :class:`Record`."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._ring: deque[tuple[float, str, Envelope, str]] = deque(maxlen=capacity)

    def record(self, point: str, envelope: Envelope, at: float, detail: str = "") -> None:
        """Remember how a message ended."""
        message = envelope.message
        if may_be_large[type(message)] and size_of(message, SMALL) > SMALL:
            envelope = without_message(envelope)
        self._ring.append((at, point, envelope, detail))

    def __iter__(self) -> Iterator[Record]:
        return (Record(*entry) for entry in list(self._ring))

    def __len__(self) -> int:
        return len(self._ring)
