"""The flight recorder: the last few thousand messages, always on (G16).

One append per message. A small message is kept whole; of a large one only what the envelope says, since a few
thousand references could otherwise pin hundreds of megabytes.
"""

from __future__ import annotations

import types
import typing
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

import attrs

from bus.envelope import Envelope
from bus.message import Message, wire_name

CAPACITY = 4096
SMALL = 512
"""Characters of text in one field up to which a message is kept whole."""

_SCALARS = (int, float, bool, datetime, type(None))


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


def _texts_only(kind: type[Message]) -> tuple[str, ...] | None:
    """Names of the text fields if all fields are texts or scalars; None when the class can be large otherwise."""
    texts: list[str] = []
    try:
        hints = typing.get_type_hints(kind)
    except NameError:  # a class local to a function, under deferred annotations
        return None
    described: Any = kind
    for field in attrs.fields(described):
        hint: Any = hints.get(field.name)
        is_union = typing.get_origin(hint) in {typing.Union, types.UnionType}
        for part in typing.get_args(hint) if is_union else (hint,):
            if part is str or part is bytes:
                texts.append(field.name)
            elif not _is_scalar(part):
                return None
    return tuple(dict.fromkeys(texts))


def _is_scalar(hint: Any) -> bool:
    """Whether every value of that type is small."""
    if typing.get_origin(hint) is typing.Literal:
        return True
    return isinstance(hint, type) and issubclass(hint, (*_SCALARS, Enum))


_ALWAYS_LARGE = ("",)
"""Stands for the names of the text fields of a class that may be large otherwise."""


class _Texts(dict[type[Message], tuple[str, ...]]):
    """Names of the text fields by class, found out when they are first needed."""

    def __missing__(self, kind: type[Message]) -> tuple[str, ...]:
        names = _texts_only(kind)
        self[kind] = _ALWAYS_LARGE if names is None else names
        return self[kind]


def _is_small(message: Message, names: tuple[str, ...]) -> bool:
    if names is _ALWAYS_LARGE:
        return False
    for name in names:
        text = getattr(message, name)
        if text is not None and len(text) > SMALL:
            return False
    return True


class FlightRecorder:
    """A ring of :class:`Record`."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._ring: deque[tuple[float, str, Envelope, str]] = deque(maxlen=capacity)
        self._texts = _Texts()

    def record(self, point: str, envelope: Envelope, at: float, detail: str = "") -> None:
        """Remember how a message ended."""
        names = self._texts[type(envelope.message)]
        if names and not _is_small(envelope.message, names):
            envelope = without_message(envelope)
        self._ring.append((at, point, envelope, detail))

    def __iter__(self) -> Iterator[Record]:
        return (Record(*entry) for entry in list(self._ring))

    def __len__(self) -> int:
        return len(self._ring)
