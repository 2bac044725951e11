"""Markdown as HTML for what leaves the page: mails, and conversations that are taken away. Pure.

HTML in Markdown is text. A picture from elsewhere is a link: whoever has it shown tells its server of that, and what a
model was made to write into its address.
"""

from collections.abc import Mapping
from functools import cache
from html import escape
from typing import Any, Final, cast, final

_TAGS: Final[Mapping[str, str]] = {
    "BlockQuote": "blockquote",
    "Emphasis": "em",
    "HtmlBlock": "p",
    "Item": "li",
    "Paragraph": "p",
    "Strikethrough": "s",
    "Strong": "strong",
    "Table": "table",
    "TableHead": "tr",
    "TableRow": "tr",
}
_BLOCKS: Final = frozenset({"blockquote", "p", "li", "table", "tr"})
_SCHEMES: Final = ("https://", "http://", "mailto:")


def fragment_of(markdown: str) -> str:
    """What stands in a page, whatever the text is."""
    try:
        return _Writer().written(markdown)
    except BaseException as fault:
        # A panic of the parser is no Exception, and would end the daemon each time that it tries to send the text.
        if type(fault).__module__ != "pyo3_runtime":
            raise
        return f"<pre>{escape(markdown)}</pre>\n"


@cache
def _options() -> Any:
    from pyromark import Options

    return Options.ENABLE_TABLES | Options.ENABLE_STRIKETHROUGH | Options.ENABLE_TASKLISTS


@final
class _Writer:
    def __init__(self) -> None:
        self._html: list[str] = []
        self._ends: list[str] = []
        """What ends the elements that are open."""
        self._cell = "td"

    def written(self, markdown: str) -> str:
        import pyromark

        for event in cast("list[Any]", pyromark.events(markdown, options=_options())):
            if isinstance(event, str):
                self._html.append({"HardBreak": "<br>\n", "Rule": "<hr>\n"}.get(event, "\n"))
                continue
            ((kind, value),) = event.items()
            if kind == "Start":
                self._start(value)
            elif kind == "End":
                self._html.append(self._ends.pop())
            elif kind == "Code":
                self._html.append(f"<code>{escape(value)}</code>")
            elif kind == "TaskListMarker":
                self._html.append("☑ " if value else "☐ ")
            else:  # text, and what somebody takes for HTML
                self._html.append(escape(value))
        return "".join(self._html)

    def _start(self, value: Any) -> None:
        name: str = value if isinstance(value, str) else next(iter(value))
        about: Any = None if isinstance(value, str) else value[name]
        if name == "Heading":
            self._open(about["level"].lower(), "\n")
        elif name == "List":
            ordered = about is not None
            self._open("ol" if ordered else "ul", "\n", f' start="{about}"' if ordered else "")
        elif name == "CodeBlock":
            self._html.append("<pre><code>")
            self._ends.append("</code></pre>\n")
        elif name in {"Link", "Image"}:
            self._link(about["dest_url"])
        elif name == "TableCell":
            self._open(self._cell)
        else:
            self._cell = "th" if name == "TableHead" else "td"
            tag = _TAGS[name]
            self._open(tag, "\n" if tag in _BLOCKS else "")

    def _open(self, tag: str, behind: str = "", attributes: str = "") -> None:
        self._html.append(f"<{tag}{attributes}>")
        self._ends.append(f"</{tag}>{behind}")

    def _link(self, url: str) -> None:
        """A link, unless it is in another one, or leads where no mail should."""
        if url.lower().startswith(_SCHEMES) and "</a>" not in self._ends:
            self._open("a", attributes=f' href="{escape(url)}"')
        else:
            self._ends.append("")
