"""Markdown as messages, none of which is too long for Telegram."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from actors.telegram.rendering import document
from actors.telegram.rendering.clean import is_visible
from actors.telegram.rendering.graphemes import boundary
from actors.telegram.rendering.rich import MOST_ENTITIES, Entity, Rich, units
from actors.telegram.rendering.writer import Page, Span

LIMIT: Final = 4096
"""UTF-16 code units of a message's text."""
_SMALLEST: Final = 2
"""Units of the longest character."""
_SCANT: Final = 4
"""What part of a message must be full before it is cut at a good place rather than further on at a lesser one."""
_BLANKS: Final = re.compile(r"\s*")


def chunks(markdown: str, limit: int = LIMIT) -> list[Rich]:
    """Lay out `markdown` as messages of at most `limit` UTF-16 code units and a hundred entities each.

    They are cut between paragraphs, items of lists, lines, words, in this order, or within a word that is longer than
    a message; blanks at a cut are dropped, and what is formatted across it is formatted on both sides. Nothing visible
    is lost. There is no message where there is nothing to be seen.

    Raises ValueError for a limit below two, which no emoji fits into.
    """
    if limit < _SMALLEST:
        raise ValueError(f"a message of {limit} units holds no character that takes {_SMALLEST}")
    page = document.page(markdown)
    messages = (_rich(page.text[begin:end], begin, spans) for begin, end, spans in _cut(page, limit))
    return [message for message in messages if is_visible(message.text)]


def _cut(page: Page, limit: int) -> Iterator[tuple[int, int, list[Span]]]:
    """Where each message begins and ends, and the spans that reach into it."""
    text, spans = page.text, page.spans
    begins = [span.begin for span in spans]
    begin, coming = _after_blanks(text, 0), 0
    carried: list[Span] = []
    while begin < len(text):
        first, coming = coming, bisect_left(begins, begin, coming)
        carried = [span for span in [*carried, *spans[first:coming]] if span.end > begin]
        end = begin + _fitting(text, begin, limit)
        too_many = coming + MOST_ENTITIES - len(carried)
        if too_many < len(spans):
            end = min(end, begins[too_many])
        end = _good_end(page, begin, end)
        yield begin, end, [*carried, *spans[coming : bisect_left(begins, end, coming)]]
        begin = _after_blanks(text, end)


def _fitting(text: str, begin: int, limit: int) -> int:
    """How many characters of `text` fit into `limit` units."""
    piece = text[begin : begin + limit]
    if units(piece) <= limit:
        return len(piece)
    return len(piece.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", errors="ignore"))


def _good_end(page: Page, begin: int, end: int) -> int:
    """The best place to cut between `begin` and `end`; blanks behind `end` cost nothing."""
    free = _after_blanks(page.text, end)
    if free == len(page.text):
        return free
    least = begin + (end - begin) // _SCANT
    for places in page.breaks:
        nearest = bisect_right(places, free) - 1
        if nearest >= 0 and places[nearest] > least:
            return places[nearest]
    if free > end:
        return free
    word = max(page.text.rfind(" ", begin, end), page.text.rfind("\n", begin, end))
    return word if word > begin else boundary(page.text, end, begin)


def _after_blanks(text: str, begin: int) -> int:
    found = _BLANKS.match(text, begin)
    return begin if found is None else found.end()


def _rich(text: str, begin: int, spans: Sequence[Span]) -> Rich:
    """A message of `text`, which begins at `begin` of its page, where it has no blanks."""
    text = text.rstrip()
    is_plain = units(text) == len(text)
    entities: list[Entity] = []
    for span in spans:
        first, last = max(span.begin - begin, 0), min(span.end - begin, len(text))
        offset = first if is_plain else units(text[:first])
        length = last - first if is_plain else units(text[first:last])
        type, argument = span.style
        entities.append(
            Entity(
                type=type,
                offset=offset,
                length=length,
                url=argument if type == "text_link" else None,
                language=argument or None if type == "pre" else None,
            )
        )
    return Rich(text=text, entities=tuple(entities))
