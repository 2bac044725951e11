"""What must reach a person: put into the outbox with the end of its turn, claimed by the channel, sent, marked.

A row is ``pending``, then ``sending``, then ``sent``; or ``dead``, when it was given up. Where nobody can say whether
the part that was being sent has arrived, it is sent once more, marked as such, and the row is ``doubtful`` when that
happens again at the same part. What a person does not want any more is ``dropped``. Rows of one recipient go out in
order.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, final

import attrs

from actors.context import from_context
from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import Channel, Role
from bus import Abandon, Data, Event, Request

OutboxState = Literal["pending", "sending", "sent", "doubtful", "dead", "dropped"]


@final
@attrs.frozen(kw_only=True)
class Push(Request[None]):
    """Have something sent, whatever happens: a notification, a question. Answers of turns come here by themselves.

    What is still waiting after three days is given up.
    """

    version: ClassVar[int] = 2
    abandon: ClassVar[Abandon] = Abandon.FINISH
    user: str
    """Whose it is, and who may look at what became of it."""
    channel: Channel
    recipient: str
    """Whom the channel knows by this name: a chat id, an address."""
    key: str
    """Unique; the same key twice is one push."""
    body: Mapping[str, Any]
    """What is to be said, in words of the channel."""
    not_before: datetime | None = None
    """Meanwhile what comes later goes first."""

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {**body, "user": "", "not_before": None}


@final
@attrs.frozen(kw_only=True)
class OutboxRow(Data):
    """One thing to be sent.

    That of a turn has a `body` with ``session``, ``turn``, ``outcome``, ``texts`` (of its completions, in order),
    ``answers`` (of those of them that called no tool), ``attachments``, ``notice``, ``iteration`` (number of the
    completion that the last text is of) and ``client_message_id`` (of the message that is answered).
    """

    version: ClassVar[int] = 2
    id: int
    turn: str | None
    user: str
    channel: Channel
    recipient: str
    key: str
    body: Mapping[str, Any]
    attempt: int
    """How often it was claimed."""
    sent: tuple[str, ...] = ()
    """What the platform calls the parts that have arrived."""
    doubtful: bool = False
    """Whether the part after those may have arrived already, which the reader is to be told."""
    created_at: datetime

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        if version > 1:
            return body
        return {**body, "user": "", "sent": [], "doubtful": False, "created_at": "1970-01-01T00:00:00+00:00"}


@final
@attrs.frozen(kw_only=True)
class Claimed(Data):
    rows: tuple[OutboxRow, ...]
    next_at: datetime | None
    """When there will be more to be claimed, as far as that is known."""


@final
@attrs.frozen(kw_only=True)
class ClaimOutbox(Request[Claimed]):
    """Take due rows of a channel in order to send them: of each recipient the oldest, and none while one is in hand.

    What somebody else was sending on this channel, or in an earlier process, may or may not have arrived. What the same
    `claimer` has claimed before and neither marked nor has `in_hand` comes again: the answer to that claim was lost.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = 64 * 1024 * 1024
    channel: Channel
    claimer: str
    """One incarnation of the channel's actor."""
    in_hand: tuple[int, ...] = ()
    """Rows that are being sent now."""
    limit: int = 16


@final
@attrs.frozen(kw_only=True)
class MarkOutbox(Request[None]):
    """Say what became of a row that was claimed.

    ``sending``: more of its parts have arrived. ``pending``: the next part has not, try again at `next_at`.
    ``doubtful``: nobody can say whether it has; it is tried once more at `next_at`. ``sent`` and ``dead`` are final.
    What a person has dropped meanwhile stays so, unless it was ``sent``.
    """

    version: ClassVar[int] = 2
    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: int
    state: Literal["pending", "sending", "sent", "doubtful", "dead"]
    sent: tuple[str, ...] = ()
    """What the platform calls the parts that have arrived since the last mark."""
    next_at: datetime | None = None
    reason: str | None = None
    """Why it was not sent, as a sentence for people."""
    perhaps: bool = False
    """With ``pending``: the next part is most unlikely to have arrived, but might have; its reader is to be told so."""

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {**body, "sent": [], "reason": None, "perhaps": False}


@final
@attrs.frozen(kw_only=True)
class OutboxDue(Event):
    """There is something to be sent on a channel; claim it."""

    channel: Channel


# --- looking after it -------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Delivery(Data):
    """What became of one thing that was to be sent."""

    id: int
    user_id: str
    channel: Channel
    recipient: str
    state: OutboxState
    attempt: int
    """How often it was tried."""
    parts_sent: int
    """How many parts of it have arrived."""
    reason: str | None
    """Why it has not arrived."""
    created_at: datetime
    next_at: datetime
    """When it is tried next; once it is closed, since when it is."""
    session: str | None
    """The conversation that it belongs to."""
    text: str
    """Its beginning, if it is of whoever looks."""


@endpoint("GET", "/api/outbox")
@final
@attrs.frozen(kw_only=True)
class ListOutbox(Request[tuple[Delivery, ...]]):
    """What was or is to be sent to the user, for an admin to anybody, the latest first."""

    max_bytes: ClassVar[int] = 16 * 1024 * 1024
    which: Annotated[
        Literal["undelivered", "waiting", "all"],
        described("undelivered: doubtful or dead; waiting: pending or being sent."),
    ] = "undelivered"
    limit: Annotated[int, described(ge=1, le=1000)] = 100
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


@endpoint("POST", "/api/outbox/{id}/retry")
@final
@attrs.frozen(kw_only=True)
class RetryOutbox(Request[Delivery]):
    """Send what could not be delivered, or still waits, now. Raises UnknownDelivery, DeliveryClosed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: int
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


@endpoint("POST", "/api/outbox/{id}/drop")
@final
@attrs.frozen(kw_only=True)
class DropOutbox(Request[Delivery]):
    """Do not send it any more. Raises UnknownDelivery, DeliveryClosed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: int
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]
