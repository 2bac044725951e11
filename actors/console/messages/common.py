"""What all messages of the console share: origins, sizes, and the errors that they are answered with."""

from typing import Any, ClassVar, Final, Literal

import attrs

from bus import ActorError, ErrorKind

LOOKING: Final = "console"
"""Origin of the messages that looking causes; they are left out of what is shown."""
ACTING: Final = "operator"
"""Origin of the messages that an operator sends."""

VIEW_BYTES: Final = 16 * 1024 * 1024

Json = dict[str, Any]
ActorState = Literal["starting", "ready", "degraded", "backoff", "suspended", "stopping", "stopped", "failed"]


@attrs.define(eq=False, kw_only=True)
class BadFilter(ActorError):
    """The words of a filter cannot be understood; the text says which."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@attrs.define(eq=False, kw_only=True)
class UnknownLetter(ActorError):
    """No dead letter of that number is kept."""

    kind: ClassVar[ErrorKind] = "not_found"
    seq: int
    kept: int

    def __str__(self) -> str:
        return f"there is no dead letter {self.seq}; the last {self.kept} are kept"


@attrs.define(eq=False, kw_only=True)
class NoSuchActor(ActorError):
    """Nothing in the tree has that name; the text names those that look alike."""

    kind: ClassVar[ErrorKind] = "not_found"
    reason: str

    def __str__(self) -> str:
        return self.reason


@attrs.define(eq=False, kw_only=True)
class NotPossible(ActorError):
    """What was asked for makes no sense for that actor or message; the text says why."""

    kind: ClassVar[ErrorKind] = "conflict"
    reason: str

    def __str__(self) -> str:
        return self.reason


@attrs.define(eq=False, kw_only=True)
class Failing(ActorError):
    """The daemon has failed or is going down."""

    kind: ClassVar[ErrorKind] = "unavailable"
    state: str

    def __str__(self) -> str:
        return f"the daemon is {self.state}"
