"""PDF documents on their way to a model: bytes from home as base64, or a note that says why not."""

import base64
from collections.abc import Mapping
from typing import Final, final

import attrs

from actors.llm.models.catalogue import ModelDetails
from actors.llm.requests.pdf_format import BadPdf, measure
from actors.vocabulary import PDF, Document
from bus import Data

MAX_BYTES: Final = 20 * 1024 * 1024
"""Largest document that is sent: as base64 it leaves room in what Anthropic takes, 32 MB of a request in all
(platform.claude.com, PDF support). OpenAI takes 50 MB (developers.openai.com, File inputs), and so does Gemini
(ai.google.dev, File input methods)."""

MOST_DATA: Final = 30_000_000
"""Characters of all files of one request together, as base64; likewise."""

UNCOUNTED: Final = 64 * 1024
"""Bytes of a page, where pages cannot be counted."""

LONGEST_NAME: Final = 200
"""Characters of a name that are sent."""

_LARGE: Final = 1_000_000
"""Tokens of a window from which on Claude takes 600 pages instead of 100."""


@final
@attrs.frozen(kw_only=True)
class Limits(Data):
    """What documents one model takes."""

    pages: int
    """Of all documents in a request; 0: it reads none."""
    tokens: int
    """Of a page, rather too few: what a request really took is told with its answer."""


NONE: Final = Limits(pages=0, tokens=0)

_PAGES: Final[Mapping[str, int]] = {"anthropic": 600, "gemini": 1000}
"""Where it is said (platform.claude.com, PDF support; ai.google.dev, Document understanding)."""
_TOKENS: Final = 1500
"""Of a page: Anthropic says 1500 to 3000 for its words, and that it is looked at as a picture too. OpenAI does the same
and names no number."""


def limits(provider: str, details: ModelDetails) -> Limits:
    """What a model takes: what its provider says, and no more than three quarters of its window."""
    if not details.documents:
        return NONE
    tokens, window = _TOKENS, details.context_window
    pages = _PAGES.get(provider, _PAGES["anthropic"])
    if provider == "anthropic" and (window or 0) < _LARGE:
        pages = 100
    if provider == "gemini":  # 258 up to Gemini 2.5, 560 since (ai.google.dev, Media resolution)
        tokens = 560 if details.thinking == "level" else 258
    return Limits(pages=pages if window is None else min(pages, window * 3 // 4 // tokens), tokens=tokens)


@final
@attrs.frozen(kw_only=True)
class Pdf(Data):
    """A document as it is sent."""

    name: str
    """Ends in ``.pdf``, which OpenAI wants."""
    pages: int
    data: str = attrs.field(repr=False)
    """Base64."""

    @property
    def url(self) -> str:
        return f"data:{PDF};base64,{self.data}"


def encode(document: Document, data: bytes, taken: Limits) -> Pdf | str:
    """A document as it is sent, or the note that takes its place."""
    try:
        pages = measure(data).pages or -(-len(data) // UNCOUNTED)
    except BadPdf as error:
        return f"[document {document.path} cannot be shown to the model: {error}]"
    if pages > taken.pages:
        return (
            f"[document {document.path} is too large to be shown to the model: "
            f"{pages} pages, and it takes {taken.pages}]"
        )
    return Pdf(name=_name(document.name), pages=pages, data=base64.b64encode(data).decode())


def _name(name: str) -> str:
    shown = "".join(each for each in name if each.isprintable()).strip()[:LONGEST_NAME]
    return shown if shown.lower().endswith(".pdf") else f"{shown or 'document'}.pdf"
