"""What a model may not write where later prompts are made from: it could speak for somebody else, or hide.

It is a net with wide meshes: it stops what is never needed in a note, and no more.
"""

import re
import unicodedata
from typing import Final

_JOINERS: Final = "\u200c\u200d"
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls, but tab and ends of lines
    "\u200b-\u200f\u2060-\u2064\ufeff"  # without width
    "\u202a-\u202e\u2066-\u2069"  # the direction of writing
    "\ufff9-\ufffb\U000e0000-\U000e007f]"  # annotations, tags
)
_SELECTORS: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}")
"""One chooses between shapes of the character before it; more than one can only carry something."""
_FLAG: Final = re.compile("\U0001f3f4[\U000e0061-\U000e007a]{2,6}\U000e007f")
"""The flag of England and the like are written with tags."""
_MARKERS: Final = re.compile(
    r"<\|[a-z0-9_]{1,40}\|>|\[/?inst\]|<</?sys>>|</?(?:start|end)_of_turn>|^[ \t>*_#]{0,8}(?:human|assistant)[ \t*_]*:",
    re.IGNORECASE | re.MULTILINE,
)
_FETCH: Final = re.compile(r"\b(?:curl|wget)\s", re.IGNORECASE)
_LINK: Final = re.compile(r"https?://", re.IGNORECASE)


def fault(text: str) -> str | None:
    """What is wrong with a text for a note, as the end of a sentence for the model; None when nothing is."""
    plain = text if text.isascii() else _FLAG.sub("", text)
    for found in _HIDDEN.finditer(plain):
        if not _joins(plain, found.start()):
            return f"it holds the character U+{ord(found[0]):04X}, which nobody sees; write it without"
    if _SELECTORS.search(plain):
        return "it holds variation selectors in a row, which nobody sees; write it without"
    marker = _MARKERS.search(text)
    if marker:
        return f"it holds {marker[0].strip()!r}, which marks in a prompt who speaks; put it in other words"
    if _FETCH.search(text) and _LINK.search(text):
        return "it holds a command that fetches from an address; write down what it is for, not the command"
    return None


def _joins(text: str, at: int) -> bool:
    """Whether an invisible joiner is where it is needed: between pictures, or in a script that is written joined."""
    if text[at] not in _JOINERS or not 0 < at < len(text) - 1:
        return False
    before, after = text[at - 1], text[at + 1]
    if _is_picture(before):
        return text[at] == "\u200d" and _is_picture(after)
    return _is_joined(before) and (_is_joined(after) or after.isspace())


def _is_picture(char: str) -> bool:
    """Part of an emoji: the picture, the colour of its skin, the selector that makes a sign one."""
    return unicodedata.category(char) in {"So", "Sk", "Sm"} or char == "\ufe0f"


def _is_joined(char: str) -> bool:
    """A letter or mark of Arabic, of a script of India or the like: all that is right to left or has vowel signs."""
    kind = unicodedata.bidirectional(char)
    if kind in {"AL", "R"}:
        return True
    return kind in {"L", "NSM"} and unicodedata.name(char, "").partition(" ")[0] in _SCRIPTS


_SCRIPTS: Final = {
    "ARABIC", "BENGALI", "DEVANAGARI", "GUJARATI", "GURMUKHI", "KANNADA", "KHMER", "MALAYALAM", "MONGOLIAN", "MYANMAR",
    "ORIYA", "SINHALA", "SYRIAC", "TAMIL", "TELUGU", "THAANA", "TIBETAN",
}  # fmt: skip
