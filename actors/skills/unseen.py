"""Characters that nobody sees, or that turn text around: they could tell a model what no person reads. Pure."""

import re
import unicodedata
from typing import Final

_CATEGORIES: Final = frozenset({"Cf", "Cc", "Co", "Cs"})
_FINE: Final = frozenset("\t\n\r\f\u200c\u200d")
"""Of these the ones that texts are laid out with, or that letters of some scripts and many emoji are made with."""
_SELECTORS: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}")
"""One chooses between shapes of the character before it; more than one can only carry something."""


def codes(text: str) -> str:
    """Which there are in a text, such as ``U+200B, U+202E``; empty for none."""
    found = {*_among(text), *"".join(_SELECTORS.findall(text))}
    return ", ".join(sorted(f"U+{ord(each):04X}" for each in found))


def without(text: str) -> str:
    """The text that a person sees."""
    found = _among(text)
    return _SELECTORS.sub("", text.translate(dict.fromkeys(map(ord, found))) if found else text)


def _among(text: str) -> set[str]:
    return {each for each in set(text) if unicodedata.category(each) in _CATEGORIES and each not in _FINE}
