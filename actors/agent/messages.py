"""Front door of the agent: accept a message, follow a conversation, cancel a turn.

What happens in a conversation is published as events, numbered per session without repeats. Numbers grow; a gap
appears only after a restart.
"""

import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, final, get_args

import attrs

from actors.context import from_context
from actors.endpoints import endpoint
from actors.session.messages import Chosen, Incoming, Session, Turn, as_it_is_now
from actors.shapes import described
from actors.vocabulary import Attachment, Effort, FollowupMode, Role, Usage
from bus import Abandon, Command, Data, Event, Lane, Overflow, Request

TEXT_BYTES = 16 * 1024 * 1024
"""Limit of messages that hold what a person, a model or a tool said in full."""

Outcome = Literal[
    "success",
    "refusal",  # the model would not
    "content_filter",  # its provider withheld the answer, or the rest of it
    "max_tokens",  # its answer was cut at its limit before it said anything
    "pause_turn",  # the model paused again and again
    "empty",  # it answered with nothing
    "loop",  # it went round in circles
    "max_turns",
    "deadline",
    "budget",
    "error",
    "cancelled",
    "parked",
]
"""How a turn ends. A notice says more of what is no success, and of a success that is only the first part of one."""


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


@final
@attrs.frozen(kw_only=True)
class Accept(Request[Accepted]):
    """Take a message from a person. Once answered, it is not lost.

    Raises llm.ModelNotAllowed, and session.UnknownChannel, UnknownSession, SessionIsClosed or StorageFailed; for a
    delegation session.UnknownTurn, TurnIsOver or TooManySubagents.
    """

    version: ClassVar[int] = 3
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


@final
@attrs.frozen(kw_only=True)
class Today(Data):
    """What a user has used since midnight, and what they may use; a limit that is null is none."""

    until: datetime
    """When the day ends, in the zone in which it is counted."""
    tokens: int
    tokens_limit: int | None
    cost_usd: float | None
    """US dollars, of the calls whose price is known; null where it is known of none."""
    usd_limit: float | None
    unpriced: int
    """Calls whose price is not known; the limit of US dollars does not count them."""


@endpoint("GET", "/api/settings/costs/today")
@final
@attrs.frozen(kw_only=True)
class GetToday(Request[Today]):
    """What who asks has used today of what they may use in a day."""

    user: str


@endpoint("PUT", "/api/sessions/{session}/model")
@final
@attrs.frozen(kw_only=True)
class SelectModel(Request[Session]):
    """Choose which model answers in a conversation, and how much it thinks, from the next turn on.

    A message that names a model of its own is still answered by that one. All who look at the conversation are told.
    Raises llm.ModelNotAllowed, session.UnknownSession.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    session: str
    user: str
    model: Annotated[str | None, described("`provider/model`; null: as configured.", max_length=200)] = None
    effort: Annotated[Effort | None, described("null: as configured.")] = None


# --- events -----------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class PathChosen(Event):
    """Another path of the conversation was chosen: what is not on it is no longer part of what is to be shown."""

    key_field: ClassVar[str | None] = "session"
    session: str
    n: int
    turn: str
    """That was chosen: the last of the path, or another version that is about to begin."""
    end: str
    """Turn with which the path ends now, until the next one begins; empty when there is none."""


@final
@attrs.frozen(kw_only=True)
class TurnStarted(Event):
    """A turn runs. After a restart the same turn starts again with a higher `attempt`."""

    key_field: ClassVar[str | None] = "session"
    max_bytes: ClassVar[int] = TEXT_BYTES
    session: str
    n: int
    turn: str
    text: str
    attachments: tuple[Attachment, ...]
    source: str
    client_message_id: str | None
    attempt: int
    at: datetime
    """When it was begun."""


@final
@attrs.frozen(kw_only=True)
class CompletionStarted(Event):
    """A model is being asked; text that follows belongs to this iteration. Voids text of an unfinished one."""

    key_field: ClassVar[str | None] = "session"
    session: str
    n: int
    turn: str
    iteration: int
    model: str | None


@final
@attrs.frozen(kw_only=True)
class TextDelta(Event):
    """A piece of what the model says."""

    key_field: ClassVar[str | None] = "session"
    session: str
    n: int
    turn: str
    text: str


@final
@attrs.frozen(kw_only=True)
class ThinkingDelta(Event):
    """A piece of what the model thinks before it speaks."""

    key_field: ClassVar[str | None] = "session"
    session: str
    n: int
    turn: str
    text: str


@final
@attrs.frozen(kw_only=True)
class ToolStarted(Event):
    """A call of a tool is taken up."""

    version: ClassVar[int] = 2
    key_field: ClassVar[str | None] = "session"
    max_bytes: ClassVar[int] = TEXT_BYTES
    session: str
    n: int
    turn: str
    call: str
    name: str
    input: Mapping[str, Any]
    at: datetime
    """When it was begun."""

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {**body, "at": "1970-01-01T00:00:00+00:00"}


@final
@attrs.frozen(kw_only=True)
class ToolFinished(Event):
    """The result of a call. Results come in any order."""

    key_field: ClassVar[str | None] = "session"
    max_bytes: ClassVar[int] = TEXT_BYTES
    session: str
    n: int
    turn: str
    call: str
    name: str
    content: str
    """As the model gets it, pictures as a short note."""
    is_error: bool
    elapsed: float
    """Seconds."""


@final
@attrs.frozen(kw_only=True)
class Attached(Event):
    """The agent hands a file to the person."""

    key_field: ClassVar[str | None] = "session"
    session: str
    n: int
    turn: str
    attachment: Attachment


@final
@attrs.frozen(kw_only=True)
class FollowupFate(Event):
    """What became of a message that arrived while a turn was running; the turn is its own.

    ``merged``: part of turn `into` from completion number `iteration` on. ``queued``: waits for its own turn.
    ``answered``: the turn it became part of has ended.
    """

    key_field: ClassVar[str | None] = "session"
    max_bytes: ClassVar[int] = TEXT_BYTES
    session: str
    n: int
    turn: str
    fate: Literal["merged", "queued", "answered"]
    into: str | None = None
    iteration: int | None = None
    text: str
    attachments: tuple[Attachment, ...] = ()
    client_message_id: str | None = None


@final
@attrs.frozen(kw_only=True)
class Notice(Event):
    """A sentence about the turn for the person, with what a program may want to know of it.

    Kinds told by the agent: ``retrying``, ``switched``, ``compacted``, ``doubt``, ``left_out``. Whoever does not know
    a kind shows its text.
    """

    key_field: ClassVar[str | None] = "session"
    session: str
    n: int
    turn: str
    kind: str
    text: str
    """A sentence for the person."""
    data: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    """Its facts."""


@final
@attrs.frozen(kw_only=True)
class TurnEnded(Event):
    """The last event of a turn that was not failed. Numbers are of the whole turn."""

    key_field: ClassVar[str | None] = "session"
    max_bytes: ClassVar[int] = TEXT_BYTES
    session: str
    n: int
    turn: str
    outcome: Outcome
    text: str
    """All the model said in this turn, completions joined by a blank line."""
    attachments: tuple[Attachment, ...]
    usage: Usage
    tool_rounds: int
    """Rounds of tool calls."""
    elapsed: float
    """Seconds since the turn was started in this process."""
    notice: str | None = None
    """A sentence to the person: why it went no further."""


@final
@attrs.frozen(kw_only=True)
class TurnFailed(Event):
    """The last event of a turn that failed; what was said and done so far is stored."""

    key_field: ClassVar[str | None] = "session"
    max_bytes: ClassVar[int] = TEXT_BYTES
    session: str
    n: int
    turn: str
    outcome: Outcome
    reason: str
    """A sentence to the person."""
    text: str
    """All the model said until then."""
    usage: Usage
    tool_rounds: int
    """Rounds of tool calls."""
    elapsed: float
    """Seconds since the turn was started in this process."""


TurnEvent = (
    PathChosen
    | TurnStarted
    | CompletionStarted
    | TextDelta
    | ThinkingDelta
    | ToolStarted
    | ToolFinished
    | Attached
    | FollowupFate
    | Notice
    | TurnEnded
    | TurnFailed
)
TURN_EVENTS: tuple[type[TurnEvent], ...] = get_args(TurnEvent)


@final
@attrs.frozen(kw_only=True)
class Backlog(Data):
    """Events after the asked number. Subscribe first, ask second, skip what came twice by `n`."""

    events: tuple[TurnEvent, ...]
    last: int
    complete: bool
    """False when some of the asked events are no longer kept: read the stored messages again, then go on."""
    running: str | None
    """Turn that runs now."""


@final
@attrs.frozen(kw_only=True)
class Location(Data):
    """Where a turn stands in its conversation."""

    last: int
    """Highest event number given out."""
    began: int | None
    """Number before the first event about the turn, or None when none is kept."""
    running: str | None
    """Turn that runs now."""


@final
@attrs.frozen(kw_only=True)
class Locate(Request[Location]):
    """Where to follow a turn from. Asked by the conductor. Raises session.UnknownSession."""

    key_field: ClassVar[str | None] = "session"
    lane: ClassVar[Lane] = Lane.CONTROL
    within: ClassVar[float] = 2.0
    session: str
    turn: str


@final
@attrs.frozen(kw_only=True)
class Follow(Request[Backlog]):
    """What happened in a conversation after event `after`.

    Raises session.UnknownSession, also for a conversation of another user.
    """

    key_field: ClassVar[str | None] = "session"
    lane: ClassVar[Lane] = Lane.CONTROL
    max_bytes: ClassVar[int] = TEXT_BYTES
    session: str
    user: str
    after: int
