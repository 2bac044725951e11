"""Settings of Telegram."""

import re
from typing import Any, Final, Literal, final

import attrs
from attrs.validators import ge

from bus import Data

OFFICIAL: Final = "https://api.telegram.org"
TOKEN: Final = "TELEGRAM_BOT_TOKEN"
"""Variable, or secret of the vault, that holds the token of the bot."""
StreamMode = Literal["final_only", "all_messages", "stream"]


def _is_url(_settings: Any, _field: Any, value: str) -> None:
    if not re.fullmatch(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?", value):
        raise ValueError("must be an address that begins with http:// or https://")


@final
@attrs.frozen(kw_only=True)
class Telegram(Data):
    enabled: bool = True
    """Whether there is a bot, given that there is a token."""
    api_url: str = attrs.field(default=OFFICIAL, validator=_is_url)
    """Where the Bot API is: Telegram's own, or a server of one's own."""
    allowed_users: tuple[int | str, ...] = ()
    """Ids, or names with or without ``@``, compared without case, that speak for the only user there is without a
    link; empty allows nobody who is not linked."""
    stream_mode: StreamMode = "final_only"
    """What of a turn is sent: its last answer; all that is said on the way; or that, each growing as it is written."""
    show_tools: bool = True
    """Whether a quiet line says which tools are used while a turn runs."""
    max_age_minutes: int = attrs.field(default=1440, validator=ge(1))
    """Minutes after which a message that waited while nobody was there is not taken up any more, with a notice."""


@final
@attrs.frozen(kw_only=True)
class Channels(Data):
    telegram: Telegram = Telegram()


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    channels: Channels = Channels()
