"""Which links Telegram takes: a message with another one among its entities is refused as a whole."""

import re
from typing import Final

LONGEST: Final = 2048
"""Characters; a longer one is shown as text."""
_WEB: Final = re.compile(r"(?i:https?)://[\w-]+(?:\.[\w-]+)+(?::(\d{1,5}))?(?:[/?#][^\n]*)?")
_APP: Final = re.compile(r"(?i:tg)://(?!(?i:user)\b)[A-Za-z_]+(?:\?\S*)?")
"""Not ``tg://user``: that speaks of a person, whom Telegram may not know."""
_GREATEST_PORT: Final = 65535


def is_linkable(url: str) -> bool:
    """Whether `url` may be behind a text: ``http``, ``https`` and ``tg``, of a host with a dot in its name."""
    if len(url) > LONGEST:
        return False
    if (web := _WEB.fullmatch(url)) is not None:
        return web[1] is None or 0 < int(web[1]) <= _GREATEST_PORT
    return _APP.fullmatch(url) is not None
