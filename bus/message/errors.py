"""What can go wrong between two actors. Every outcome of an ask that is not a reply is one of these (G5)."""

from typing import ClassVar, Final, Literal

import attrs

from bus.message.data import Shown

ErrorKind = Literal[
    "invalid",  # what was asked for is wrong in itself; asking again will not help
    "unauthenticated",  # it is not known who asks
    "forbidden",  # who asks may not
    "not_found",
    "conflict",  # it does not fit the present state
    "too_large",
    "rate_limited",  # the same later will do
    "unavailable",  # something outside is missing; the same later may do
    "timeout",
    "failed",  # a fault in here
]
"""What a failure means to whoever asked, in words that every edge can translate into its own."""
_PASSING: Final = frozenset[ErrorKind]({"rate_limited", "unavailable", "timeout"})


class BusError(Shown, Exception):
    """Base of the errors this package raises."""

    kind: ClassVar[ErrorKind] = "failed"

    @property
    def passes(self) -> bool:
        """Whether the same may go well later, by its kind."""
        return self.kind in _PASSING


class ActorError(BusError):
    """Base of domain errors: the asker gets it with its fields, the actor goes on.

    Subclass it in a subsystem's ``messages.py``, preferably as ``@attrs.define(eq=False, kw_only=True)``, and say its
    `kind` where that is not ``invalid``.
    """

    kind: ClassVar[ErrorKind] = "invalid"


class Unavailable(ActorError):
    """Something outside the process cannot be reached.

    From a handler it goes to the asker and the actor's health becomes degraded. From ``start()`` or a
    spawned task it ends the actor as an *outage*: its supervisor waits and retries, no restart budget spent.
    """

    kind: ClassVar[ErrorKind] = "unavailable"


@attrs.define(eq=False, kw_only=True)
class DeliveryError(BusError):
    """A message did not get its answer."""

    kind: ClassVar[ErrorKind] = "unavailable"

    request: str
    """Wire name of the message."""
    to: str
    """Its owner, or the empty string when there is none."""
    waited: float = 0.0
    """Seconds between sending and this error."""
    trace: str = ""
    retry_safe: bool = True
    """Whether no handler has begun, so that the message can be sent again without doubt."""

    def __str__(self) -> str:
        return f"{self.request} to {self.to or 'nobody'} failed after {self.waited:.3f} s"


@attrs.define(eq=False, kw_only=True)
class DeadlineExceeded(DeliveryError):
    """No answer before the deadline. The work may have begun: see `retry_safe`."""

    kind: ClassVar[ErrorKind] = "timeout"

    def __str__(self) -> str:
        state = "was still waiting" if self.retry_safe else "was being handled"
        return f"{self.request} to {self.to} {state} after {self.waited:.3f} s"


@attrs.define(eq=False, kw_only=True)
class MailboxFull(DeadlineExceeded):
    """The owner kept its mailbox full. The handler never saw the message; retrying is safe."""

    kind: ClassVar[ErrorKind] = "unavailable"

    depth: int = 0

    def __str__(self) -> str:
        return f"{self.to} stayed full ({self.depth} waiting) for {self.waited:.1f} s"


@attrs.define(eq=False, kw_only=True)
class NoRoute(DeliveryError):
    """Nobody owns this message type."""

    kind: ClassVar[ErrorKind] = "failed"

    def __str__(self) -> str:
        return f"no actor owns {self.request}"


@attrs.define(eq=False, kw_only=True)
class ActorStopped(DeliveryError):
    """The owner has stopped for good, or is down and the message does not wait, or it was stopped meanwhile."""

    def __str__(self) -> str:
        if self.retry_safe:
            return f"{self.to} is stopped and does not take {self.request}"
        return f"{self.to} was stopped while handling {self.request}"


@attrs.define(eq=False, kw_only=True)
class ActorCrashed(DeliveryError):
    """The handler raised something it should not have; the original is the ``__cause__``."""

    kind: ClassVar[ErrorKind] = "failed"

    retry_safe: bool = False

    @property
    def passes(self) -> bool:
        """What makes somebody crash again and again is Quarantined in the end."""
        return True

    def __str__(self) -> str:
        return f"{self.to} crashed while handling {self.request}: {self.__cause__!r}"


@attrs.define(eq=False, kw_only=True)
class Quarantined(DeliveryError):
    """An equal message crashed its handler before; it is not tried again (G11)."""

    kind: ClassVar[ErrorKind] = "failed"

    def __str__(self) -> str:
        return f"{self.request} is quarantined: it crashed {self.to} before"


@attrs.define(eq=False, kw_only=True)
class AskCycle(DeliveryError):
    """Sending would close a cycle of actors waiting for each other (G7)."""

    kind: ClassVar[ErrorKind] = "failed"

    path: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.request} would close the waiting cycle {' -> '.join(self.path)}"


@attrs.define(eq=False, kw_only=True)
class SelfSendWouldBlock(DeliveryError):
    """An actor told itself something while its own mailbox was full."""

    kind: ClassVar[ErrorKind] = "failed"

    def __str__(self) -> str:
        return f"{self.to} cannot wait for its own full mailbox with {self.request}"


class BootError(BusError):
    """The mesh cannot start: a message without owner or with two, a faulty spec, a child that failed."""


@attrs.define(eq=False, kw_only=True)
class MessageTooLarge(DeliveryError):
    """There is more in a message than its class allows (`max_bytes`): it was not sent."""

    kind: ClassVar[ErrorKind] = "too_large"

    limit: int

    def __str__(self) -> str:
        return f"{self.request} to {self.to} holds more than {self.limit} bytes"
