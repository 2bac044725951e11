"""``||hidden||``: no Markdown, but what people and models write on Telegram."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from actors.telegram.rendering.markup import Event

INLINE: Final = frozenset({"Emphasis", "Strong", "Strikethrough", "Link", "Image"})
_BARS: Final = re.compile(r"(?<!\|)\|\|(?!\|)")
_OPENING: Final = re.compile(r"(?<![\w)\]])\|\|(?!\s)", re.ASCII)
"""Neither behind a word, such as ``a||b``, nor before a blank, such as ``a || b``."""
_CLOSING: Final = re.compile(r"(?<!\s)\|\|(?![\w(])", re.ASCII)


def spoilers(events: Sequence[Event]) -> dict[int, list[int]]:
    """Where a spoiler begins and, in turn, ends: positions in the texts of `events`, by number of the event.

    The first ends within the paragraph in which it began, or is none.
    """
    found: dict[int, list[int]] = {}
    opened: tuple[int, int] | None = None
    for number, event in enumerate(events):
        if event.kind in ("Start", "End") and event.what not in INLINE:
            opened = None
        for position, may_open, may_close in _bars(event):
            if opened is None and may_open:
                opened = number, position
            elif opened is not None and may_close:
                found.setdefault(opened[0], []).append(opened[1])
                found.setdefault(number, []).append(position)
                opened = None
    return found


def _bars(event: Event) -> Iterator[tuple[int, bool, bool]]:
    if event.kind != "Text" or "||" not in event.what:
        return
    for bars in _BARS.finditer(event.what):
        at = bars.start()
        yield at, _OPENING.match(event.what, at) is not None, _CLOSING.match(event.what, at) is not None
