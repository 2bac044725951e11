"""What is said and taken back: accepting a message, cancelling its turn. Both are final once they are answered."""

from typing import Any, ClassVar, Literal, final

import attrs

from actors.context import Expansion
from bus import Abandon, Data, Request

from .incoming import Incoming, as_it_is_now
from .turns import Turn, TurnState


@final
@attrs.frozen(kw_only=True)
class Accepted(Data):
    session: str
    turn: str
    seq: int
    """Number of the turn: those of one conversation are to run in this order."""
    state: TurnState
    """Of the turn; of the first one where `duplicate`."""
    duplicate: bool
    created: bool
    """Whether this message started the conversation."""
    closed: str | None
    """Conversation that was closed because its silence had lasted too long."""


@final
@attrs.frozen(kw_only=True)
class Accept(Request[Accepted]):
    """Resolve the conversation and store message and turn in one transaction. After the reply it is not lost.

    Raises UnknownChannel; UnknownSession or SessionIsClosed when a `session` is given and does not fit; UnknownTurn,
    TurnIsOver or TooManySubagents for a delegation.
    """

    version: ClassVar[int] = 4
    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = 16 * 1024 * 1024
    incoming: Incoming
    expansion: Expansion | None = None
    """What its words call up, and what the model gets instead of them. The words stay what the person wrote."""

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return as_it_is_now({"expansion": None, **body})


@final
@attrs.frozen(kw_only=True)
class Cancellation(Data):
    turn: Turn
    fate: Literal["cancelled", "requested", "over"]
    """``cancelled``: it waited and has ended now. ``requested``: it runs; whoever runs it is to end it, and nobody
    begins it again. ``over``: it had ended or was merged before."""


@final
@attrs.frozen(kw_only=True)
class CancelTurn(Request[Cancellation]):
    """Stop a turn for good: once answered, it stays cancelled whatever happens.

    Raises UnknownTurn, also for one of another user.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    turn: str
    user: str


@final
@attrs.frozen(kw_only=True)
class Amend(Request[bool]):
    """Put other words in place of those of a message that waits: its sender has edited it.

    False, and nothing was changed, once its turn has begun, and where the old or the new words call something up.
    Raises UnknownTurn, also for one of another user.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = 16 * 1024 * 1024
    turn: str
    user: str
    text: str
