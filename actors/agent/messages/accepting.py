"""A message becomes part of a turn, is said in another way, or is cancelled."""

import sys
from typing import Annotated, Any, ClassVar, Final, Literal, final

import attrs

from actors.context import from_context
from actors.endpoints import endpoint
from actors.session.messages import Chosen, Incoming, Turn, as_it_is_now
from actors.shapes import described
from actors.vocabulary import Attachment, Effort, FollowupMode, Role
from bus import Abandon, ActorError, Command, Data, ErrorKind, Lane, Overflow, Request

from .events import TEXT_BYTES

WITHIN: Final = 90.0
"""Seconds that a message may take until it is stored: hooks may want to look at it first."""


@final
@attrs.frozen(kw_only=True)
class Accepted(Data):
    """The message is stored. `fate` says what is to become of it; events tell the rest."""

    session: str
    turn: str
    duplicate: bool
    """The same `client_message_id` came before; this describes the first one."""
    created: bool
    """Whether it started a new conversation."""
    fate: Literal["started", "followup", "queued", "merged", "done", "failed", "cancelled"]
    after: int
    """Follow the session from this event number to see everything this message causes."""


@attrs.define(eq=False, kw_only=True)
class PromptRefused(ActorError):
    """A hook would not have the message in the conversation; nothing was stored."""

    kind: ClassVar[ErrorKind] = "forbidden"
    reason: str

    def __str__(self) -> str:
        return f"This message was refused: {self.reason}"


@final
@attrs.frozen(kw_only=True)
class Accept(Request[Accepted]):
    """Take a message from a person. Once answered, it is not lost.

    Raises PromptRefused, llm.ModelNotAllowed, and session.UnknownChannel, UnknownSession, SessionIsClosed or
    StorageFailed; for a delegation session.UnknownTurn, TurnIsOver or TooManySubagents.
    """

    version: ClassVar[int] = 3
    within: ClassVar[float] = WITHIN
    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = TEXT_BYTES
    incoming: Incoming

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return as_it_is_now(body)


@endpoint("POST", "/api/turns/{turn}/versions")
@final
@attrs.frozen(kw_only=True)
class Revise(Request[Accepted]):
    """Answer a message again, or another version of it. The first one is kept with all that followed it.

    The new version follows what the first one followed, as a turn of its own, and the conversation goes on from it.
    What had joined the turn is part of the new message. Refused while a turn of the conversation waits or runs.

    Raises what :class:`Accept` raises; session.UnknownTurn; session.JoinedAnother for a message that became part of
    another turn; session.StillOpen; session.EmptyMessage.
    """

    within: ClassVar[float] = WITHIN
    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = TEXT_BYTES
    turn: str
    user: str
    role: Annotated[Role, from_context("role")]
    text: Annotated[
        str | None, described("What it says now, with the files it had; absent: the same again.")
    ] = None
    model: Annotated[str | None, described("`provider/model` for it; absent: as before.", max_length=200)] = (
        None
    )
    effort: Annotated[Effort | None, described("How much the model is to think; absent: as before.")] = None
    client_message_id: Annotated[
        str | None,
        described("Chosen by the client. The same id twice is one message.", max_length=200),
    ] = None
    source: Annotated[Literal["web", "http", "cli"], described("By what way it comes.")] = "http"


@final
@attrs.frozen(kw_only=True)
class Amend(Request[bool]):
    """Put other words in place of those of a message that waits; as :class:`session.Amend`, where hooks let it be.

    False, and nothing was changed, also where hooks refuse the words or have something to add to them.
    """

    within: ClassVar[float] = WITHIN
    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = TEXT_BYTES
    turn: str
    user: str
    text: str


@endpoint("POST", "/api/turns/{turn}/choose")
@final
@attrs.frozen(kw_only=True)
class Choose(Request[Chosen]):
    """Go on from a version of a message: from the newest of all turns that follow it, or from itself.

    All who follow the conversation are told. Raises what :class:`session.Choose` raises.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    turn: str
    user: str


@final
@attrs.frozen(kw_only=True)
class ShowPath(Command):
    """Tell those who follow a conversation which path was chosen. Sent by the conductor."""

    key_field: ClassVar[str | None] = "session"
    lane: ClassVar[Lane] = Lane.CONTROL
    session: str
    turn: str
    """With which it ends."""


@final
@attrs.frozen(kw_only=True)
class Answer(Data):
    """What became of a message."""

    turn: str
    """Of the message."""
    answered_by: Turn
    """The turn that answered it, as it is stored: its own, or the one that it became part of."""
    text: str
    """All the model said in that turn, completions joined by a blank line."""
    attachments: tuple[Attachment, ...]
    notice: str | None
    """A sentence to the person: why the turn failed, or went no further."""


@final
@attrs.frozen(kw_only=True)
class Run(Request[Answer]):
    """Take a message and answer once its turn has ended.

    Who asks again with the same `client_message_id` waits for the same turn, also after a restart; who stops waiting
    stops nothing. Raises what :class:`Accept` raises, and session.StorageFailed.
    """

    version: ClassVar[int] = 3
    within: ClassVar[float] = 3600.0
    expected: ClassVar[float] = 3600.0
    max_bytes: ClassVar[int] = TEXT_BYTES
    incoming: Incoming

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return as_it_is_now(body)


@final
@attrs.frozen(kw_only=True)
class Cancelled(Data):
    turn: str | None
    """The turn that is stopped; None when there was none."""


@final
@attrs.frozen(kw_only=True)
class Cancel(Request[Cancelled]):
    """Stop a turn of a conversation. What was stored stays. Once answered, it stays cancelled whatever happens.

    Raises session.UnknownSession, also for a conversation of another user; session.StorageFailed when it cannot be
    stored: then the turn goes on.
    """

    key_field: ClassVar[str | None] = "session"
    lane: ClassVar[Lane] = Lane.CONTROL
    session: str
    user: str
    turn: str | None = None
    """Stop this one, also when it waits; None stops the one that runs, or else the one that would run next."""


@final
@attrs.frozen(kw_only=True)
class Deliver(Command):
    """A stored turn for its conversation: run it, or let the running turn take it in. Sent by the conductor."""

    key_field: ClassVar[str | None] = "session"
    overflow: ClassVar[Overflow] = Overflow.REJECT
    stored: ClassVar[bool] = True
    poison_after: ClassVar[int] = sys.maxsize  # the deaths of a turn are counted, and that ends it
    expected: ClassVar[float] = 3600.0
    session: str
    turn: str
    mode: FollowupMode


@final
@attrs.frozen(kw_only=True)
class Resume(Command):
    """Go on with the turns that wait, beginning with this one. Sent by a conversation to itself."""

    key_field: ClassVar[str | None] = "session"
    stored: ClassVar[bool] = True
    poison_after: ClassVar[int] = sys.maxsize  # the deaths of a turn are counted, and that ends it
    expected: ClassVar[float] = 3600.0
    session: str
    turn: str
