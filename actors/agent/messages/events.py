"""What happens in a conversation, numbered per session without repeats.

Numbers grow; a gap appears only after a restart.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal, final, get_args

import attrs

from actors.vocabulary import Attachment, Usage
from bus import Event

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
    "stopped",  # a hook would have it go no further
    "error",
    "cancelled",
    "parked",
]
"""How a turn ends. A notice says more of what is no success, and of a success that is only the first part of one."""


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
class ApprovalWanted(Event):
    """A person is asked whether a call may be carried out; it was told of before, and waits."""

    key_field: ClassVar[str | None] = "session"
    session: str
    n: int
    turn: str
    call: str
    name: str
    approval: str
    """Id of the question."""
    reason: str
    """Why they are asked."""
    expires_at: datetime
    """When no answer becomes a denial."""


@final
@attrs.frozen(kw_only=True)
class ApprovalGiven(Event):
    """The question about a call was answered, or nobody did so in time. What becomes of the call is told as ever."""

    key_field: ClassVar[str | None] = "session"
    session: str
    n: int
    turn: str
    call: str
    approval: str
    """Id of the question."""
    allowed: bool
    by: str
    """Who has decided."""


@final
@attrs.frozen(kw_only=True)
class ToolFinished(Event):
    """The result of a call. Results come in any order."""

    version: ClassVar[int] = 2
    key_field: ClassVar[str | None] = "session"
    max_bytes: ClassVar[int] = TEXT_BYTES
    session: str
    n: int
    turn: str
    call: str
    name: str
    content: str
    """As the model gets it, pictures and documents as a short note."""
    is_error: bool
    diff: str = ""
    """What the call changed in a text, as lines of a unified diff, where it did; the model does not get it."""
    elapsed: float
    """Seconds."""

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {**body, "diff": ""}


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
    | ApprovalWanted
    | ApprovalGiven
    | ToolFinished
    | Attached
    | FollowupFate
    | Notice
    | TurnEnded
    | TurnFailed
)
TURN_EVENTS: tuple[type[TurnEvent], ...] = get_args(TurnEvent)
