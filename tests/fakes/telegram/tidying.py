"""Texts as the server keeps them, and people see them: without control characters and blanks at the ends. Pure."""

import re
from collections.abc import Sequence
from typing import Any, Final

from tests.fakes.telegram.entities import Entity, link, units

_SPACES: Final = re.compile(r"[\0-\x09\x0b\x0c\x0e-\x1f]")
"""Control characters that become a space; among them the tabulator."""
_DROPPED: Final = re.compile("[\r\u2028-\u202e]")
"""Characters that go: half of a Windows line end, line separators, changes of direction."""
_ENDS: Final = " \n"
"""All the blanks that are left then, and are cut off at the ends."""
_INVISIBLE: Final = re.compile("[\\s\u00ad\u180e\u200b-\u200f\u2060-\u206f\u2800\u3164\ufeff\ufffc]*")


def is_blank(text: str) -> bool:
    """Whether nobody would see anything of it."""
    return _INVISIBLE.fullmatch(text) is not None


def tidy(text: str, entities: Sequence[Entity]) -> tuple[str, list[dict[str, Any]]]:
    """A valid text and its entities; these move along and are cut with it.

    Blanks at the beginning stay where an entity begins in them.
    """
    gone = [units(text[: found.start()]) for found in _DROPPED.finditer(text)]
    text = _DROPPED.sub("", _SPACES.sub(" ", text)).rstrip(_ENDS)
    spans = [
        (begin - sum(at < begin for at in gone), end - sum(at < end for at in gone))
        for begin, end in ((each["offset"], each["offset"] + each["length"]) for each in entities)
    ]
    lead = min([len(text) - len(text.lstrip(_ENDS)), *(begin for begin, _ in spans)])
    kept: list[dict[str, Any]] = []
    for entity, (begin, end) in zip(entities, spans, strict=True):
        length = min(end, units(text)) - begin
        opened = {"url": link(entity["url"])} if entity["type"] == "text_link" else {}
        if length > 0:
            kept.append({**entity, **opened, "offset": begin - lead, "length": length})
    return text[lead:], sorted(kept, key=lambda e: (e["offset"], -e["length"]))
