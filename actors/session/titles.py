"""What conversations are called, and how a title is found again. Pure."""

import re
import unicodedata
from typing import Final

from actors.vocabulary import Attachment

TITLE_BYTES: Final = 100
"""Longest title, in bytes of UTF-8, before it is cut."""

_LOOKED_AT: Final = 4000
"""Characters of a message in which its title is looked for."""
_FENCE: Final = re.compile(r"\s*(?:```|~~~)")
_MARK: Final = re.compile(r"\s*(?:#{1,6}|[>*+-])\s+")
"""What a line of Markdown may begin with."""
_FILLS_A_PLACE: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_SHAPES_WORDS: Final = frozenset("\u200c\u200d")
"""Joiners: without them words and pictures fall apart."""


def title_of(text: str, attachments: tuple[Attachment, ...] = ()) -> str | None:
    """What a conversation is called that begins with this message; None when there is nothing to read in it."""
    for name in (text, *(attachment.name for attachment in attachments)):
        if title := line_of(name):
            return shorten(title, TITLE_BYTES)
    return None


def line_of(text: str) -> str:
    """A text as one line that can be read, without marks of Markdown; empty when there is nothing to be seen."""
    text = text[:_LOOKED_AT]
    lines = [line for line in text.splitlines() if not _FENCE.match(line)]
    plain = readable(" ".join(map(_unmarked, lines)))
    return plain or readable(text)


def _unmarked(line: str) -> str:
    """A line without what it begins with."""
    at = 0
    while found := _MARK.match(line, at):
        at = found.end()
    return line[at:]


def readable(text: str) -> str:
    """A text as one line of what can be seen; empty when there is nothing."""
    kept = "".join(character for character in text if _is_text(character))
    return " ".join(kept.split()) if any(map(_is_seen, kept)) else ""


def _is_text(character: str) -> bool:
    """Whether a character may stand in a title: none that controls a terminal, hides others or turns their order."""
    if character in _SHAPES_WORDS or character.isspace():
        return True
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs"}


def _is_seen(character: str) -> bool:
    """Whether a character by itself leaves a trace on the screen."""
    return unicodedata.category(character)[0] not in "CZM" and character not in _FILLS_A_PLACE


def shorten(text: str, limit: int) -> str:
    """Text of at most `limit` bytes of UTF-8; a longer one is cut between characters and gets three dots.

    Lone surrogates become question marks.
    """
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= limit:
        return encoded.decode("utf-8")
    return encoded[:limit].decode("utf-8", "ignore") + "..."


def folded(text: str) -> str:
    """A text as it is compared: case, and how a letter with its marks is put together, make no difference."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
