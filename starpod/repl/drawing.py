"""Markdown of the model as lines for a terminal, with nothing in them but colours that a terminal would obey."""

import io
import re
from collections.abc import Iterator
from typing import Any, ClassVar, Final, final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown
from rich.syntax import Syntax
from rich.theme import Theme

from starpod.cli.output import printable
from starpod.repl.blocks import READER

NARROWEST: Final = 8
"""Columns below which a terminal is drawn for as if it had so many."""
THEME: Final = Theme(
    {
        "markdown.code": "cyan",
        "markdown.link": "blue underline",
        "markdown.link_url": "blue",
        "markdown.block_quote": "dim",
        "markdown.h1": "bold underline",
        "markdown.h2": "bold",
        "markdown.table.border": "dim",
        "markdown.table.header": "bold",
    }
)
"""Readable on light and on dark ground."""
WIDEST: Final = 110
"""Columns of a line that is still easy to read."""


_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")


class _Heading(Heading):
    """At the left, without a box."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.justify = "left"
        yield self.text


class _Code(CodeBlock):
    """In the colours of the terminal, indented, so that what is copied has no frame."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = str(self.text).rstrip()
        yield Syntax(
            code,
            self.lexer_name,
            theme="ansi_dark",
            background_color="default",
            word_wrap=True,
            padding=(0, 0, 0, 2),
        )


class _Markdown(Markdown):
    """Read as :mod:`.blocks` does."""

    elements: ClassVar[dict[str, Any]] = {
        **Markdown.elements,
        "heading_open": _Heading,
        "fence": _Code,
        "code_block": _Code,
    }

    def __init__(self, text: str) -> None:
        super().__init__("", hyperlinks=False)
        self.markup = text
        self.parsed = READER.parse(text)


@final
class Pen:
    """Draws for one terminal."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def markdown(self, text: str, columns: int) -> list[str]:
        """The lines of a text, none wider than the terminal."""
        columns = min(max(columns, NARROWEST), WIDEST)
        written = io.StringIO()
        console = Console(
            file=written,
            force_terminal=True,
            width=columns,
            height=100,
            no_color=not self._colour,
            color_system="standard",
            theme=THEME,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )
        console.print(_Markdown(printable(text)))
        return list(_trimmed(written.getvalue().splitlines()))


def _trimmed(lines: list[str]) -> Iterator[str]:
    """Without blank lines at both ends, and without the blanks that lines are filled with."""
    while lines and not _COLOUR.sub("", lines[0]).strip():
        del lines[0]
    while lines and not _COLOUR.sub("", lines[-1]).strip():
        del lines[-1]
    for line in lines:
        yield line.rstrip()
