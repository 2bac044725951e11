"""Makes text of what is no text: of pages, PDFs and the results of a search engine. Pure.

What is read here was written by anybody. Parsers can be had to work for minutes, or to ask for all memory there is, so
this runs in a process of its own, with limits (:mod:`actors.web.reader`); nothing here may import more than it needs.
"""

import io
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Final
from urllib.parse import parse_qs, urlsplit

from actors.web import kinds

MOST: Final = 8 * 1024 * 1024
"""Characters that are made of one body."""
LEAST: Final = 200
"""Characters that the main part of a page must have in order to stand for it."""
PAGES: Final = 2000
"""Of a PDF that are read."""
_UNSEEN: Final = (
    "script, style, noscript, svg, canvas, iframe, template, object, embed, dialog:not([open]), [hidden], "
    '[aria-hidden="true" i]'
)
_AROUND: Final = (
    "nav, footer, aside, dialog, [role=navigation], [role=contentinfo], [role=complementary], [role=search], "
    "[role=banner], [role=dialog]"
)
_HIDING: Final = re.compile(r"(?:^|;)(?:display:none|visibility:(?:hidden|collapse))(?:!important)?(?:;|$)")
_BLANKS: Final = re.compile(r"\n(?:[ \t]*+\n){3,}")


class Unreadable(Exception):
    """There is no text to be had; the text says why, for people."""


def page(body: bytes, *, content_type: str = "", url: str = "", whole: bool = True) -> dict[str, Any]:
    """Title and Markdown of a page, without what nobody sees and as far as it goes without what stands around it."""
    from selectolax.lexbor import LexborHTMLParser

    source = kinds.text(content_type, body, whole=whole).replace("\0", "\ufffd")
    tree = LexborHTMLParser(source)
    for each in tree.css(_UNSEEN):
        each.decompose()
    for each in tree.css("[style]"):
        if _hides(each.attributes.get("style")):
            each.decompose()
    found = tree.css_first("title")
    title = " ".join(found.text().split()) if found else ""
    everything = tree.html or ""
    main = tree.css("main, [role=main]") or tree.css("article")
    if len(main) != 1:
        for each in tree.css(_AROUND):
            each.decompose()
        main = [each for each in (tree.body,) if each]
    shown = _markdown("".join(each.html or "" for each in main), url)
    return {"title": title, "text": shown if len(shown) >= LEAST else _markdown(everything, url)}


def _hides(style: str | None) -> bool:
    return bool(_HIDING.search("".join((style or "").split()).lower()))


def _markdown(html: str, url: str) -> str:
    from html_to_markdown import ConversionOptions, PreprocessingOptions, convert

    options = ConversionOptions(
        base_url=url or None,
        extract_metadata=False,
        skip_images=True,
        autolinks=False,
        compact_tables=True,
        preprocessing=PreprocessingOptions(enabled=False, remove_navigation=False, remove_forms=False),
    )
    return _tidy(convert(html, options).content or "")


def _tidy(text: str) -> str:
    """No more than two blank lines in a row, nothing that cannot be stored, and no end."""
    return _BLANKS.sub("\n\n\n", text[:MOST]).strip().encode(errors="replace").decode()


def pdf(body: bytes, **_given: object) -> dict[str, Any]:
    """Title and text of a PDF, page by page. Raises Unreadable."""
    import logging

    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.disable()  # it complains at length of what it can read all the same
    try:
        document = PdfReader(io.BytesIO(body))
        texts = [each.extract_text() for each in document.pages[:PAGES]]
        about = document.metadata
        title = "" if about is None else str(about.title or "")
    except (
        PyPdfError,
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
        RecursionError,
    ) as error:
        raise Unreadable(f"the PDF cannot be read: {error}") from error
    joined = _tidy(
        "\n\n".join(f"[page {n}]\n{text.strip()}" for n, text in enumerate(texts, 1) if text.strip())
    )
    if not joined:
        raise Unreadable(
            f"there is no text in the PDF, which has {len(texts)} pages: perhaps they are pictures"
        )
    return {"title": _tidy(" ".join(title.split())), "text": joined}


def duckduckgo(body: bytes, **_given: object) -> dict[str, Any]:
    """The results on DuckDuckGo's page: title, url and description of each. Raises Unreadable."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(kinds.text("text/html; charset=utf-8", body))
    if tree.css_first(".anomaly-modal__mask, #challenge-form, .anomaly-modal__title"):
        raise Unreadable("it wants to know whether a person asks")
    hits: list[dict[str, str]] = []
    for each in tree.css(".result"):
        link = each.css_first("a.result__a")
        url = _leads_to(link.attributes.get("href") or "") if link else ""
        if link is None or not url or "result--ad" in (each.attributes.get("class") or "").split():
            continue
        about = each.css_first(".result__snippet")
        hits.append({"title": link.text(), "url": url, "description": about.text() if about else ""})
    if not hits and not tree.css_first(".no-results, .result--no-result"):
        raise Unreadable("its page is not what it was")
    return {"hits": hits}


def _leads_to(href: str) -> str:
    """Where a link on the page leads, past the page that counts who follows it; nowhere for what was paid for."""
    url = f"https:{href}" if href.startswith("//") else href
    parts = urlsplit(url)
    if (parts.hostname or "").endswith("duckduckgo.com"):
        if parts.path == "/y.js":
            return ""
        url = (parse_qs(parts.query).get("uddg") or [""])[0]
    return url if url.startswith(("https://", "http://")) else ""


READERS: Final[Mapping[str, Callable[..., dict[str, Any]]]] = {
    "html": page,
    "pdf": pdf,
    "duckduckgo": duckduckgo,
}


def main(kind: str, how: Mapping[str, Any], given: BinaryIO, taken: BinaryIO) -> None:
    """Read the body that is on one stream, and write what came of it on the other, as JSON."""
    try:
        found = READERS[kind](given.read(), **how)
    except Unreadable as error:
        found = {"fault": str(error)}
    taken.write(json.dumps(found, ensure_ascii=False).encode(errors="replace"))
    taken.flush()
