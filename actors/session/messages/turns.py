"""Turns as they are looked at: one, those of a conversation, those an operator looks for; their steps and figures.

A *turn* is one accepted message and everything done to answer it. It is ``accepted``, then ``running``, then
``done``, ``failed`` or ``cancelled``; or it is ``merged`` into a turn that was running when it came. What happens
in a turn is stored as numbered *steps*, the one source of truth of the conversation (G22).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Literal, final

import attrs

from actors.vocabulary import Attachment, Block, Channel, FollowupMode, Role, Usage
from bus import Event, Request

from .incoming import TurnOptions

TurnState = Literal["accepted", "running", "merged", "done", "failed", "cancelled"]
EndState = Literal["done", "failed", "cancelled"]
Effect = Literal["pure", "local", "keyed", "unsafe"]


@final
@attrs.frozen(kw_only=True)
class Turn:
    """One accepted message and what became of it."""

    id: str
    session: str
    user: str
    role: Role
    channel: Channel
    key: str
    """Of the conversation within its channel: chosen by the client on ``main``, the chat id on ``telegram``."""
    state: TurnState
    attempt: int
    """How often it was begun."""
    deaths: int = 0
    """Attempts in a row that died at the same place."""
    cancel_requested: bool = False
    """Whether it was cancelled while it ran, so that it will not be run again."""
    damaged: bool = False
    """Whether a part of what is stored of the message could not be read, and is left out here."""
    end_seq: int | None = None
    """Place among all turns that have ended; the cursor of :class:`TurnsAfter`."""
    text: str
    attachments: tuple[Attachment, ...]
    options: TurnOptions
    mode: FollowupMode
    source: str
    client_message_id: str | None
    accepted_at: datetime
    outcome: str | None = None
    """``success``, ``max_turns``, ``error``, ``cancelled``, ``parked``; None while it is open or merged."""
    triggered_by: str | None = None
    merged_into: str | None = None
    """Turn it became part of, once ``merged``."""
    content: tuple[Block, ...] = ()
    """The message as the model gets it: pictures, words, a note for each file. Never empty in a stored turn."""

    @property
    def suspect(self) -> bool:
        """Whether it may be what stops the program: one more death at the same place is its last."""
        return self.deaths >= 2


@final
@attrs.frozen(kw_only=True)
class GetTurn(Request[Turn]):
    """Raises UnknownTurn, also for one of another user."""

    turn: str
    user: str


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
    """Raises UnknownTurn, also for one of another user."""

    turn: str
    user: str


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
    user: str
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
    user: str


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
class TurnsAfter(Request[tuple[Turn, ...]]):
    """Turns that ended after end number `seq`, in the order of their ends; `seq` 0 begins with the first ever.

    Who must not miss one keeps the last `end_seq` it has dealt with, in the transaction of its effect.
    """

    max_bytes: ClassVar[int] = 64 * 1024 * 1024
    seq: int
    limit: int = 100


@final
@attrs.frozen(kw_only=True)
class TurnFinished(Event):
    """A turn has ended, for good: the nudge to ask for :class:`TurnsAfter`."""

    seq: int
    session: str
    user: str
    turn: str
