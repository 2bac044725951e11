"""What a person has to judge, with nothing in it that cannot be seen."""

import re
import unicodedata
from typing import Final

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Kinds of characters that are orders, or that only shape what stands beside them."""
_BLANK: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks of which nothing is to be seen."""


def visible(text: str) -> str:
    """The text, with whatever hides, reorders or imitates others written by its number."""
    return "".join(f"\\u{{{ord(each):x}}}" if _is_hidden(each) else each for each in text)


def _is_hidden(character: str) -> bool:
    if character.isascii():
        return (character < " " and character not in "\n\t") or character == "\x7f"
    kind = unicodedata.category(character)
    return kind in _HIDDEN or kind == "Zs" or _BLANK.match(character) is not None
