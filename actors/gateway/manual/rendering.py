"""A page of the documentation, from its Markdown. It is ours: what stands in it is taken as it is. Pure."""

import posixpath
import re
from collections.abc import Callable, Container
from html import escape, unescape
from typing import Final, final

import attrs

from bus import Data

SUFFIX: Final = ".md"
_TAG: Final = re.compile(r"<[^<>]*>")
_HEADINGS: Final = tuple(f"<h{level}>" for level in range(1, 7))
_LINK: Final = '<a href="'
_WIDE: Final = ("table", "pre")
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
    html = _linked(found, lambda address, text: _link(address, text, name, known, place))
    slugs: dict[str, int] = {}
    html = "\n".join(
        _heading(line, slugs) if line.startswith(_HEADINGS) else line for line in html.split("\n")
    )
    for tag in _WIDE:
        html = html.replace(f"<{tag}>", f'<div class="wide" tabindex="0"><{tag}>')
        html = html.replace(f"</{tag}>", f"</{tag}></div>")
    return Written(_title(found, name), html, _about(found))


def _linked(html: str, link: Callable[[str, str], str]) -> str:
    """The same with what `link` makes of the address and the words of each link."""
    before, *links = html.split(_LINK)
    whole = [before]
    for each in links:
        address, _, rest = each.partition('"')
        text, _, after = rest.partition(">")[2].partition("</a>")
        whole.append(f"{link(address, text)}{after}")
    return "".join(whole)


def _link(address: str, text: str, name: str, known: Container[str], place: str) -> str:
    """A link to another page, or to elsewhere; of what is not served only the words stay."""
    if _ELSEWHERE.match(address):
        return f'<a href="{address}">{text}</a>'
    path, _, mark = address.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)).removesuffix(SUFFIX)
    if target not in known:
        return text
    return f'<a href="{place}/{target}{"#" if mark else ""}{mark}">{text}</a>'


def _heading(line: str, slugs: dict[str, int]) -> str:
    """The line of a heading, as one that links can lead to; of the second of a name the mark ends in ``-1``."""
    slug = slug_of(line)
    times = slugs[slug] = slugs.get(slug, -1) + 1
    tag, _, rest = line.partition(">")
    return f'{tag} id="{slug}{f"-{times}" if times else ""}">{rest}'


def slug_of(html: str) -> str:
    """The mark of a heading, as those make it who show Markdown elsewhere."""
    plain = unescape(_TAG.sub("", html)).strip().lower()
    return escape(_NO_SLUG.sub("", plain).replace(" ", "-"))


def _title(html: str, name: str) -> str:
    heading = next((line for line in html.split("\n") if line.startswith(_HEADINGS)), None)
    return escape(name) if heading is None else _TAG.sub("", heading)


def _about(html: str) -> str:
    """The first sentence of the first paragraph."""
    _, begins, rest = html.partition("<p>")
    paragraph = _linked(rest.partition("</p>")[0], lambda _, text: text) if begins else ""
    sentence = _SENTENCE.split(paragraph, maxsplit=1)[0].strip()
    return f"{sentence[:-1]}." if sentence.endswith(":") else sentence
