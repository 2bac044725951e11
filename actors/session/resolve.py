"""Which conversation a message belongs to, and what a new one is called. Pure."""

from datetime import datetime, timedelta
from typing import final

import attrs

from bus import Data

from .messages import ChannelPolicy


@final
@attrs.frozen(kw_only=True)
class Open(Data):
    """The open conversation behind (user, channel, key)."""

    id: str
    last_message_at: datetime


@final
@attrs.frozen
class Continue(Data):
    session: str


@final
@attrs.frozen
class Start(Data):
    """Start a conversation; `closing` is closed before, if given."""

    closing: str | None = None


def decide(found: Open | None, *, now: datetime, gap: timedelta | None) -> Continue | Start:
    """Choose the conversation a message belongs to.

    Args:
      found: the open conversation, if there is one.
      now: wall time, timezone-aware.
      gap: silence after which a conversation is over; None means never. A clock set back is no silence.
    """
    if found is None:
        return Start()
    if gap is None or now - found.last_message_at < gap:
        return Continue(found.id)
    return Start(closing=found.id)


def key_of(policy: ChannelPolicy, key: str | None, user: str, fresh: str) -> str:
    """The key of the conversation: the given one; else, where silence parts conversations, the user; else `fresh`."""
    if key:
        return key
    return fresh if policy.gap is None else user
