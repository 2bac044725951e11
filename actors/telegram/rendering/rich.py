"""A text with its formatting, as the Bot API takes it."""

from typing import Any, Final, final

import attrs

MOST_ENTITIES: Final = 100
"""Of one message; Telegram ignores what comes after them."""


def units(text: str) -> int:
    """Length in UTF-16 code units, in which Telegram counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


@final
@attrs.frozen(kw_only=True)
class Entity:
    """Formatting of a stretch of a text: bold, italic, strikethrough, spoiler, code, pre, text_link or blockquote."""

    type: str
    offset: int
    """UTF-16 code units."""
    length: int
    """UTF-16 code units."""
    url: str | None = None
    """Of a text_link."""
    language: str | None = None
    """Of a pre, where it is known."""

    def json(self) -> dict[str, Any]:
        """As the Bot API takes it."""
        return attrs.asdict(self, filter=lambda _, value: value is not None)


@final
@attrs.frozen(kw_only=True)
class Rich:
    """One message. Its text alone is what remains should Telegram refuse the formatting."""

    text: str
    """Neither empty nor blank at its ends, where Telegram would trim it."""
    entities: tuple[Entity, ...] = ()
    """In the order in which they begin; no more than :data:`MOST_ENTITIES`."""

    def below(self, line: str) -> "Rich":
        """The same below `line`, which is plain. Longer by :func:`units` of `line`, and one."""
        moved = units(line) + 1
        entities = tuple(attrs.evolve(entity, offset=entity.offset + moved) for entity in self.entities)
        return Rich(text=f"{line}\n{self.text}", entities=entities)
