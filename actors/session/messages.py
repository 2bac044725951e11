"""Front door of the session subsystem: conversations, the ledger of turns, transcript, usage.

A *turn* is one accepted message and everything done to answer it. It is ``accepted``, then ``running``, then
``done``, ``failed`` or ``cancelled``; or it is ``merged`` into a turn that was running when it came. What happens
in a turn is stored as numbered *steps*, the one source of truth of the conversation (G22).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal, final

import attrs

from actors.vocabulary import (
    ADMIN,
    Attachment,
    Block,
    Channel,
    ChatMessage,
    FollowupMode,
    Image,
    Text,
    ToolUse,
    Usage,
)
from bus import Abandon, ActorError, Command, Event, Request

TurnState = Literal["accepted", "running", "merged", "done", "failed", "cancelled"]
EndState = Literal["done", "failed", "cancelled"]
Effect = Literal["pure", "local", "keyed", "unsafe"]
OutboxState = Literal["pending", "sending", "sent", "doubtful", "dead"]


# --- errors -----------------------------------------------------------------------------------------------


@attrs.define(eq=False, kw_only=True)
class UnknownSession(ActorError):
    """No conversation of this user has that id."""

    session: str

    def __str__(self) -> str:
        return f"there is no session {self.session!r}"


@attrs.define(eq=False, kw_only=True)
class UnknownTurn(ActorError):
    turn: str

    def __str__(self) -> str:
        return f"there is no turn {self.turn!r}"


@attrs.define(eq=False, kw_only=True)
class UnknownStep(ActorError):
    """The turn has no tool call of that number."""

    turn: str
    n: int

    def __str__(self) -> str:
        return f"turn {self.turn!r} has no tool call number {self.n}"


@attrs.define(eq=False, kw_only=True)
class SessionIsClosed(ActorError):
    """The conversation was closed; a new message starts another one."""

    session: str

    def __str__(self) -> str:
        return f"session {self.session!r} is closed"


@attrs.define(eq=False, kw_only=True)
class StaleAttempt(ActorError):
    """The turn is no longer run by this boot and attempt, so its result does not count (the fence of G22)."""

    turn: str

    def __str__(self) -> str:
        return f"turn {self.turn!r} is run by somebody else now"


@attrs.define(eq=False, kw_only=True)
class StorageFailed(ActorError):
    """The database refused: full disk, locked, read-only, corrupt. Nothing of the request was stored."""

    reason: str

    def __str__(self) -> str:
        return self.reason


# --- values -----------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Session:
    """What is known of one conversation, without its messages."""

    id: str
    user: str
    channel: Channel
    key: str | None
    """Channel session key: chosen by the client on ``main``, the chat id on ``telegram``."""
    title: str | None
    summary: str | None
    created_at: datetime
    last_message_at: datetime
    message_count: int
    """Accepted messages of people, not stored rows."""
    is_closed: bool
    is_read: bool
    triggered_by: str | None
    running: bool = False
    """Whether a turn is accepted or running."""


@final
@attrs.frozen(kw_only=True)
class Message:
    """One displayed row of a conversation, derived from its steps."""

    id: int
    """Grows within a session; the cursor of :class:`Messages`."""
    session: str
    turn: str
    role: Literal["user", "assistant", "thinking", "tool_use", "tool_result", "notice"]
    content: str
    """Text; for ``tool_use`` and ``tool_result`` the JSON object of the reference (``id, name, input`` and
    ``tool_use_id, name, content, truncated, is_error``)."""
    attachments: tuple[Attachment, ...]
    timestamp: datetime


@final
@attrs.frozen(kw_only=True)
class Turn:
    """A stored turn, as its runner needs it."""

    id: str
    session: str
    user: str
    state: TurnState
    attempt: int
    """How often it was begun."""
    released: int = 0
    """Attempts that ended because the program was stopped in order, so that the turn is not to blame."""
    text: str
    attachments: tuple[Attachment, ...]
    model: str | None
    mode: FollowupMode
    source: str
    client_message_id: str | None
    accepted_at: datetime
    triggered_by: str | None = None
    merged_into: str | None = None
    """Turn it became part of, once ``merged``."""
    content: tuple[Block, ...] = ()
    """The message as the model gets it: pictures, words, a note for each file. Never empty in a stored turn."""


@final
@attrs.frozen(kw_only=True)
class ToolStep:
    """A tool call in the ledger. ``intent`` means begun and not known to be finished."""

    n: int
    call: ToolUse
    effect: Effect
    state: Literal["intent", "done"]


@final
@attrs.frozen(kw_only=True)
class Push:
    """Something to be sent to a channel that must be pushed, stored with the end of its turn."""

    channel: str
    key: str
    """Unique; the same key twice is one push."""
    body: Mapping[str, Any]


@final
@attrs.frozen(kw_only=True)
class OutboxRow:
    id: int
    turn: str | None
    channel: str
    key: str
    body: Mapping[str, Any]
    state: OutboxState
    attempt: int
    next_at: datetime


# --- accepting and running turns --------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Accepted:
    session: str
    turn: str
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

    Raises UnknownSession or SessionIsClosed when `session` is given and does not fit.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    text: str
    user: str = ADMIN
    channel: Channel = "main"
    key: str | None = None
    session: str | None = None
    """Address the conversation by id instead of by (user, channel, key)."""
    attachments: tuple[Attachment, ...] = ()
    model: str | None = None
    mode: FollowupMode = "inject"
    source: str = "web"
    """Where it came from: ``web``, ``http``, ``cli``, ``telegram``, ``cron`` …"""
    client_message_id: str | None = None
    """Idempotency key, scoped to (source, user): the same one twice is one message."""
    triggered_by: str | None = None


@final
@attrs.frozen(kw_only=True)
class Recover(Request[tuple[Turn, ...]]):
    """Return the turns of an earlier boot to ``accepted`` and list every open one, oldest first."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    boot: str


@final
@attrs.frozen(kw_only=True)
class Opened:
    last_event: int
    """Highest event number known to have been given out."""
    turns: tuple[Turn, ...]
    """Accepted or running, oldest first."""


@final
@attrs.frozen(kw_only=True)
class Open(Request[Opened]):
    """What a conversation needs to begin or to go on. Raises UnknownSession."""

    session: str


@final
@attrs.frozen(kw_only=True)
class Begun:
    """`over`: the turn has ended or was merged; nothing to run."""

    over: bool
    turn: Turn
    history: tuple[ChatMessage, ...] = ()
    """From the last compaction on, this turn's own steps included; every call of a finished step has its result."""
    open_calls: tuple[ToolStep, ...] = ()
    """Calls of this turn without a result yet, in order. The assistant message with their :class:`ToolUse` blocks ends
    `history`; only results of its other calls may follow it, as a message of the user that theirs belong into."""
    next_step: int = 0
    iteration: int = 0
    """Completions already stored for this turn."""
    context_tokens: int = 0
    """Prompt size of the last completion of the conversation, all kinds of input summed; 0 when unknown."""


@final
@attrs.frozen(kw_only=True)
class Begin(Request[Begun]):
    """Claim a turn for this boot: ``running``, `attempt` one higher, its message stored as first step.

    Counting happens here, before anything is done, so that a turn which brings the process down is counted.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    turn: str
    boot: str
    last_event: int = 0
    """Where the numbers of this attempt's events begin: stored now, so that an attempt that dies before it stores
    anything else has not used its numbers for nothing."""


@final
@attrs.frozen(kw_only=True)
class SaveCompletion(Request[tuple[ToolStep, ...]]):
    """Store what the model said, its usage, and its tool calls as ``intent``, in one commit.

    `content` holds no ToolUse blocks. The reply gives the steps of `calls`, in order.
    Raises StaleAttempt.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    turn: str
    boot: str
    attempt: int
    content: tuple[Block, ...]
    calls: tuple[tuple[ToolUse, Effect], ...]
    usage: Usage
    last_event: int


@final
@attrs.frozen(kw_only=True)
class SaveResult(Request[None]):
    """Complete the step of one tool call; a step completed before keeps its first result.

    Raises StaleAttempt or UnknownStep.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    turn: str
    boot: str
    attempt: int
    n: int
    content: tuple[Text | Image, ...]
    is_error: bool
    attachments: tuple[Attachment, ...] = ()
    """Files the tool hands to the person."""
    last_event: int


@final
@attrs.frozen(kw_only=True)
class Merge(Request[tuple[Turn, ...]]):
    """Add followups to a running turn as one step of the user and mark them ``merged``.

    Those that are no longer ``accepted`` are left out; the reply lists the ones merged, in order.
    Raises StaleAttempt.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    turn: str
    boot: str
    attempt: int
    followups: tuple[str, ...]
    iteration: int
    last_event: int


@final
@attrs.frozen(kw_only=True)
class Release(Request[None]):
    """Hand a running turn back because the program stops in order: it goes on at the next start.

    Such an attempt does not count against the turn. Raises UnknownTurn, StaleAttempt.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    turn: str
    boot: str
    attempt: int
    last_event: int


@final
@attrs.frozen(kw_only=True)
class Finished:
    next: Turn | None
    """Oldest turn of the conversation still ``accepted``."""


@final
@attrs.frozen(kw_only=True)
class Finish(Request[Finished]):
    """End a turn: last words, state, usage and outbox rows in one commit.

    Calls still without a result get one saying that they were not completed. Ending twice in the same way is one
    end. A turn that waits (``accepted``) may be ended without :class:`Begin` by whoever knows its `attempt`, to
    cancel it or to park it. Otherwise raises StaleAttempt.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    turn: str
    boot: str
    attempt: int
    state: EndState
    outcome: str
    """``success``, ``max_turns``, ``error``, ``cancelled``, ``parked``."""
    content: tuple[Block, ...] = ()
    """Final words of the model, stored as the last step; empty when there are none."""
    notice: str | None = None
    """A sentence to the person, shown but never sent to the model: what failed and why."""
    usage: Usage | None = None
    last_event: int
    pushes: tuple[Push, ...] = ()


@final
@attrs.frozen(kw_only=True)
class RecordCompaction(Request[None]):
    """Store a summary that replaces the first `messages_compacted` messages of the history that Begin gave."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    session: str
    turn: str
    trigger: Literal["auto", "manual"]
    pre_tokens: int
    summary: str
    messages_compacted: int
    usage: Usage | None = None


# --- reading and keeping order ----------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class List(Request[tuple[Session, ...]]):
    """Conversations, newest activity first. `user` None lists everybody's."""

    user: str | None = ADMIN
    limit: int = 20
    offset: int = 0
    text: str | None = None
    """Only those whose title contains this, ignoring case."""


@final
@attrs.frozen(kw_only=True)
class Get(Request[Session]):
    """One conversation. Raises UnknownSession, also for one of another user."""

    session: str
    user: str | None = ADMIN


@final
@attrs.frozen(kw_only=True)
class Messages(Request[tuple[Message, ...]]):
    """Displayed messages, oldest first: the last `limit` before id `before`. Raises UnknownSession."""

    max_bytes: ClassVar[int] = 64 * 1024 * 1024
    session: str
    user: str | None = ADMIN
    before: int | None = None
    limit: int = 500


@final
@attrs.frozen(kw_only=True)
class GetTurn(Request[Turn]):
    """Raises UnknownTurn."""

    turn: str


@final
@attrs.frozen(kw_only=True)
class TurnUsage:
    """Sums over the completions of one turn."""

    turn: str
    state: TurnState
    outcome: str | None
    completions: int
    input_tokens: int
    """All kinds of input summed."""
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cost_usd: float | None


@final
@attrs.frozen(kw_only=True)
class GetTurnUsage(Request[TurnUsage]):
    """Raises UnknownTurn."""

    turn: str


@final
@attrs.frozen(kw_only=True)
class TurnFigures:
    """How one turn went and what it used."""

    turn: str
    state: TurnState
    outcome: str | None
    """``success``, ``max_turns``, ``error``, ``cancelled``, ``parked``; None while it is open or merged."""
    accepted_at: datetime
    started_at: datetime | None
    """When it was begun for the first time."""
    finished_at: datetime | None
    tool_rounds: int
    """Answers of the model that called tools."""
    model: str | None
    """Of the last completion."""
    completions: int
    input_tokens: int
    """All kinds of input summed."""
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cost_usd: float | None


@final
@attrs.frozen(kw_only=True)
class ListFigures(Request[tuple[TurnFigures, ...]]):
    """Figures of the turns of a conversation, in the order of acceptance: the last `limit` of a range.

    Raises UnknownSession.
    """

    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    session: str
    user: str | None = ADMIN
    first: str | None = None
    """Turn at which the range begins; its beginning when None or unknown."""
    last: str | None = None
    """Turn at which it ends, itself included."""
    limit: int = 500


@final
@attrs.frozen(kw_only=True)
class TurnInfo:
    """A turn as its operator sees it."""

    id: str
    session: str
    user: str
    state: TurnState
    outcome: str | None
    """``success``, ``max_turns``, ``error``, ``cancelled``, ``parked``; None while it is open or merged."""
    attempt: int
    source: str
    model: str | None
    mode: FollowupMode
    text: str
    """The first 200 characters of the message."""
    accepted_at: datetime
    finished_at: datetime | None
    merged_into: str | None


@final
@attrs.frozen(kw_only=True)
class FindTurns(Request[tuple[TurnInfo, ...]]):
    """Turns of everybody, the newest first."""

    states: tuple[TurnState, ...] = ()
    """Only those in one of these states; all when empty."""
    outcome: str | None = None
    """Only those that ended like this."""
    turn: str = ""
    """Only those whose id begins so."""
    session: str = ""
    """Only those of conversations whose id begins so."""
    limit: int = 50


@final
@attrs.frozen(kw_only=True)
class StepInfo:
    """One step of a turn, with its times and what it used."""

    n: int
    kind: Literal["user", "assistant", "tool", "notice"]
    tool: str | None
    effect: Effect | None
    state: Literal["intent", "done"]
    is_error: bool
    text: str
    """The first 200 characters of what was said, or of the input of the tool, as JSON."""
    started_at: datetime
    ended_at: datetime | None
    """When its result was stored; of what is no tool call, when it was stored itself."""
    usage: Usage | None
    """Of the completion that this step stores."""


@final
@attrs.frozen(kw_only=True)
class GetSteps(Request[tuple[StepInfo, ...]]):
    """What was stored of one turn, in order; empty before it was begun. Raises UnknownTurn."""

    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    turn: str


@final
@attrs.frozen(kw_only=True)
class OpenWork:
    """What is accepted and not done."""

    accepted: int
    """Turns that wait."""
    running: int
    oldest: datetime | None
    """When the oldest of the waiting ones was accepted."""
    outbox: Mapping[str, int]
    """Pushes by state: ``pending``, ``sending``, ``doubtful``, ``dead``. States without any are left out."""


@final
@attrs.frozen(kw_only=True)
class CountOpenWork(Request[OpenWork]):
    """How much is waiting, for the health check of an operator."""


@final
@attrs.frozen(kw_only=True)
class MarkRead(Request[Session]):
    """Set or clear the unread mark. Raises UnknownSession."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    session: str
    user: str | None = ADMIN
    is_read: bool = True


@final
@attrs.frozen(kw_only=True)
class Rename(Request[Session]):
    """Raises UnknownSession."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    session: str
    user: str | None = ADMIN
    title: str


@final
@attrs.frozen(kw_only=True)
class Close(Request[Session]):
    """Close a conversation for good. Raises UnknownSession."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    session: str
    user: str | None = ADMIN
    summary: str


@final
@attrs.frozen(kw_only=True)
class CloseSilent(Command):
    """Close the conversations whose silence has lasted too long. The session actor tells itself."""


@final
@attrs.frozen(kw_only=True)
class Export(Request[tuple[str, ...]]):
    """The whole transcript as JSON lines, compactions and all. Raises UnknownSession."""

    max_bytes: ClassVar[int] = 64 * 1024 * 1024
    session: str
    user: str | None = ADMIN


@final
@attrs.frozen(kw_only=True)
class UsageSum:
    """`input_tokens` is the sum of uncached, cache-read and cache-written ones; `turns` counts usage rows."""

    name: str
    cost_usd: float
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    turns: int


@final
@attrs.frozen(kw_only=True)
class DayCost:
    date: str
    """``YYYY-MM-DD``, UTC."""
    cost_usd: float
    by_model: Mapping[str, float]


@final
@attrs.frozen(kw_only=True)
class ToolCount:
    name: str
    invocations: int
    errors: int


@final
@attrs.frozen(kw_only=True)
class CostReport:
    total: UsageSum
    by_user: tuple[UsageSum, ...]
    by_model: tuple[UsageSum, ...]
    by_day: tuple[DayCost, ...]
    by_tool: tuple[ToolCount, ...]


@final
@attrs.frozen(kw_only=True)
class Costs(Request[CostReport]):
    """What was used since a moment (or ever), by user, model, day and tool."""

    since: datetime | None = None
    session: str | None = None


# --- outbox -----------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class TakeOutbox(Request[tuple[OutboxRow, ...]]):
    """Move due rows of a channel from ``pending`` to ``sending`` and return them."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    channel: str
    limit: int = 16


@final
@attrs.frozen(kw_only=True)
class MarkOutbox(Request[None]):
    """Say what became of a row that was taken; ``pending`` with `next_at` retries it later."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: int
    state: Literal["pending", "sent", "doubtful", "dead"]
    next_at: datetime | None = None


# --- events -----------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class SessionClosed(Event):
    session: str
    user: str


@final
@attrs.frozen(kw_only=True)
class SessionChanged(Event):
    """Title, read mark, activity or state of a conversation changed; ask for it to see how."""

    session: str
    user: str
