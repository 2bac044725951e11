"""What one actor has in hand: the messages that its handlers run for (G7)."""

from __future__ import annotations

import trio

from bus.message.envelope import Envelope


class Hands:
    """The message of the mailbox loop, and those of handlers that run beside it."""

    def __init__(self) -> None:
        self.scopes: dict[Envelope, trio.CancelScope] = {}
        """Of the messages in hand, without that of the mailbox loop."""
        self.serial: Envelope | None = None
        self.loop = trio.CancelScope()
        """Around the handlers of the mailbox loop."""
        self.interrupted = False
        """The mailbox loop has to see to something else than its next message."""
        self.held = False
        """Something that runs beside the loop waits for an older message of the loop to end."""
        self.changed = trio.Event()
        """Happens when a message ends, and is then replaced by who waits for more."""

    def __len__(self) -> int:
        return len(self.scopes) + (self.serial is not None)

    def __contains__(self, envelope: Envelope) -> bool:
        return envelope is self.serial or envelope in self.scopes

    def put_down(self, envelope: Envelope) -> None:
        """Its handler has ended, or was never called."""
        if envelope is self.serial:
            self.serial = None
        else:
            del self.scopes[envelope]

    @property
    def current(self) -> list[Envelope]:
        """Messages being handled, oldest first."""
        found = list(self.scopes)
        if self.serial is not None:
            found.append(self.serial)
            found.sort(key=lambda envelope: envelope.seq)
        return found

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
