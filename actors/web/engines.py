"""The search engines: how each is asked, and what its answer says. Pure."""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from actors import jsontext
from actors.web.messages import Hit
from actors.web.settings import Engine, Web

if TYPE_CHECKING:
    from httpx2 import Request

KEY: Final = "BRAVE_API_KEY"
"""Variable, or secret of the vault, that holds the key for Brave."""
NAMES: Final[Mapping[Engine, str]] = {"brave": "Brave", "searxng": "SearXNG", "duckduckgo": "DuckDuckGo"}
"""What people call them."""
REMEDIES: Final[Mapping[Engine, str]] = {
    "brave": f"Keep a key of https://brave.com/search/api with `starpod vault set {KEY}`, or set `search` in [web].",
    "searxng": "See to `searxng_url` in [web], and that its settings.yml has json among search.formats.",
    "duckduckgo": (
        f"Try again later. Brave answers with a key (`starpod vault set {KEY}`), "
        "and so does a SearXNG of one's own (`searxng_url` in [web])."
    ),
}
"""What whoever owns the agent can do when one does not answer."""
_LONGEST: Final = 1000
"""Characters of a title or a description."""
_TAG: Final = re.compile(r"</?(?:strong|b|em|i|span|br)\b[^<>]{0,200}>", re.IGNORECASE)


class NoAnswer(Exception):
    """What an engine said is no list of results; the text says why, for people."""


def chosen(web: Web, key: str | None) -> Engine:
    """Who is asked."""
    if web.search != "auto":
        return web.search
    if key:
        return "brave"
    return "duckduckgo" if web.searxng_url is None else "searxng"


# --- asking -----------------------------------------------------------------------------------------------


def ask_brave(base: str, key: str, query: str, count: int) -> "Request":
    """`base` is where its API lies."""
    headers = {"X-Subscription-Token": key, "Accept": "application/json"}
    return _request("GET", f"{base}/res/v1/web/search", params={"q": query, "count": count}, headers=headers)


def ask_searxng(base: str, query: str) -> "Request":
    """`base` is its address, as its owner has written it. It gives as many results as it wants to."""
    params = {"q": query, "format": "json"}
    return _request(
        "GET", f"{base.rstrip('/')}/search", params=params, headers={"Accept": "application/json"}
    )


def ask_duckduckgo(base: str, query: str) -> "Request":
    """As the form of its page without scripts does."""
    return _request("POST", f"{base}/html/", data={"q": query, "b": ""}, headers={"Accept": "text/html"})


def _request(method: str, url: str, **more: Any) -> "Request":
    from httpx2 import Request  # with the first search

    return Request(method, url, **more)


# --- what they say ----------------------------------------------------------------------------------------


def refusal(engine: Engine, status: int) -> str:
    """Why there are no results, by the status of an answer."""
    if engine == "brave" and status in {401, 403, 422}:
        return f"it does not take the key (HTTP {status})"
    if engine == "searxng" and status == 403:
        return "it gives no JSON (HTTP 403)"
    if status == 429 or (engine == "duckduckgo" and status in {202, 403}):
        return f"it was asked too often (HTTP {status})"
    return f"it answered with HTTP {status}"


def read_brave(body: bytes) -> tuple[Hit, ...]:
    """Raises NoAnswer."""
    return tuple(_hits(_mapping(_object(body).get("web")).get("results"), "description"))


def read_searxng(body: bytes) -> tuple[Hit, ...]:
    """Raises NoAnswer, also where none of the engines that it asks has answered."""
    said = _object(body)
    found = tuple(_hits(said.get("results"), "content"))
    silent = _list(said.get("unresponsive_engines"))
    if silent and not found:
        raise NoAnswer(f"none of its engines has answered, {len(silent)} of them with an error")
    return found


def hits(found: Any) -> tuple[Hit, ...]:
    """Results that were read from a page."""
    return tuple(_hits(found, "description"))


READS: Final[Mapping[Engine, Callable[[bytes], tuple[Hit, ...]]]] = {
    "brave": read_brave,
    "searxng": read_searxng,
}


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        return jsontext.read_object(body)
    except jsontext.NotJson as error:
        raise NoAnswer(f"its answer cannot be read: {error}") from error


def _hits(found: Any, about: str) -> Iterator[Hit]:
    for each in map(_mapping, _list(found)):
        if each:
            yield Hit(
                title=_line(each.get("title")),
                url=_line(each.get("url")),
                description=_line(each.get(about)),
            )


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return list(cast("Iterable[Any]", value)) if isinstance(value, list) else []


def _line(value: Any) -> str:
    """Text on one line, without marks of HTML and without its end where it is long."""
    if not isinstance(value, str):
        return ""
    text = " ".join(html.unescape(_TAG.sub("", value[: 4 * _LONGEST])).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
