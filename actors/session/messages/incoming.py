"""A message that comes in: what it says, who says it and where, how its turn is to be run."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal, final, get_args

import attrs
from attrs.validators import ge, gt, in_, optional

from actors.vocabulary import Attachment, Channel, Effort, FollowupMode, Role
from bus import Data


@final
@attrs.frozen
class ChannelPolicy(Data):
    """What is particular about the conversations of one channel."""

    name: Channel
    gap: timedelta | None = None
    """Silence after which the next message starts another conversation; None: the client decides, by its key."""
    pushes: Literal["", "end", "each"] = ""
    """Whether answers are sent there by us, through the outbox, instead of being fetched by a client that waits: all
    that a turn has said at its end, or what each completion says as soon as it is stored."""


@final
@attrs.frozen(kw_only=True)
class TurnOptions(Data):
    """How one turn is to be run. What is None is as configured. Raises ValueError for what cannot be meant."""

    model: str | None = None
    """``provider/model``."""
    fallbacks: tuple[str, ...] | None = None
    """Models that may take its place when it cannot answer, in this order; empty: nobody may."""
    effort: Effort | None = attrs.field(default=None, validator=optional(in_(get_args(Effort))))
    """How much the model is to think."""
    max_tokens: int | None = attrs.field(default=None, validator=optional(ge(1)))
    """Of one completion."""
    max_turns: int | None = attrs.field(default=None, validator=optional(ge(1)))
    """Rounds of tool calls."""
    deadline_s: float | None = attrs.field(default=None, validator=optional(gt(0)))
    """Seconds after which it is ended with what it has come to, from when it was begun last."""
    budget_usd: float | None = attrs.field(default=None, validator=optional(gt(0)))
    """US dollars after which no further completion is asked for."""
    tools: tuple[str, ...] | None = None
    """Names of the only tools it may use."""


DEEPEST: Final = 8
"""How many turns may call each other in a row."""
_DEPTH: Final = "~"
_DIGITS: Final = 3


def id_at(depth: int, id: str) -> str:
    """What a conversation is called that carries out a call of one `depth` - 1 deep."""
    return f"{id}{_DEPTH}{depth}"


def depth_of(session: str) -> int:
    """How many calls lie between a person and a conversation, by what it is called; whatever that is."""
    depth = session.rpartition(_DEPTH)[2] if _DEPTH in session else ""
    return min(int(depth), DEEPEST) if depth.isdecimal() and len(depth) <= _DIGITS else 0


@final
@attrs.frozen(kw_only=True)
class Delegation(Data):
    """A call of a turn that another turn carries out, in a conversation of its own that nobody else speaks in."""

    turn: str
    """That made the call, of the same user."""
    step: int
    """Number of the call among its steps."""
    title: str
    """Of the conversation."""
    most: int
    """Turns of this kind that there may be on behalf of one message of a person."""


@final
@attrs.frozen(kw_only=True)
class Incoming(Data):
    """A message as it came from outside, the same on its whole way into the store."""

    text: str
    user: str
    role: Role = "user"
    channel: Channel = "main"
    key: str | None = None
    """Names the conversation within user and channel; without one, a channel without gap starts a new one."""
    session: str | None = None
    """Address the conversation by id instead of by (user, channel, key)."""
    attachments: tuple[Attachment, ...] = ()
    mode: FollowupMode | None = None
    """How it joins a running turn; None: as configured."""
    source: str = "web"
    """Where it came from: ``web``, ``http``, ``cli``, ``telegram``, ``cron`` …"""
    client_message_id: str | None = None
    """Idempotency key, scoped to (source, user): the same one twice is one message."""
    triggered_by: str | None = None
    """Name of the job or hook that speaks for the user."""
    options: TurnOptions = TurnOptions()
    delegation: Delegation | None = None
    """What it carries out, where an agent speaks and no person; `key` and `session` are of no account then."""


def as_it_is_now(body: Mapping[str, Any]) -> dict[str, Any]:
    """A message with an `incoming` from before its options could name fallbacks, or an agent could be who speaks."""
    incoming = body["incoming"]
    options = {"fallbacks": None, **incoming["options"]}
    return {**body, "incoming": {"delegation": None, **incoming, "options": options}}
