"""The words of a mail that has only HTML. Pure."""

import re
from html.parser import HTMLParser
from typing import Final, final

MOST: Final = 1_000_000
"""Characters of HTML that are looked at."""
_SKIPPED: Final = frozenset({"script", "style", "title", "template"})
_BREAKS: Final = frozenset(
    {"br", "div", "hr", "li", "table", "tr", "ul", "ol", "section", "article", "header"}
)
_PARAGRAPHS: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote"})
_CELLS: Final = frozenset({"td", "th"})


def text_of(html: str) -> str:
    """What a reader sees of HTML, with its paragraphs and lines; quotations are marked with ``>``."""
    words = _Words()
    words.feed(html[:MOST])
    words.close()
    return words.text()


@final
class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = [""]
        self._skipped = 0
        self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED:
            self._skipped += 1
        elif tag == "body":
            self._skipped = 0
        elif tag == "blockquote":
            self._line(blank=True)
            self._quoted += 1
            self._line()
        elif tag in _PARAGRAPHS:
            self._line(blank=True)
        elif tag in _BREAKS:
            self._line()
        elif tag in _CELLS and self._lines[-1].strip("> "):
            self._lines[-1] += " "
        if tag == "li":
            self._lines[-1] += "- "

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipped = max(0, self._skipped - 1)
        elif tag == "blockquote":
            self._quoted = max(0, self._quoted - 1)
            self._line(blank=True)
        elif tag in _PARAGRAPHS:
            self._line(blank=True)
        elif tag in _BREAKS - {"br"}:
            self._line()

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            spaced = re.sub(r"\s+", " ", data)
            self._lines[-1] += spaced if self._lines[-1].strip("> ") else spaced.lstrip()

    def _line(self, *, blank: bool = False) -> None:
        """Begin another line, or a paragraph."""
        mark = ">" * self._quoted + " " * bool(self._quoted)
        if self._lines[-1].strip("> "):
            self._lines.append(mark)
        else:
            self._lines[-1] = mark
        if blank and len(self._lines) > 1 and self._lines[-2].strip("> "):
            self._lines.insert(-1, mark.rstrip())

    def text(self) -> str:
        lines = [line.rstrip() for line in self._lines]
        while lines and not lines[-1].strip(">"):
            lines.pop()
        return re.sub(r"\n(?:>* ?\n){2,}", "\n\n", "\n".join(lines)).strip()
