"""Whether a page lets itself be shown within another, and what it shows instead: its picture and its title. Pure."""

import html
import re
from collections.abc import Iterator
from typing import Final, final

import attrs

from actors.web.targets import NotAnAddress, after, target

LONGEST: Final = 4000
"""Characters of one tag that are looked at."""
MOST: Final = 400
"""Tags likewise."""
TITLE: Final = 300
_META: Final = re.compile(r"<meta\b", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(
    r"""\b(property|name|content)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)


def refusal(frame_options: str, policy: str) -> str | None:
    """Why a page may not be shown in a frame of ours, by its headers; None where it may."""
    for word in frame_options.lower().split(","):
        if word.strip() in {"deny", "sameorigin"}:
            return f"X-Frame-Options: {word.strip()}"
    for directive in re.split(r"[;,]", policy):
        words = directive.split()
        if words and words[0].lower() == "frame-ancestors" and "*" not in words:
            return f"Content-Security-Policy: {' '.join(words)}"[:TITLE]
    return None


@final
@attrs.frozen
class Preview:
    image: str | None
    title: str | None


def preview(text: str, url: str) -> Preview:
    """What a page says of itself for others: ``og:image``, as an address of the web, and ``og:title``."""
    told: dict[str, str] = {}
    for tag in _metas(text):
        found = _ATTRIBUTE.finditer(tag)
        said = {each[1].lower(): html.unescape(each[2] or each[3] or each[4] or "").strip() for each in found}
        what = said.get("property", said.get("name", "")).lower()
        if what in {"og:image", "og:title"} and said.get("content"):
            told.setdefault(what, said["content"])
    return Preview(_address(told.get("og:image"), url), told.get("og:title", "")[:TITLE] or None)


def _metas(text: str) -> Iterator[str]:
    """The tags ``meta`` of a page, each looked for behind the one before, so that no text takes long."""
    at = 0
    for _ in range(MOST):
        begins = _META.search(text, at)
        at = -1 if begins is None else text.find(">", begins.end())
        if begins is None or at < 0:
            return
        yield text[begins.end() : min(at, begins.end() + LONGEST)]


def _address(image: str | None, url: str) -> str | None:
    if image is None:
        return None
    try:
        return str(after(target(url), image))
    except NotAnAddress:
        return None
