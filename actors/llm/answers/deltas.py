"""Pieces of text on their way: joined where they arrived together, and where a character was cut in two. Pure."""

from collections.abc import Iterable, Iterator
from typing import final

from actors.jsontext import whole
from actors.llm.messages import CompletionEvent, TextDelta, ThinkingDelta


def joined(items: Iterable[CompletionEvent]) -> Iterator[CompletionEvent]:
    """The items, with pieces of text that follow each other as one; all that came before an error comes first."""
    held: TextDelta | ThinkingDelta | None = None
    try:
        for item in items:
            if isinstance(held, TextDelta) and isinstance(item, TextDelta):
                held = TextDelta(text=held.text + item.text)
            elif isinstance(held, ThinkingDelta) and isinstance(item, ThinkingDelta):
                held = ThinkingDelta(text=held.text + item.text)
            else:
                if held is not None:
                    yield held
                held = item if isinstance(item, TextDelta | ThinkingDelta) else None
                if held is None:
                    yield item
    except Exception:
        if held is not None:
            yield held
        raise
    if held is not None:
        yield held


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
