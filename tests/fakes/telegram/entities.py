"""Formatting of a message: which entities the Bot API takes for a text. Pure, and usable without the server::

    from tests.fakes.telegram import entities

    entities.check(text, [{"type": "bold", "offset": 0, "length": 4}])
    entities.check_message(text, rendered, entities.TEXT_LIMIT)

Positions and lengths count UTF-16 code units. Where the real server mends what it is given in silence (it drops
entities that are too many, cover nothing, nest wrongly or link to what it opens no links to), these refuse: otherwise
nobody would notice.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from tests.fakes.telegram.refusals import bad_request

TEXT_LIMIT: Final = 4096
"""UTF-16 code units of a message's text, after its markup has been taken out."""
CAPTION_LIMIT: Final = 1024
MOST: Final = 100
"""Entities of one message; the real server ignores those behind them."""

WITHIN_ALL: Final = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})
"""Contain and stand in any other, code excepted."""
CODE: Final = frozenset({"code", "pre"})
QUOTES: Final = frozenset({"blockquote", "expandable_blockquote"})
FOUND: Final = frozenset(
    {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"},
)
"""What a client finds in the text by itself; a bot may say it as well."""
OWN_FIELD: Final = {"text_link": "url", "text_mention": "user", "custom_emoji": "custom_emoji_id"}
"""Types with something of their own to say, which must not be missing."""
TYPES: Final = WITHIN_ALL | CODE | QUOTES | FOUND | frozenset(OWN_FIELD)
_APPS: Final = ("tg://", "ton://", "tonsite://")
_WEB: Final = re.compile(
    r"(?:(https?|ftp)://)?((?:[^\s/?#:@]+\.[^\s/?#:@.]+|\[[0-9a-f:]+\])(?::\d+)?)([/?#].*)?", re.IGNORECASE
)
Entity = Mapping[str, Any]


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def link(url: str) -> str:
    """`url` as a client opens it; the empty string if Telegram makes no link of it: ``mailto:``, ``localhost``."""
    if url.lower().startswith(_APPS):
        return url
    if (found := _WEB.fullmatch(url)) is None:
        return ""
    scheme, host, rest = found.groups(default="")
    return f"{(scheme or 'http').lower()}://{host.lower()}{'' if rest.startswith('/') else '/'}{rest}"


def check(text: str, entities: Sequence[Entity]) -> None:
    """Raise Refusal unless all `entities` are valid for `text` and with each other."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise bad_request("strings must be encoded in UTF-8")
    if len(entities) > MOST:
        raise bad_request(f"{len(entities)} entities are more than the {MOST} of one message")
    inside = _insides(text)
    for entity in entities:
        _check_fields(entity)
        _check_place(entity, units(text), inside)
    for one, other in combinations(entities, 2):
        _check_pair(one, other)


def check_message(text: str, entities: Sequence[Entity], limit: int = TEXT_LIMIT) -> None:
    """The same, and that `text` is neither blank nor longer than `limit` UTF-16 code units."""
    check(text, entities)
    if not text.strip():
        raise bad_request("message text is empty")
    if units(text) > limit:
        raise bad_request("message is too long")


def _insides(text: str) -> Mapping[int, int]:
    """Positions in the middle of a surrogate pair, each with the byte where the next character begins."""
    found: dict[int, int] = {}
    unit = byte = 0
    for character in text:
        byte += len(character.encode())
        if character > "\uffff":
            found[unit + 1] = byte
            unit += 1
        unit += 1
    return found


def _check_fields(entity: Entity) -> None:
    kind = entity.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        raise bad_request(f"can't parse MessageEntity: {kind!r} is no type that a bot may use")
    own = OWN_FIELD.get(kind)
    allowed = {"type", "offset", "length", own, "language" if kind == "pre" else None}
    if unknown := entity.keys() - allowed:
        raise bad_request(f"can't parse MessageEntity: {kind} has no field {sorted(unknown)}")
    if own is not None and not entity.get(own):
        raise bad_request(f"can't parse MessageEntity: {kind} without {own}")
    if kind == "text_link" and not link(str(entity["url"])):
        raise bad_request(f"can't parse MessageEntity: {entity['url']!r} can't be linked to")
    for name in ("offset", "length"):
        if type(entity.get(name)) is not int:
            raise bad_request(f"can't parse MessageEntity: field {name!r} must be of type Number")


def _check_place(entity: Entity, size: int, inside: Mapping[int, int]) -> None:
    begin, length = entity["offset"], entity["length"]
    end = begin + length
    if begin < 0:
        raise bad_request(f"receive an entity with incorrect offset {begin}")
    if length <= 0:
        raise bad_request(f"receive an entity with incorrect length {length}")
    if begin >= size:
        raise bad_request(f"entity begins after the end of the text at UTF-16 offset {begin}")
    if end > size:
        raise bad_request(
            f"entity beginning at UTF-16 offset {begin} ends after the end of the text at UTF-16 offset {end}"
        )
    if begin in inside:
        raise bad_request(f"entity begins in a middle of a UTF-16 symbol at byte offset {inside[begin]}")
    if end in inside:
        raise bad_request(
            f"entity beginning at UTF-16 offset {begin} ends in a middle of a UTF-16 symbol "
            f"at byte offset {inside[end]}"
        )


def _check_pair(one: Entity, other: Entity) -> None:
    """Two entities stand apart, or one stands in the other and may do so."""
    (a, b), (c, d) = _span(one), _span(other)
    if b <= c or d <= a:
        return
    ways = [(one, other)] if a <= c and d <= b else []
    ways += [(other, one)] if c <= a and b <= d else []
    if not ways:
        raise bad_request(f"entities {_shown(one)} and {_shown(other)} overlap")
    if not any(_may_contain(str(outer["type"]), str(inner["type"])) for outer, inner in ways):
        raise bad_request(f"entities {_shown(one)} and {_shown(other)} must not contain each other")


def _may_contain(outer: str, inner: str) -> bool:
    if outer in QUOTES:
        return inner not in QUOTES
    if CODE & {outer, inner}:
        return False
    return bool(WITHIN_ALL & {outer, inner})


def _span(entity: Entity) -> tuple[int, int]:
    return entity["offset"], entity["offset"] + entity["length"]


def _shown(entity: Entity) -> str:
    begin, end = _span(entity)
    return f"{entity['type']}[{begin}:{end}]"
