"""What a body is, and the text in it: by what its server says, and where that says nothing by how it begins. Pure."""

import codecs
import re
from contextlib import suppress
from typing import Final, Literal

Kind = Literal["html", "pdf", "text", "binary"]

HEAD: Final = 4096
"""Bytes of a body that are looked at."""
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_TEXTS: Final = frozenset(
    {"json", "xml", "javascript", "ecmascript", "x-javascript", "yaml", "x-yaml", "toml"}
)
_TEXTS_BY_NAME: Final = frozenset(
    {"x-ndjson", "x-sh", "sql", "graphql", "x-httpd-php", "x-tex", "x-www-form-urlencoded", "x-subrip"}
)
_UNSAID: Final = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/unknown"})
_PAGE: Final = re.compile(rb"\s*+<(?:!doctype\s++html|html|head|body|!--)", re.IGNORECASE)
_CHARSET: Final = re.compile(r"charset\s*+=\s*+[\"']?+([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_META: Final = re.compile(
    rb"<(?:meta\b[^>]{0,200}?\bcharset|\?xml\b[^>]{0,200}?\bencoding)\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_.:-]{1,40})",
    re.IGNORECASE,
)
_ASKED_FOR_TROUBLE: Final = frozenset({"idna", "punycode", "undefined", "utf-7"})
_ONE_BYTE: Final = "cp1252"
"""What browsers take for ASCII and Latin-1, and old pages without a word on it."""


def media_type(content_type: str) -> str:
    """The media type in a header, without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def kind(content_type: str, body: bytes) -> Kind:
    """What kind of thing a body is."""
    said, head = media_type(content_type), body[:HEAD]
    if said == "application/pdf" or head.startswith(b"%PDF-"):
        return "pdf"
    if said in {"text/html", "application/xhtml+xml"}:
        return "html"
    if _is_text(said):
        return "text" if _reads_as_text(content_type, head) else "binary"
    if said not in _UNSAID or not _reads_as_text(content_type, head):
        return "binary"
    return "html" if _PAGE.match(head) else "text"


def _is_text(said: str) -> bool:
    family, _, name = said.partition("/")
    return family == "text" or (
        family == "application" and (name.rpartition("+")[2] in _TEXTS or name in _TEXTS_BY_NAME)
    )


def _reads_as_text(content_type: str, head: bytes) -> bool:
    return b"\0" not in head or (_declared(content_type) or _marked(head) or "").startswith("utf-")


def _declared(content_type: str) -> str | None:
    found = _CHARSET.search(content_type)
    return _known(found[1]) if found else None


def _marked(body: bytes) -> str | None:
    return next((name for mark, name in _MARKS if body.startswith(mark)), None)


def _known(name: str) -> str | None:
    """The codec that goes by a name in pages, None where there is none that makes text."""
    with suppress(LookupError, ValueError):
        found = codecs.lookup(name).name
        if found in {"iso8859-1", "ascii"}:
            return _ONE_BYTE
        b" ".decode(found, "replace")  # refuses those that make no text
        return None if found in _ASKED_FOR_TROUBLE or found.endswith("escape") else found
    return None


def text(content_type: str, body: bytes, *, whole: bool = True) -> str:
    """The text of a body; what fits no character becomes U+FFFD.

    What encoding it has is said by its first bytes, else by its server, else by itself, and else it is UTF-8, or what
    old pages are. The last character of one that is not `whole` may be left out.
    """
    if (name := _marked(body)) is None and (name := _declared(content_type)) is None:
        found = _META.search(body[:HEAD])
        name = _known(found[1].decode("ascii")) if found else None
        if name is not None and name.startswith("utf-16"):
            name = "utf-8"  # it could not have been read here
    if name is None:
        with suppress(UnicodeDecodeError):
            return _decoded(body, "utf-8", "strict", whole=whole)
        name = _ONE_BYTE if b"\0" not in body[:HEAD] else "utf-8"
    return _decoded(body, name, "replace", whole=whole)


def _decoded(body: bytes, name: str, errors: str, *, whole: bool) -> str:
    return codecs.getincrementaldecoder(name)(errors).decode(body, final=whole).removeprefix("\ufeff")
