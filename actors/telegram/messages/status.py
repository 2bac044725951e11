"""How the bot is."""

from datetime import datetime
from typing import Literal, final

import attrs

from actors.endpoints import endpoint
from bus import Data, Request


@final
@attrs.frozen(kw_only=True)
class TelegramStatus(Data):
    """The bot as it is now."""

    state: Literal["off", "no_token", "connecting", "polling", "stalled", "conflict", "unauthorized"]
    """``polling`` says that a poll was completed lately, nothing less."""
    why: str | None
    """What keeps it from receiving, and what to do about it."""
    username: str | None
    """Of the bot, without ``@``."""
    last_poll_at: datetime | None
    """When a poll was completed last."""
    waiting: int
    """Updates that are stored and not yet dealt with."""


@endpoint("GET", "/api/telegram", access="admin")
@final
@attrs.frozen(kw_only=True)
class GetTelegramStatus(Request[TelegramStatus]):
    """Whether people can reach the agent on Telegram."""
