"""Turns as they are looked at: one, those of a conversation, those an operator looks for; their steps and figures.

A *turn* is one accepted message and everything done to answer it. It is ``accepted``, then ``running``, then
``done``, ``failed`` or ``cancelled``; or it is ``merged`` into a turn that was running when it came. What happens
in a turn is stored as numbered *steps*, the one source of truth of the conversation (G22).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from actors.tooling import Effect
from actors.vocabulary import Attachment, Block, Channel, FollowupMode, Role, Usage
from bus import Data, Event, Request

from .incoming import TurnOptions
from .usage import Consumed

TurnState = Literal["accepted", "running", "merged", "done", "failed", "cancelled"]
EndState = Literal["done", "failed", "cancelled"]


@final
@attrs.frozen(kw_only=True)
class Turn(Data):
    """One accepted message and what became of it."""

    id: str
    seq: int
    """Place among all turns in the order of acceptance."""
    session: str
    user: str
    role: Role
    channel: Channel
    key: str
    """Of the conversation within its channel: chosen by the client on ``main``, the chat id on ``telegram``."""
    state: TurnState
    outcome: str | None = None
    """How it ended, ``success`` or another of ``agent.Outcome``; None while it is open or merged."""
    attempt: int
    """How often it was begun."""
    deaths: int = 0
    """Attempts that died at the step where it is, doing the same."""
    cancel_requested: bool = False
    """Whether it was cancelled while it ran, so that it will not be run again."""
    damaged: bool = False
    """Whether a part of what is stored of the message could not be read, and is left out here."""
    text: str
    attachments: tuple[Attachment, ...]
    content: tuple[Block, ...]
    """The message as the model gets it: pictures, documents, words, a note for each file. Never empty."""
    called: str = ""
    """What its words have called up, the skill ``x`` of ``/x``. `content` has that instead of the words, except where
    turns are listed."""
    options: TurnOptions
    mode: FollowupMode
    source: str
    client_message_id: str | None
    triggered_by: str | None = None
    accepted_at: datetime
    started_at: datetime | None = None
    """When it was begun for the first time."""
    finished_at: datetime | None = None
    merged_into: str | None = None
    """Turn it became part of, once ``merged``."""
    end_seq: int | None = None
    """Place among all turns that have ended; the cursor of :class:`TurnsAfter`."""
    follows: str | None = None
    """Turn that it goes on from, empty where it is none; None: from the one before it in its conversation."""
    versions: tuple[str, ...] = ()
    """Where turns are listed: all that answer the same message again or another version of it, itself included, in the
    order of acceptance. Empty where there is no other."""
    usage: Usage = attrs.field(factory=Usage)
    """Of all its completions, and of summaries that were made for it; what its subagents use is theirs."""
    completions: int = 0
    tool_rounds: int = 0
    """Answers of the model that called tools."""
    delegated_by: str | None = None
    """The call that it carries out, ``turn:step``; None where a person or a job speaks."""
    origin: str | None = None
    """The turn on whose behalf it was started in the end; None where that is itself."""
    depth: int = 0
    """How many calls lie between the two."""
    abandons: tuple[tuple[str, str], ...] = ()
    """Conversations and turns that it leaves behind, told only by the request that ends it: nobody waits for them."""


@final
@attrs.frozen(kw_only=True)
class GetTurn(Request[Turn]):
    """Raises UnknownTurn, also for one of another user."""

    turn: str
    user: str


@endpoint("GET", "/api/sessions/{session}/turns")
@final
@attrs.frozen(kw_only=True)
class ListTurns(Request[tuple[Turn, ...]]):
    """The turns of a conversation in the order of acceptance. Raises UnknownSession."""

    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    session: str
    user: str
    first: Annotated[
        str | None, described("Turn at which the range begins; that of the conversation where it is unknown.")
    ] = None
    last: Annotated[str | None, described("Turn at which it ends, itself included.")] = None
    limit: Annotated[int, described("The last so many.", ge=1, le=500)] = 500


@final
@attrs.frozen(kw_only=True)
class FindTurns(Request[tuple[Turn, ...]]):
    """Turns of everybody, the newest first, each with the first 200 characters of its text: for an operator."""

    version: ClassVar[int] = 2
    states: tuple[TurnState, ...] = ()
    """Only those in one of these states; all when empty."""
    outcome: str | None = None
    """Only those that ended like this."""
    turn: str = ""
    """Only those whose id begins so."""
    session: str = ""
    """Only those of conversations whose id begins so."""
    sent_as: str = ""
    """Only those of messages that came with this `client_message_id`."""
    limit: int = 50

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {**body, "sent_as": ""}


@final
@attrs.frozen(kw_only=True)
class WordsFrom(Request[Mapping[str, tuple[str, ...]]]):
    """Where words from outside came from that were in the conversation when a turn of it ended: of those turns, by id.

    A turn without such words, or one that is gone, is not among them. What is made of one that is, unattended, is to
    hold none of what the model has said.
    """

    version: ClassVar[int] = 2
    turns: tuple[str, ...]

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {"turns": [body["turn"]]}


@final
@attrs.frozen(kw_only=True)
class WasSent(Request[bool]):
    """Whether a file, by its path in home, came with a message of a user or with an answer to them."""

    path: str
    user: str


@final
@attrs.frozen(kw_only=True)
class Subagent(Data):
    """A turn that carries out a call of another one, in a conversation of its own."""

    call: str
    """As the model named it."""
    session: str
    turn: str
    title: str
    state: TurnState
    outcome: str | None
    used: Consumed
    """By it and all that was done for it but for what its own subagents used."""


@endpoint("GET", "/api/turns/{turn}/subagents")
@final
@attrs.frozen(kw_only=True)
class Subagents(Request[tuple[Subagent, ...]]):
    """Who carries out calls of a turn, in the order of the calls. Raises UnknownTurn."""

    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    turn: str
    user: str


@final
@attrs.frozen(kw_only=True)
class StepInfo(Data):
    """One step of a turn, with its times and what it used."""

    n: int
    kind: Literal["user", "assistant", "tool", "notice"]
    tool: str | None
    effect: Effect | None
    state: Literal["intent", "done"]
    begun: bool = False
    """Whether a call was let through: it was carried out, or may have been."""
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
class OpenWork(Data):
    """What is accepted and not done."""

    accepted: int
    """Turns that wait."""
    running: int
    oldest: datetime | None
    """When the oldest of the waiting ones was accepted."""
    outbox: Mapping[str, int]
    """Pushes by state: ``pending``, ``sending``, ``doubtful``, ``dead``. States without any are left out."""
    outbox_oldest: datetime | None = None
    """When the oldest was pushed that could have been sent by now and is not."""


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
class TurnAbandoned(Event):
    """The turn that waited for this one has ended, so that it is to be stopped; it will not be begun again."""

    key_field: ClassVar[str | None] = "session"
    session: str
    user: str
    turn: str


@final
@attrs.frozen(kw_only=True)
class TurnFinished(Event):
    """A turn has ended, for good: the nudge to ask for :class:`TurnsAfter`."""

    key_field: ClassVar[str | None] = "session"
    seq: int
    session: str
    user: str
    turn: str
