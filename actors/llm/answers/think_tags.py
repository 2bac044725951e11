"""Reasoning that a model writes as text, between tags before its answer. Pure."""

from collections.abc import Iterator
from string import ascii_uppercase
from typing import Final, Literal, final

Piece = tuple[Literal["text", "thinking"], str]

_TAGS: Final = {
    **{f"<{name}>": f"</{name}>" for name in ("think", "thinking", "thought", "reasoning", "seed:think")},
    "[think]": "[/think]",
    "\u25c1think\u25b7": "\u25c1/think\u25b7",
}
"""What opens reasoning, in small letters, and what closes it."""
_SMALL: Final = {ord(letter): letter.lower() for letter in ascii_uppercase}
"""Letter for letter, so that a place in the one text is the same place in the other."""

_LONGEST_BLANK: Final = 100
"""Characters of blanks before a tag."""


@final
class ThinkTags:
    """Tells reasoning from words in the pieces of one answer. Only what stands before all words can be reasoning."""

    def __init__(self) -> None:
        self._held = ""
        self._closing = ""
        """What ends the reasoning; empty outside of it."""
        self._spoken = False
        self._thought = False
        self._mused = False
        """Something of the reasoning was told: blanks alone, between tags that hold nothing, are none."""

    def feed(self, text: str) -> Iterator[Piece]:
        """The pieces that `text` completes; what may be the beginning of a tag is held back."""
        if self._spoken:
            yield "text", text
            return
        self._held += text
        while self._held:
            before = len(self._held)
            yield from self._think() if self._closing else self._begin()
            if len(self._held) == before:
                return

    def close(self) -> Iterator[Piece]:
        """What is still held back when the answer has ended."""
        if self._held:
            yield ("thinking" if self._closing else "text"), self._held
        self._held = ""

    def _begin(self) -> Iterator[Piece]:
        said = self._held.lstrip()
        small = said.translate(_SMALL)
        blank = len(self._held) - len(said) > _LONGEST_BLANK
        if not blank and (opening := next((each for each in _TAGS if small.startswith(each)), "")):
            self._closing = _TAGS[opening]
            self._held = said[len(opening) :]
        elif blank or not any(each.startswith(small) for each in _TAGS):
            self._spoken = True
            yield "text", said if self._thought else self._held
            self._held = ""

    def _think(self) -> Iterator[Piece]:
        small = self._held.translate(_SMALL)
        end = small.find(self._closing)
        if end >= 0:
            thought, self._held = self._held[:end], self._held[end + len(self._closing) :]
            self._closing, self._thought = "", True
        else:
            kept = _beginning_of(self._closing, small)
            thought = self._held[: len(small) - kept]
            self._held = self._held[len(small) - kept :]
        if not self._mused:
            thought = thought.lstrip()
        if thought:
            self._mused = True
            yield "thinking", thought


def _beginning_of(tag: str, text: str) -> int:
    """How many letters at the end of `text` may be the beginning of `tag`."""
    return next((n for n in range(min(len(tag) - 1, len(text)), 0, -1) if text.endswith(tag[:n])), 0)
