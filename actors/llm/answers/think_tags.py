"""Reasoning that a model writes as text, between tags before its answer. Pure."""

from collections.abc import Iterator
from typing import Final, Literal, final

Piece = tuple[Literal["text", "thinking"], str]

_OPENING: Final = tuple(f"<{name}>" for name in ("think", "thinking", "thought", "reasoning"))

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
        blank = len(self._held) - len(said) > _LONGEST_BLANK
        if not blank and (opening := next((each for each in _OPENING if said.startswith(each)), "")):
            self._closing = opening.replace("<", "</")
            self._held = said[len(opening) :]
        elif blank or not any(each.startswith(said) for each in _OPENING):
            self._spoken = True
            yield "text", said if self._thought else self._held
            self._held = ""

    def _think(self) -> Iterator[Piece]:
        thought, closed, rest = self._held.partition(self._closing)
        if closed:
            self._closing, self._held, self._thought = "", rest, True
        else:
            kept = _beginning_of(self._closing, thought)
            self._held = thought[len(thought) - kept :]
            thought = thought[: len(thought) - kept]
        if thought:
            yield "thinking", thought


def _beginning_of(tag: str, text: str) -> int:
    """How many letters at the end of `text` may be the beginning of `tag`."""
    return next((n for n in range(min(len(tag) - 1, len(text)), 0, -1) if text.endswith(tag[:n])), 0)
