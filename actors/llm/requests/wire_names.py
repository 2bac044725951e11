"""Names of tools and ids of calls as every provider takes them, and names back to the tools that there are. Pure."""

import re
from collections.abc import Iterable
from typing import Final, final
from zlib import crc32

from actors.vocabulary import ToolSpec

LONGEST_NAME: Final = 64
LONGEST_ID: Final = 40
"""Characters; the lowest limits of all vendors."""

STRICT: Final = re.compile(r"[^A-Za-z0-9_-]")
"""What no name of a tool may hold, nor an id at Anthropic."""
VISIBLE: Final = re.compile(r"[^!-~]")
"""What no id anywhere should hold. Some models number their calls ``functions.read:0`` and want that back."""

_PREFIX: Final = re.compile(r"^.*[.:/]", re.DOTALL)
_OF_THE_TEMPLATE: Final = re.compile(r"<\|.*$", re.DOTALL)
"""What gpt-oss and its servers leave behind a name: ``FileRead<|channel|>json``."""


def wire_name(name: str) -> str:
    """The name of a tool in letters that every provider takes; two names never become one, the same one always does."""
    if 0 < len(name) <= LONGEST_NAME and not STRICT.search(name):
        return name
    return f"{STRICT.sub('_', name)[: LONGEST_NAME - 9]}_{crc32(name.encode(errors='replace')):08x}"


def known_name(name: str, tools: Iterable[ToolSpec]) -> str:
    """The name of the tool that a model means; one that is none of `tools` stays as it is.

    Models put the name of a list before it, as in ``functions.FileRead``, or a mark of their template behind it.
    """
    known = {wire_name(tool.name): tool.name for tool in tools}
    bare = _OF_THE_TEMPLATE.sub("", name).strip()
    return next((known[each] for each in (name, bare, _PREFIX.sub("", bare)) if each in known), name)


@final
class Ids:
    """Gives each call of a conversation an id of its own: the one it has, unless that is none or is used already.

    The same conversation gets the same ids each time, and so does one that went on: its beginning stays as it was.
    """

    def __init__(self, illegal: re.Pattern[str], used: Iterable[str] = ()) -> None:
        """`illegal` matches the letters that the provider does not take."""
        self._illegal: Final = illegal
        self._used = set(used)

    def unique(self, id: str) -> str:
        """The id to send for a call that has `id`."""
        base = self._illegal.sub("_", id)[:LONGEST_ID] or "call"
        unique, number = base, 1
        while unique in self._used:
            number += 1
            ending = f"_{number}"
            unique = base[: LONGEST_ID - len(ending)] + ending
        self._used.add(unique)
        return unique
