"""Entities that a client finds in what a person writes: commands, mentions, links. Pure."""

import re
from typing import Any, Final

from tests.fakes.telegram.entities import units

_KINDS: Final = {
    "url": r"(?<![\w@])(?:https?://[^\s<>]+|(?:[a-z0-9-]+\.)+(?:com|org|net|io|example)(?:/[^\s<>]*)?)",
    "email": r"(?<!\S)[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    "bot_command": r"(?<![\w/<>])/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z0-9_]{3,32})?(?![\w/<>])",
    "mention": r"(?<!\w)@[a-zA-Z0-9_]{3,32}(?!\w)",
    "hashtag": r"(?<!\w)#(?=\w*[^\W\d])\w{1,255}(?!\w|#)",
}
_ALL: Final = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()))


def entities_in(text: str) -> list[dict[str, Any]]:
    """In order, without overlap."""
    return [
        {"type": found.lastgroup, "offset": units(text[: found.start()]), "length": units(found[0])}
        for found in _ALL.finditer(text)
    ]
