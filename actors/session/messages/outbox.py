"""What must reach a person: put into the outbox with the end of its turn, claimed by the channel, sent, marked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal, final

import attrs

from actors.vocabulary import Channel
from bus import Abandon, Data, Event, Request

OutboxState = Literal["pending", "sending", "sent", "doubtful", "dead"]


@final
@attrs.frozen(kw_only=True)
class Push(Request[None]):
    """Have something sent, whatever happens: a notification, a question. Answers of turns come here by themselves."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    channel: Channel
    recipient: str
    """Whom the channel knows by this name: a chat id, an address."""
    key: str
    """Unique; the same key twice is one push."""
    body: Mapping[str, Any]
    """What is to be said, in words of the channel."""


@final
@attrs.frozen(kw_only=True)
class OutboxRow(Data):
    """One thing to be sent.

    That of a turn has a `body` with ``session``, ``turn``, ``outcome``, ``text``, ``attachments`` and ``notice``.
    """

    id: int
    turn: str | None
    channel: Channel
    recipient: str
    key: str
    body: Mapping[str, Any]
    attempt: int
    """How often it was claimed."""


@final
@attrs.frozen(kw_only=True)
class ClaimOutbox(Request[tuple[OutboxRow, ...]]):
    """Take due rows of a channel in order to send them, oldest first.

    What somebody else was sending on this channel, or in an earlier process, has become ``doubtful`` by then: it may or
    may not have arrived, and is not sent again by itself. What the same `claimer` has claimed before and neither marked
    nor has `in_hand` comes again: the answer to that claim was lost.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    channel: Channel
    claimer: str
    """One incarnation of the channel's actor."""
    in_hand: tuple[int, ...] = ()
    """Rows that are being sent now."""
    limit: int = 16


@final
@attrs.frozen(kw_only=True)
class MarkOutbox(Request[None]):
    """Say what became of a row that was claimed; ``pending`` with `next_at` tries it again then."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: int
    state: Literal["pending", "sent", "doubtful", "dead"]
    next_at: datetime | None = None


@final
@attrs.frozen(kw_only=True)
class OutboxDue(Event):
    """There is something to be sent on a channel; claim it."""

    channel: Channel
