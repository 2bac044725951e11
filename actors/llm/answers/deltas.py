"""Pieces of text on their way, joined where a character was cut in two. Pure."""

from typing import final

from actors.jsontext import whole


@final
class CharacterJoiner:
    """Repairs text whose characters beyond U+FFFF were cut in two and escaped as two halves in two fragments."""

    def __init__(self) -> None:
        self._held = ""

    def join(self, fragment: str) -> str:
        """`fragment` with halves joined; a first half at its end is held back for the next fragment."""
        if fragment.isascii() and not self._held:
            return fragment
        text = self._held + fragment
        self._held = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        return whole(text[: len(text) - len(self._held)])
