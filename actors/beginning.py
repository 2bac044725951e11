"""The beginning of a text where there is no room for all of it. Pure."""

import unicodedata
from typing import Final

_ELLIPSIS: Final = "…"
_JOINER: Final = "\u200d"


def beginning(text: str, most: int) -> str:
    """A text of at most `most` characters; a longer one ends in an ellipsis, with no letter cut in two."""
    if len(text) <= most:
        return text
    return _cut(text, most - 1)


def beginning_in_bytes(text: str, most: int) -> str:
    """The same in bytes of UTF-8, of which the ellipsis takes three."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= most:
        return text
    return _cut(text, len(encoded[: most - len(_ELLIPSIS.encode())].decode(errors="ignore")))


def _cut(text: str, end: int) -> str:
    while end and _belong_together(text[end - 1], text[end]):
        end -= 1
    return text[:end] + _ELLIPSIS


def _belong_together(one: str, other: str) -> bool:
    return _JOINER in {one, other} or unicodedata.category(other).startswith("M")
