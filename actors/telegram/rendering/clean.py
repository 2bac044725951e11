"""Text without what Telegram refuses or takes out by itself, so that positions in it stay what they are."""

import re
from typing import Final

_ANY: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]")
_ENDS_OF_LINES: Final = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROLS: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e]")
"""Control characters, and those that turn the direction of what comes after them."""
_HALVES: Final = re.compile("[\ud800-\udfff]")
_TAB: Final = 4
"""Columns, as in Markdown; Telegram makes a tab one blank, even in code."""
_SEEN: Final = re.compile(
    "[^\\s\xad\u034f\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufffc"
    "\U000e0000-\U000e01ff]"
)


def cleaned(text: str) -> str:
    """`text` with one kind of line ending, blanks for tabs and no control characters; half a pair becomes U+FFFD."""
    if is_clean(text):
        return text
    return _HALVES.sub("\ufffd", _CONTROLS.sub("", _ENDS_OF_LINES.sub("\n", text))).expandtabs(_TAB)


def is_clean(text: str) -> bool:
    """Whether `text` is what :func:`cleaned` would make of it."""
    return _ANY.search(text) is None


def is_visible(text: str) -> bool:
    """Whether anybody would see anything: Telegram takes no message of blanks and joiners."""
    return _SEEN.search(text) is not None
