"""Markdown as a page of text: what of it is formatted, and where it may be cut."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, final

import attrs

from actors.telegram.rendering.clean import cleaned, is_visible
from actors.telegram.rendering.links import LONGEST, is_linkable
from actors.telegram.rendering.markup import Event, events, plain
from actors.telegram.rendering.spoilers import spoilers
from actors.telegram.rendering.table import beyond, laid_out
from actors.telegram.rendering.writer import BLOCK, INDENTED, ITEM, LINE, Page, Writer

RULE: Final = "─" * 10
BULLET: Final = "• "
BOXES: Final = {False: "☐ ", True: "☑ "}
_FORMATS: Final = {"Emphasis": "italic", "Strong": "bold", "Strikethrough": "strikethrough"}
_LANGUAGE: Final = re.compile(r"[\w+#.-]{1,32}")
_NUMBER: Final = re.compile(rb" *(\d{1,9})([.)])")


@final
@attrs.define(kw_only=True)
class _List:
    number: int | None
    """Of the item that comes next; None for bullets."""
    said: int | None = None
    """The number that the last item has in the source."""


@final
@attrs.frozen(kw_only=True)
class _Link:
    url: str
    title: str
    begin: int
    is_linked: bool


@final
@attrs.define(kw_only=True)
class _Table:
    alignments: tuple[str, ...]
    rows: list[list[str]] = attrs.field(factory=list[list[str]])
    around: Writer
    """Where the table goes, while its cells are written elsewhere."""


def page(markdown: str) -> Page:
    """Read and lay out `markdown`, whatever it is; nothing that can be seen is left out."""
    found, source = events(cleaned(markdown))
    hidden = spoilers(found) if "||" in markdown else {}
    return _Layout(source, hidden).of(found)


@final
class _Layout:
    """Goes through the events of one document."""

    def __init__(self, source: bytes, hidden: Mapping[int, Sequence[int]]) -> None:
        self._source = source
        self._hidden = hidden
        self._out = Writer()
        self._quotes = 0
        self._lists: list[_List] = []
        self._links: list[_Link] = []
        self._code: list[str] | None = None
        self._info = ""
        self._is_hidden = False
        self._table: _Table | None = None
        self._starts: dict[str, Callable[[Event], None]] = {
            "BlockQuote": self._quote,
            "CodeBlock": self._begin_code,
            "Heading": self._heading,
            "Image": self._link,
            "Item": self._item,
            "Link": self._link,
            "List": self._list,
            "Table": self._begin_table,
            "TableCell": self._cell,
            "TableHead": self._row,
            "TableRow": self._row,
            **dict.fromkeys(_FORMATS, self._format),
        }
        self._ends: dict[str, Callable[[Event], None]] = {
            "BlockQuote": self._unquote,
            "CodeBlock": self._end_code,
            "Heading": self._end_heading,
            "Image": self._unlink,
            "Item": self._end_item,
            "Link": self._unlink,
            "List": self._end_list,
            "Table": self._end_table,
            "TableCell": self._end_cell,
            "TableRow": self._end_row,
            **dict.fromkeys(_FORMATS, self._unformat),
        }

    def of(self, found: list[Event]) -> Page:
        for number, event in enumerate(found):
            match event.kind:
                case "Text":
                    self._text(event, self._hidden.get(number, ()))
                case "Start":
                    self._starts.get(event.what, self._block)(event)
                case "End":
                    self._ends.get(event.what, self._block)(event)
                case "SoftBreak" | "HardBreak":
                    self._out.line()
                case "Code":
                    self._inline_code(event)
                case "TaskListMarker":
                    self._task(event)
                case _:
                    self._rule(event)
        return self._out.page()

    # --- text ---

    def _text(self, event: Event, marks: Sequence[int]) -> None:
        if self._code is not None:
            self._code.append(event.what)
            return
        begin = 0
        for mark in marks:  # bars, between which it is hidden
            self._out.write(plain(event.what[begin:mark]))
            (self._out.close if self._is_hidden else self._out.open)("spoiler")
            self._is_hidden = not self._is_hidden
            begin = mark + 2
        self._out.write(plain(event.what[begin:] if begin else event.what))

    def _inline_code(self, event: Event) -> None:
        self._out.open("code")
        self._out.write(plain(event.what))
        self._out.close("code")

    def _format(self, event: Event) -> None:
        self._out.open(_FORMATS[event.what])

    def _unformat(self, event: Event) -> None:
        self._out.close(_FORMATS[event.what])

    # --- blocks ---

    def _block(self, event: Event) -> None:
        self._out.gap(2, ITEM if self._lists or self._quotes else BLOCK)

    def _heading(self, event: Event) -> None:
        self._block(event)
        self._out.open("bold")

    def _end_heading(self, event: Event) -> None:
        self._out.close("bold")
        self._block(event)
        self._out.hold()

    def _rule(self, event: Event) -> None:
        self._block(event)
        self._out.write(RULE)
        self._block(event)

    def _quote(self, event: Event) -> None:
        self._block(event)
        self._quotes += 1
        self._out.open("blockquote")

    def _unquote(self, event: Event) -> None:
        self._out.close("blockquote")
        self._quotes -= 1
        self._block(event)

    # --- lists ---

    def _list(self, event: Event) -> None:
        self._between_lists(event)
        self._lists.append(_List(number=event.about))
        self._out.depth += 1

    def _end_list(self, event: Event) -> None:
        self._lists.pop()
        self._out.depth -= 1
        self._between_lists(event)

    def _between_lists(self, event: Event) -> None:
        if self._lists:
            self._out.gap(1, ITEM)
        else:
            self._block(event)

    def _item(self, event: Event) -> None:
        self._out.gap(1, ITEM)
        self._out.mark(self._number(event) or BULLET)

    def _end_item(self, event: Event) -> None:
        if self._out.marker is not None:
            self._out.settle()  # of an item of nothing
        self._out.gap(1, ITEM)

    def _task(self, event: Event) -> None:
        number = self._out.marker if self._lists[-1].number is not None else ""
        self._out.remark(f"{number}{BOXES[event.what]}")

    def _number(self, event: Event) -> str:
        """The marker of an item of a numbered list: what its author wrote, be it a date, or one more than the last."""
        numbered, found = self._lists[-1], _NUMBER.match(self._source, event.begin)
        if numbered.number is None or found is None:
            return ""
        said = int(found[1])
        number = numbered.number if said == numbered.said else said
        numbered.said, numbered.number = said, number + 1
        return f"{number}{found[2].decode()} "

    # --- code ---

    def _begin_code(self, event: Event) -> None:
        self._block(event)
        self._code = []
        self._info = "" if event.about == "Indented" else plain(event.about["Fenced"]).strip()

    def _end_code(self, event: Event) -> None:
        lines = plain("".join(self._code or ())).rstrip("\n").split("\n")
        self._code = None
        if not any(lines) and not self._info:
            return
        if _LANGUAGE.fullmatch(self._info):
            self._lines(lines, self._info)
        else:
            self._lines([*filter(None, [self._info]), *lines])
        self._block(event)

    def _lines(self, lines: Sequence[str], language: str = "") -> None:
        """Write lines in letters of one width. They are not indented: that would be part of them."""
        if self._out.marker is not None:
            self._out.settle()
            self._out.gap(1, ITEM)
        depth, self._out.depth = self._out.depth, 0
        self._out.settle()
        self._out.open("pre", language)
        for number, line in enumerate(lines):
            if number:
                self._out.line(INDENTED if line[:1] in ("", " ") else LINE)
            self._out.write(line)
        self._out.close("pre")
        self._out.depth = depth

    # --- links ---

    def _link(self, event: Event) -> None:
        url, title = plain(event.about["dest_url"]), plain(event.about["title"])
        is_linked = is_linkable(url) and self._table is None
        self._out.settle()
        self._links.append(_Link(url=url, title=title, begin=self._out.length, is_linked=is_linked))
        if is_linked:
            self._out.open("text_link", url)

    def _unlink(self, event: Event) -> None:
        link = self._links.pop()
        url = link.url.removeprefix("mailto:")
        is_short = self._out.length - link.begin <= LONGEST
        label = self._out.since(link.begin) if is_short else None
        if label is not None and not is_visible(label):
            label = url
            self._out.write(url)
        if link.is_linked:
            self._out.close("text_link")
        unsaid = None if link.is_linked or label in (url, link.url) else url
        if more := " ".join(filter(None, (unsaid, link.title))):
            self._out.write(f" ({more})")

    # --- tables ---

    def _begin_table(self, event: Event) -> None:
        self._block(event)
        self._table = _Table(alignments=event.about, around=self._out)

    def _row(self, event: Event) -> None:
        self._within().rows.append([])

    def _cell(self, event: Event) -> None:
        self._out = Writer()

    def _end_cell(self, event: Event) -> None:
        self._within().rows[-1].append(self._out.since(0))

    def _end_row(self, event: Event) -> None:
        row, source = self._within().rows[-1], self._source[event.begin : event.end]
        row[-1] += beyond(plain(source.decode()), len(row))

    def _end_table(self, event: Event) -> None:
        table, self._table = self._within(), None
        self._out = table.around
        self._lines(laid_out(table.rows, table.alignments))
        self._block(event)

    def _within(self) -> _Table:
        if self._table is None:
            raise AssertionError("a part of a table is in none")
        return self._table
