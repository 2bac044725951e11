"""What one actor has in hand: the messages that its handlers run for (G7)."""

from __future__ import annotations

from collections.abc import Mapping

import trio

from bus.message.envelope import Envelope
from bus.message.message import Message
from bus.run.mailbox import Beside


class Hands:
    """The message of the mailbox loop, that of the control lane, and those of handlers that run beside.

    Args:
      beside: of the mailbox, by class.
    """

    def __init__(self, beside: Mapping[type[Message], Beside]) -> None:
        self._beside = beside
        self.scopes: dict[Envelope, trio.CancelScope] = {}
        """Of the messages in hand, without that of the mailbox loop."""
        self.serial: Envelope | None = None
        """The message that the mailbox loop is handling."""
        self.controlling: Envelope | None = None
        """The message of the control lane that is being handled, or was last."""
        self.loop = trio.CancelScope()
        """Around the handlers of the mailbox loop."""
        self.interrupted = False
        """The mailbox loop has to see to something else than its next message."""
        self.changed = trio.Event()
        """Happens when a message ends, and is then replaced by who waits for more."""

    def __len__(self) -> int:
        return len(self.scopes) + (self.serial is not None)

    @property
    def current(self) -> list[Envelope]:
        """Messages being handled, oldest first."""
        found = list(self.scopes)
        if self.serial is not None:
            found.append(self.serial)
            found.sort(key=lambda envelope: envelope.seq)
        return found

    def blockers(self, envelope: Envelope, *, control: bool) -> tuple[Envelope, ...]:
        """Messages of which one has to end before `envelope` can; none when nothing is in its way.

        Itself when it is in hand, else what its lane is busy with: of a class that runs as often as it may, all those.
        """
        if envelope is self.serial or envelope in self.scopes:
            return (envelope,)
        if control:
            found = self.controlling
            return (found,) if found is not None and found in self.scopes else ()
        lane = self._beside.get(type(envelope.message))
        if lane is not None and not lane.is_free:
            return tuple(lane.running)
        return () if self.serial is None else (self.serial,)

    def cancel(self, envelope: Envelope) -> None:
        """Stop the handler of a message, if it has begun."""
        scope = self.scopes.get(envelope)
        if envelope is self.serial:
            scope = self.loop
            self.interrupted = True  # the loop needs another scope
        if scope is not None:
            scope.cancel(reason="the asker has left or its deadline has passed")

    def interrupt(self) -> None:
        """Let the mailbox loop, and who waits for an end, look at the actor's state again."""
        self.interrupted = True
        self.changed.set()
