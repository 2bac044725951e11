"""What the session subsystem refuses."""

from typing import ClassVar

import attrs

from actors.vocabulary import quoted
from bus import ActorError, ErrorKind


@attrs.define(eq=False, kw_only=True)
class UnknownSession(ActorError):
    """No conversation of this user has that id."""

    kind: ClassVar[ErrorKind] = "not_found"
    session: str

    def __str__(self) -> str:
        return f"there is no session {quoted(self.session)}"


@attrs.define(eq=False, kw_only=True)
class UnknownTurn(ActorError):
    """No turn of this user has that id."""

    kind: ClassVar[ErrorKind] = "not_found"
    turn: str

    def __str__(self) -> str:
        return f"there is no turn {quoted(self.turn)}"


@attrs.define(eq=False, kw_only=True)
class UnknownStep(ActorError):
    """The turn has no tool call of that number."""

    kind: ClassVar[ErrorKind] = "not_found"
    turn: str
    n: int

    def __str__(self) -> str:
        return f"turn {quoted(self.turn)} has no tool call number {self.n}"


@attrs.define(eq=False, kw_only=True)
class UnknownDelivery(ActorError):
    """Nothing of that number was to be sent to this user."""

    kind: ClassVar[ErrorKind] = "not_found"
    id: int

    def __str__(self) -> str:
        return f"there is no delivery {self.id}"


@attrs.define(eq=False, kw_only=True)
class DeliveryClosed(ActorError):
    """It has arrived, or was dropped."""

    kind: ClassVar[ErrorKind] = "conflict"
    id: int
    state: str

    def __str__(self) -> str:
        return f"delivery {self.id} is {self.state}: nothing is left to be done about it"


@attrs.define(eq=False, kw_only=True)
class UnknownChannel(ActorError):
    """There is no policy for a channel of that name, so nothing can come from there."""

    channel: str

    def __str__(self) -> str:
        return f"there is no channel {quoted(self.channel)}"


@attrs.define(eq=False, kw_only=True)
class SessionIsClosed(ActorError):
    """The conversation was closed; a new message starts another one."""

    kind: ClassVar[ErrorKind] = "conflict"
    session: str

    def __str__(self) -> str:
        return f"session {quoted(self.session)} is closed"


@attrs.define(eq=False, kw_only=True)
class StillOpen(ActorError):
    """Something is being done in the conversation, or waits: its path does not change meanwhile."""

    kind: ClassVar[ErrorKind] = "conflict"
    session: str

    def __str__(self) -> str:
        return f"session {quoted(self.session)} is still at work: wait for the end of the answer, or stop it"


@attrs.define(eq=False, kw_only=True)
class JoinedAnother(ActorError):
    """The message became part of another turn, so it has no answer of its own."""

    kind: ClassVar[ErrorKind] = "conflict"
    turn: str
    into: str

    def __str__(self) -> str:
        return f"turn {quoted(self.turn)} became part of turn {quoted(self.into)}: choose that one"


@attrs.define(eq=False, kw_only=True)
class EmptyMessage(ActorError):
    """A message without words and files."""

    def __str__(self) -> str:
        return "expected a text that is not empty"


@attrs.define(eq=False, kw_only=True)
class TurnIsOver(ActorError):
    """The turn has ended or was cancelled: nobody waits for what is to be done for it."""

    kind: ClassVar[ErrorKind] = "conflict"
    turn: str

    def __str__(self) -> str:
        return f"turn {quoted(self.turn)} is over"


@attrs.define(eq=False, kw_only=True)
class TooManySubagents(ActorError):
    """On behalf of one message of a person there are as many subagents as there may be."""

    kind: ClassVar[ErrorKind] = "conflict"
    most: int

    def __str__(self) -> str:
        return (
            f"this turn has started {self.most} subagents, which is as many as it may (limits.subagents_per_turn); "
            "do the rest yourself"
        )


@attrs.define(eq=False, kw_only=True)
class EmptyTitle(ActorError):
    """A title in which there is nothing to be seen."""

    def __str__(self) -> str:
        return "expected a title in which there is something to read"


@attrs.define(eq=False, kw_only=True)
class StaleAttempt(ActorError):
    """The turn is no longer run by this boot and attempt, so its result does not count (the fence of G22)."""

    kind: ClassVar[ErrorKind] = "conflict"
    turn: str

    def __str__(self) -> str:
        return f"turn {quoted(self.turn)} is run by somebody else now"


@attrs.define(eq=False, kw_only=True)
class StorageFailed(ActorError):
    """The database refused: full disk, locked, read-only, corrupt. Nothing of the request was stored."""

    kind: ClassVar[ErrorKind] = "unavailable"
    reason: str

    def __str__(self) -> str:
        return self.reason


@attrs.define(eq=False, kw_only=True)
class Unstorable(ActorError):
    """A value that cannot be written as JSON: nested too deeply, or a number that JSON does not have."""

    reason: str

    def __str__(self) -> str:
        return f"this cannot be stored: {self.reason}"
