"""Front door of permissions: questions to people about calls of tools, their answers, what they have granted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Literal, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import quoted
from bus import Abandon, ActorError, Data, ErrorKind, Event, Request

WEEK: Final = 7 * 24 * 3600.0
"""Seconds. Longer than any question stands."""
MAX_ID: Final = 200
"""Characters."""
MAX_PATTERN: Final = 4000
MAX_WORDS: Final = 2000

State = Literal["open", "allowed", "denied", "expired", "withdrawn"]
Scope = Literal["once", "conversation", "always"]


# --- what is refused --------------------------------------------------------------------------------------


@attrs.define(eq=False, kw_only=True)
class UnknownApproval(ActorError):
    """Nobody was asked that, or somebody else was."""

    kind: ClassVar[ErrorKind] = "not_found"
    id: str

    def __str__(self) -> str:
        return f"there is no question {quoted(self.id)}"


@attrs.define(eq=False, kw_only=True)
class AlreadyAnswered(ActorError):
    """The first answer counts, and so does the end of the turn or of the time."""

    kind: ClassVar[ErrorKind] = "conflict"
    id: str
    state: State

    def __str__(self) -> str:
        return f"question {quoted(self.id)} is {self.state} already"


@attrs.define(eq=False, kw_only=True)
class PatternMisses(ActorError):
    """What is granted would not even cover what was asked for."""

    pattern: str
    subject: str

    def __str__(self) -> str:
        return f"{quoted(self.subject)} does not fit the pattern {quoted(self.pattern)}"


@attrs.define(eq=False, kw_only=True)
class UnknownGrant(ActorError):
    """Nothing of that number is granted by this user."""

    kind: ClassVar[ErrorKind] = "not_found"
    id: int

    def __str__(self) -> str:
        return f"there is no grant {self.id}"


@attrs.define(eq=False, kw_only=True)
class StorageFailed(ActorError):
    """The database refused; nothing was changed."""

    kind: ClassVar[ErrorKind] = "unavailable"
    reason: str

    def __str__(self) -> str:
        return self.reason


# --- questions --------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Approval(Data):
    """A question to a person about one call, and what became of it."""

    id: str
    """The same for the same call with the same input; another input is another question."""
    state: State
    tool: str
    tool_use_id: str
    """The call in the events of its conversation."""
    input: Mapping[str, Any]
    """What it would be carried out with, without secrets."""
    subject: str
    """What it acts on: a command, a path, an address; empty where the tool does not say."""
    reason: str
    """Why somebody is asked."""
    outside: tuple[str, ...]
    """Where words came from that somebody else has written and the model has read."""
    pattern: str
    """What may be granted beyond the call: all that fits this. Whoever answers may write another one."""
    user: str
    """Who is asked; nobody else may answer."""
    session: str
    turn: str
    channel: str
    asked_at: datetime
    expires_at: datetime
    """When no answer becomes a denial."""
    scope: Scope | None = None
    """For what it was allowed."""
    words: str | None = None
    """What the person has said to the model about a denial."""
    answered_by: str | None = None
    answered_via: str | None = None
    """How it was known who that is: ``page``, ``key``, ``operator``, ``telegram``."""
    answered_at: datetime | None = None


@final
@attrs.frozen(kw_only=True)
class Asked(Event):
    """A person is to be asked. Of a very long input there is the beginning; :class:`Get` has all of it."""

    max_bytes: ClassVar[int] = 16 * 1024 * 1024
    version: ClassVar[int] = 2
    approval: Approval

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {**body, "approval": {**body["approval"], "answered_via": None}}


@final
@attrs.frozen(kw_only=True)
class Answered(Event):
    """A question is closed: answered, expired, or withdrawn as its turn has ended. Likewise."""

    max_bytes: ClassVar[int] = Asked.max_bytes
    version: ClassVar[int] = 2
    approval: Approval

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {**body, "approval": {**body["approval"], "answered_via": None}}


@final
@attrs.frozen(kw_only=True)
class Question(Data):
    """What comes of asking: a question that is stored, or a grant that spares it."""

    id: str
    expires_at: datetime
    grant: int | None = None


@final
@attrs.frozen(kw_only=True)
class Ask(Request[Question]):
    """Have a person decide about a call. The same call with the same input is the same question, over restarts."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = 16 * 1024 * 1024
    call: str
    """The call's own key."""
    tool_use_id: str
    tool: str
    input: Mapping[str, Any]
    acts_on: str
    subject: str
    reason: str
    outside: tuple[str, ...]
    user: str
    session: str
    turn: str
    channel: str


@final
@attrs.frozen(kw_only=True)
class Await(Request[Approval]):
    """Wait until a question is closed. Raises UnknownApproval."""

    within: ClassVar[float] = WEEK
    expected: ClassVar[float] = WEEK
    max_bytes: ClassVar[int] = Ask.max_bytes
    id: str


@endpoint("GET", "/api/approvals")
@final
@attrs.frozen(kw_only=True)
class List(Request[tuple[Approval, ...]]):
    """What a user is asked, the latest first; of a very long input the beginning."""

    max_bytes: ClassVar[int] = 64 * 1024 * 1024
    user: str
    which: Annotated[Literal["open", "all"], described("Also what is closed; for 30 days.")] = "open"
    session: Annotated[str | None, described("Only of this conversation.", max_length=MAX_ID)] = None
    limit: Annotated[int, described("At most so many.", ge=1, le=1000)] = 100


@final
@attrs.frozen(kw_only=True)
class ListOpen(Request[tuple[Approval, ...]]):
    """What anybody is asked now, the oldest first: for who tells them of it."""

    max_bytes: ClassVar[int] = List.max_bytes


@endpoint("GET", "/api/approvals/{id}")
@final
@attrs.frozen(kw_only=True)
class Get(Request[Approval]):
    """One question with all of its input. Raises UnknownApproval, also for one of another user."""

    max_bytes: ClassVar[int] = Ask.max_bytes
    id: str
    user: str


@endpoint("POST", "/api/approvals/{id}")
@final
@attrs.frozen(kw_only=True)
class Answer(Request[Approval]):
    """Answer a question; the first answer counts, from wherever it comes.

    Raises UnknownApproval, also for one of another user: only who is asked may answer; AlreadyAnswered; PatternMisses.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = Ask.max_bytes
    id: str
    user: str
    proof: str
    decision: Annotated[
        Literal["once", "conversation", "always", "deny"],
        described(
            "Allow this call, or all that fit the pattern in this conversation or everywhere; or none of it."
        ),
    ]
    pattern: Annotated[str | None, described("Another one than is proposed.", max_length=MAX_PATTERN)] = None
    words: Annotated[
        str | None, described("What the model is told about a denial.", max_length=MAX_WORDS)
    ] = None


# --- what is granted --------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Grant(Data):
    """What a person has allowed once and for all."""

    id: int
    user: str
    tool: str
    pattern: str
    session: str | None
    """Only in this conversation; None: in all of them."""
    outside: bool
    """Whether it counts where words from outside are in the conversation: they were when it was given."""
    at: datetime


@final
@attrs.frozen(kw_only=True)
class Settle(Request[None]):
    """A hook, in the place of a person, has a tool be allowed in a conversation, or be asked about there again.

    What rules deny stays denied.
    """

    tool: str
    allow: bool
    """False: what was granted for it in this conversation counts no more."""
    outside: bool
    """Whether it is to count where words from outside are in the conversation."""
    user: str
    session: str
    hook: str
    """Its name."""


@endpoint("GET", "/api/grants")
@final
@attrs.frozen(kw_only=True)
class Grants(Request[tuple[Grant, ...]]):
    """What a user has granted, the latest first."""

    user: str


@final
@attrs.frozen
class Revoked(Data):
    """It counts no more."""

    ok: bool = True


@endpoint("DELETE", "/api/grants/{id}")
@final
@attrs.frozen(kw_only=True)
class Revoke(Request[Revoked]):
    """Take back what was granted. Raises UnknownGrant, also for one of another user."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: Annotated[int, described(ge=1)]
    user: str
    proof: str


# --- what is in force -------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class RuleInForce(Data):
    """One rule; the first one that is about a call decides."""

    tool: str
    pattern: str
    """Of what the call acts on; empty for anything."""
    channel: str
    """Empty for any."""
    role: str | None
    outside: bool | None
    """Only where words from outside are in the conversation, or only where none are."""
    decision: Literal["allow", "deny", "ask"]


@final
@attrs.frozen(kw_only=True)
class InForce(Data):
    """What is decided without asking anybody, and who is asked."""

    rules: tuple[RuleInForce, ...]
    """In the order in which they are looked at."""
    outside: Literal["ask", "allow"]
    """What is done about a change where words from outside are in the conversation, and no rule is about that."""
    asks_on: tuple[str, ...]
    """Channels on which people are asked."""
    expires_minutes: int


@endpoint("GET", "/api/permissions")
@final
@attrs.frozen(kw_only=True)
class ShowRules(Request[InForce]):
    """The rules in force."""

    user: str
