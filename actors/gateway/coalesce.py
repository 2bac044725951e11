"""Joining pieces of streamed text into fewer frames. Pure: the caller says what time it is.

The first piece after a silence leaves at once, so that joining costs no time to the first word; what follows
within the window is joined. Frames of one conversation never overtake each other.
"""

from collections import deque
from typing import final

import attrs

from actors.wire import Json

DELTAS = frozenset({"text_delta", "thinking_delta"})


@attrs.define(eq=False)
class QueueFull(Exception):
    """The client does not read as fast as it is written to."""

    waiting: int


@final
@attrs.define(eq=False)
class _Held:
    """Text that waits for more of its kind."""

    frame: Json
    due: float
    pieces: list[str] = attrs.field(factory=list)
    size: int = 0

    def add(self, frame: Json) -> None:
        self.frame["seq"] = frame["seq"]
        self.pieces.append(frame["text"])
        self.size += len(frame["text"])

    def joined(self) -> Json:
        self.frame["text"] = "".join(self.pieces)
        return self.frame


@final
class Coalescer:
    """A queue of frames in which neighbouring text deltas of a conversation become one."""

    def __init__(self, *, capacity: int, window: float, size: int) -> None:
        """`capacity` frames may wait; text is joined for `window` seconds or up to `size` characters."""
        self._capacity = capacity
        self._window = window
        self._size = size
        self._ready: deque[Json] = deque()
        self._held: dict[str, _Held] = {}
        self._sent: dict[str, float] = {}  # when a conversation's last delta was let go

    def __len__(self) -> int:
        return len(self._ready) + len(self._held)

    def push(self, frame: Json, now: float) -> None:
        """Add a frame behind those of its conversation. Raises QueueFull; the frame is not taken then."""
        if frame["type"] in DELTAS:
            self._push_delta(frame, now)
            return
        conversation = frame.get("session_id")
        if conversation is not None:
            self._release(conversation)
            self._sent.pop(conversation, None)
        self._append(frame)

    def _push_delta(self, frame: Json, now: float) -> None:
        conversation: str = frame["session_id"]
        held = self._held.get(conversation)
        if held is not None and not _same_stream(held.frame, frame):
            self._release(conversation)
            held = None
        if held is None:
            due = self._sent[conversation] + self._window if conversation in self._sent else now
            self._room()
            held = self._held[conversation] = _Held(dict(frame), due)
        held.add(frame)
        if held.size >= self._size:
            self._release(conversation)
            self._sent[conversation] = now

    def _release(self, conversation: str) -> None:
        held = self._held.pop(conversation, None)
        if held is not None:
            self._ready.append(held.joined())

    def _append(self, frame: Json) -> None:
        self._room()
        self._ready.append(frame)

    def _room(self) -> None:
        if len(self) >= self._capacity:
            raise QueueFull(len(self))

    def pop(self, now: float) -> Json | None:
        """The next frame that may leave at `now`, or None."""
        for conversation in [name for name, held in self._held.items() if held.due <= now]:
            self._release(conversation)
            self._sent[conversation] = now
        return self._ready.popleft() if self._ready else None

    def due(self) -> float | None:
        """When held text is to leave; None when nothing is held."""
        return min((held.due for held in self._held.values()), default=None)

    def forget(self, conversation: str) -> None:
        """Let go what is held of a conversation that is no longer followed."""
        self._release(conversation)
        self._sent.pop(conversation, None)


def _same_stream(first: Json, second: Json) -> bool:
    return bool(first["type"] == second["type"] and first["turn_id"] == second["turn_id"])
