"""A page of the documentation, from its Markdown. It is ours: what stands in it is taken as it is. Pure."""

import posixpath
import re
from collections.abc import Container
from html import escape, unescape
from typing import Final, final

import attrs

from bus import Data

SUFFIX: Final = ".md"
_HEADING: Final = re.compile(r"<h([1-6])>(.*?)</h\1>", re.DOTALL)
_LINK: Final = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_TAG: Final = re.compile(r"<[^>]*>")
_WIDE: Final = re.compile(r"<(table|pre)>(.*?)</\1>", re.DOTALL)
_NO_SLUG: Final = re.compile(r"[^\w\- ]")
_SENTENCE: Final = re.compile(r"(?<=[.:])\s")
_ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.IGNORECASE)


@final
@attrs.frozen
class Written(Data):
    """What stands in a page."""

    title: str
    html: str = attrs.field(repr=False)
    about: str
    """Its first sentence, as HTML without links."""


def written(markdown: str, name: str, known: Container[str], place: str) -> Written:
    """A page as HTML, with links that lead to other pages.

    Args:
      markdown: all of it; it begins with its title.
      name: its path among the documentation, without suffix.
      known: all such paths.
      place: where the documentation is found, without slash at its end.
    """
    import pyromark

    found = pyromark.html(markdown, options=pyromark.Options.ENABLE_TABLES)
    found = found.replace("<th></th>", "<td></td>")  # one that says nothing heads nothing
    linked = _LINK.sub(lambda link: _link(link[1], link[2], name, known, place), found)
    slugs: dict[str, int] = {}
    headed = _HEADING.sub(lambda heading: _heading(heading[1], heading[2], slugs), linked)
    html = _WIDE.sub(r'<div class="wide" tabindex="0"><\1>\2</\1></div>', headed)
    return Written(_title(found, name), html, _about(found))


def _link(address: str, text: str, name: str, known: Container[str], place: str) -> str:
    """A link to another page, or to elsewhere; of what is not served only the words stay."""
    if _ELSEWHERE.match(address):
        return f'<a href="{address}">{text}</a>'
    path, _, mark = address.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)).removesuffix(SUFFIX)
    if target not in known:
        return text
    return f'<a href="{place}/{target}{"#" if mark else ""}{mark}">{text}</a>'


def _heading(level: str, text: str, slugs: dict[str, int]) -> str:
    """A heading that links can lead to; of the second of a name the mark ends in ``-1``."""
    slug = slug_of(text)
    times = slugs[slug] = slugs.get(slug, -1) + 1
    return f'<h{level} id="{slug}{f"-{times}" if times else ""}">{text}</h{level}>'


def slug_of(html: str) -> str:
    """The mark of a heading, as those make it who show Markdown elsewhere."""
    plain = unescape(_TAG.sub("", html)).strip().lower()
    return escape(_NO_SLUG.sub("", plain).replace(" ", "-"))


def _title(html: str, name: str) -> str:
    heading = _HEADING.search(html)
    return escape(name) if heading is None else _TAG.sub("", heading[2])


def _about(html: str) -> str:
    """The first sentence of the first paragraph."""
    _, begins, rest = html.partition("<p>")
    paragraph = _LINK.sub(r"\2", rest.partition("</p>")[0]) if begins else ""
    sentence = _SENTENCE.split(paragraph, maxsplit=1)[0].strip()
    return f"{sentence[:-1]}." if sentence.endswith(":") else sentence
