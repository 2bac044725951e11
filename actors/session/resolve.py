"""Which conversation a message belongs to, and what a new one is called. Pure."""

from datetime import datetime, timedelta
from typing import Final, final

import attrs

from actors.vocabulary import Attachment

from .messages import ChannelPolicy

TITLE_BYTES: Final = 100
"""Longest title, in bytes of UTF-8, before it is cut."""

INACTIVITY: Final = "Auto-closed: inactivity"
"""Summary of a conversation that was closed because its silence had lasted too long."""


@final
@attrs.frozen(kw_only=True)
class Open:
    """The open conversation behind (user, channel, key)."""

    id: str
    last_message_at: datetime


@final
@attrs.frozen
class Continue:
    session: str


@final
@attrs.frozen
class Start:
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


def title_of(text: str, attachments: tuple[Attachment, ...] = ()) -> str | None:
    """What a conversation is called that begins with this message; None when the message says nothing."""
    if text.strip():
        return shorten(text, TITLE_BYTES)
    return shorten(attachments[0].name, TITLE_BYTES) if attachments else None


def shorten(text: str, limit: int) -> str:
    """Text of at most `limit` bytes of UTF-8; a longer one is cut between characters and gets three dots.

    Lone surrogates become question marks.
    """
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= limit:
        return encoded.decode("utf-8")
    return encoded[:limit].decode("utf-8", "ignore") + "..."
