"""Settings of the session subsystem."""

from typing import final

import attrs
from attrs.validators import ge

from bus import Data


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    telegram_gap_minutes: int = attrs.field(default=360, validator=ge(0))
    """Minutes of silence on Telegram after which the next message starts a new conversation; 0: always."""
    email_gap_minutes: int = attrs.field(default=1440, validator=ge(0))
    """Likewise by e-mail."""
