"""Entities of a text: who is mentioned in it, where its links go. Offsets are in UTF-16 units. Pure.

https://core.telegram.org/bots/api#messageentity
"""

from collections.abc import Iterator
from typing import Any, Final, final

import attrs

from actors.telegram.update import Bot, Json, items, mapping, number, text

MOST: Final = 200
"""Entities of a text that are looked at."""
LONGEST_URL: Final = 2000
"""Characters."""


@final
@attrs.frozen
class Entity:
    """A part of a text that means something."""

    begin: int
    """In bytes of UTF-16."""
    end: int
    kind: str
    said: Json


def mentions(message: Json, bot: Bot) -> bool:
    """Whether the words of a message name us."""
    return any(_names(units, each, bot) for units, found in _texts(message) for each in found)


def words(message: Json, bot: Bot) -> str:
    """What a message says, in words: with the addresses of its links, and without our name where it only calls us."""
    return "\n\n".join(filter(None, (_words(units, found, bot) for units, found in _texts(message))))


def _texts(message: Json) -> Iterator[tuple[bytes, list[Entity]]]:
    for said, entities in (("text", "entities"), ("caption", "caption_entities")):
        units = text(message.get(said)).encode("utf-16-le", "surrogatepass")
        yield units, sorted(_read(message.get(entities), len(units)), key=lambda each: each.begin)


def _read(entities: Any, size: int) -> Iterator[Entity]:
    for each in items(entities)[:MOST]:
        said = mapping(each)
        offset, length = number(said.get("offset")), number(said.get("length"))
        if offset is not None and length is not None and offset >= 0 and length > 0:
            begin, end = 2 * offset, 2 * (offset + length)
            if end <= size:
                yield Entity(begin, end, text(said.get("type")), said)


def _names(units: bytes, entity: Entity, bot: Bot) -> bool:
    if entity.kind == "text_mention":
        return mapping(entity.said.get("user")).get("id") == bot.id
    part = _decoded(units[entity.begin : entity.end]).lower()
    if entity.kind == "mention":
        return part == f"@{bot.username}".lower()
    return entity.kind == "bot_command" and part.endswith(f"@{bot.username}".lower())


def _words(units: bytes, entities: list[Entity], bot: Bot) -> str:
    for each in reversed(entities):
        before, part, after = units[: each.begin], units[each.begin : each.end], units[each.end :]
        if each.kind == "text_link":
            url = text(each.said.get("url"))[:LONGEST_URL]
            known = not url or url.rstrip("/") == _decoded(part).rstrip("/")
            units = (
                units if known else before + part + f" ({url})".encode("utf-16-le", "surrogatepass") + after
            )
        elif each.kind != "bot_command" and _names(units, each, bot):
            calls = not _decoded(before).strip() or not _decoded(after).strip(" \t\r\n?!.")
            units = before + after if calls else units
    return _decoded(units).strip()


def _decoded(units: bytes) -> str:
    return units.decode("utf-16-le", "replace")
