"""Collects the text of a document, what of it is formatted, and where it may be cut."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, final

import attrs

BLOCK: Final = 0
"""Between what stands at the top: paragraphs, lists, code."""
ITEM: Final = 1
"""Between items of a list, and between what stands in them or in a quotation."""
LINE: Final = 2
INDENTED: Final = 3
"""Lines of code that belong to what is above them."""
_RANKS: Final = 4
_INDENTATION: Final = "  "
_DEEPEST: Final = 8
"""Levels that are indented; deeper ones look like this one, so that each line of them is not longer yet."""

Style = tuple[str, str]
"""Type of an entity; URL of a link, language of code."""
_QUOTED: Final[tuple[Style, ...]] = (("blockquote", ""),)
_COMBINED: Final = ("bold", "italic", "strikethrough", "spoiler")


@final
class Span(NamedTuple):
    """A stretch of text with one formatting, which lies within another or beside it."""

    begin: int
    end: int
    style: Style


@final
@attrs.frozen(kw_only=True)
class Page:
    """A document. Positions are characters of its text."""

    text: str
    spans: Sequence[Span]
    """In the order in which they begin; of those that begin together the longer first."""
    breaks: Sequence[Sequence[int]]
    """Where it may be cut, by rank, ascending: :data:`BLOCK` is the best."""


@final
class Writer:
    """Takes a document from its beginning to its end."""

    def __init__(self) -> None:
        self.depth = 0
        """Lists around what is written."""
        self.length = 0
        """Characters that have been written."""
        self._parts: list[str] = []
        self._stretches: list[tuple[int, tuple[Style, ...]]] = []
        self._breaks: list[list[int]] = [[] for _ in range(_RANKS)]
        self._open: dict[str, list[str]] = {}
        self._worn: tuple[Style, ...] | None = ()
        self._quotation = self._quotation_of_text = 0
        self._lines = 0
        self._rank = INDENTED
        self._held = False
        self._markers: list[str] = []

    def open(self, type: str, argument: str = "") -> None:
        """What follows is formatted so."""
        around = self._open.setdefault(type, [])
        if type == "blockquote" and not around:
            self._quotation += 1
        around.append(argument)
        self._worn = None

    def close(self, type: str) -> None:
        """No longer so, as far as it was the last :meth:`open` of this type that said so."""
        self._open[type].pop()
        self._worn = None

    def gap(self, lines: int, rank: int) -> None:
        """Begin a new line, after ``lines - 1`` empty ones, before the next text; of several gaps the greatest counts.

        What is first in an item begins beside its marker.
        """
        if not self._markers:
            self._lines = max(self._lines, lines)
            self._rank = min(self._rank, rank)

    def hold(self) -> None:
        """What follows the next gap belongs to what is above it."""
        self._held = True

    @property
    def marker(self) -> str | None:
        """The marker that waits for its item, if one does."""
        return self._markers[-1] if self._markers else None

    def mark(self, marker: str) -> None:
        """Begin an item with `marker`."""
        self._markers.append(marker)

    def remark(self, marker: str) -> None:
        """Replace the marker that waits."""
        self._markers[-1:] = [marker]

    def settle(self) -> None:
        """Write the gap and the markers that wait for a text."""
        quoted = _QUOTED if self._open.get("blockquote") else ()
        if self._lines and self.length:
            stays = quoted and self._quotation_of_text == self._quotation
            self._put("\n" * self._lines, _QUOTED if stays else ())
            self._breaks[LINE if self._held else self._rank].append(self.length)
        if self._lines or self._markers:
            self._put(self._indentation(self.depth - len(self._markers)) + "".join(self._markers), quoted)
        self._lines, self._rank, self._held = 0, INDENTED, False
        self._markers.clear()
        self._quotation_of_text = self._quotation if quoted else 0

    def write(self, text: str) -> None:
        """Write `text` with the formatting that is open."""
        if text:
            if self._lines or self._markers:
                self.settle()
            self._put(text, self._style())

    def line(self, rank: int = LINE) -> None:
        """Go on in a new line, which belongs to what is above it."""
        self._put("\n", self._style())
        self._breaks[rank].append(self.length)
        self._put(self._indentation(self.depth), self._style())

    def since(self, position: int) -> str:
        """What has been written from `position` on, which is where something began to be written."""
        length, parts = self.length, len(self._parts)
        while length > position:
            parts -= 1
            length -= len(self._parts[parts])
        return "".join(self._parts[parts:])

    def page(self) -> Page:
        """All that was written. What waits for another text is left out."""
        text = "".join(self._parts)
        spans = _tight(text, _nested(self._stretches, len(text)))
        return Page(
            text=text,
            spans=sorted(spans, key=lambda span: (span.begin, -span.end)),
            breaks=self._breaks,
        )

    def _put(self, text: str, worn: tuple[Style, ...]) -> None:
        if not text:
            return
        if not self._stretches or self._stretches[-1][1] != worn:
            self._stretches.append((self.length, worn))
        self._parts.append(text)
        self.length += len(text)

    def _indentation(self, depth: int) -> str:
        return _INDENTATION * min(depth, _DEEPEST)

    def _style(self) -> tuple[Style, ...]:
        if self._worn is None:
            self._worn = tuple(self._wear())
        return self._worn

    def _wear(self) -> Iterable[Style]:
        """What of the open formatting may stand together: code stands alone, in a link or a spoiler it is text."""
        opened = self._open.get
        if opened("blockquote"):
            yield _QUOTED[0]
        if pre := opened("pre"):
            yield "pre", pre[0]
            return
        link = opened("text_link")
        if opened("code") and not link and not opened("spoiler"):
            yield "code", ""
            return
        if link:
            yield "text_link", link[0]
        yield from ((type, "") for type in _COMBINED if opened(type))


def _nested(stretches: Sequence[tuple[int, tuple[Style, ...]]], end: int) -> Iterable[Span]:
    """Spans for stretches of text and all that each wears, none of which overlaps another in part."""
    opened: list[tuple[Style, int]] = []
    for begin, worn in stretches:
        kept = 0
        while kept < len(opened) and opened[kept][0] in worn:
            kept += 1
        yield from (Span(since, begin, style) for style, since in opened[kept:])
        del opened[kept:]
        still = [style for style, _ in opened]
        opened += [(style, begin) for style in worn if style not in still]
    yield from (Span(since, end, style) for style, since in opened)


def _tight(text: str, spans: Iterable[Span]) -> Iterable[Span]:
    """Spans without blanks at their ends, as Telegram would make them, and none of blanks alone."""
    for span in spans:
        begin, end, style = span
        covered = text[begin:end]
        begin, end = end - len(covered.lstrip()), begin + len(covered.rstrip())
        if begin < end:
            yield Span(begin, end, style)
