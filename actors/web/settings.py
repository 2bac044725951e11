"""Settings of the web."""

from collections.abc import Iterator
from typing import Final, Literal, final

import attrs
from attrs.validators import and_, ge, le, min_len, optional

from bus import Data

Engine = Literal["brave", "searxng", "duckduckgo"]
LONGEST: Final = 300
"""Most seconds that a page may take."""


@final
@attrs.frozen(kw_only=True)
class Internet(Data):
    enabled: bool = True
    """Whether pages are read and searches made at all."""
    timeout_secs: int = attrs.field(default=15, validator=and_(ge(1), le(LONGEST)))
    """Seconds for all of a page, redirects included."""
    max_fetch_bytes: int = attrs.field(default=2 * 1024 * 1024, validator=ge(1))
    """Of a page, unpacked; the rest is left."""
    max_text_chars: int = attrs.field(default=50_000, validator=ge(1))
    """Characters of its text that are told at once."""


@final
@attrs.frozen(kw_only=True)
class Web(Data):
    search: Literal["auto", Engine] = "auto"
    """Who is asked. ``auto``: Brave where there is a key, else SearXNG where there is an address, else DuckDuckGo."""
    searxng_url: str | None = attrs.field(default=None, validator=optional(min_len(1)))
    """Of the owner, so it may be on this machine."""


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    internet: Internet = Internet()
    web: Web = Web()


def faults(settings: Settings) -> Iterator[str]:
    """What keeps settings from being used although each value is right by itself; one sentence each."""
    address = settings.web.searxng_url
    if address is None:
        if settings.web.search == "searxng":
            yield 'web.searxng_url must be set where web.search = "searxng"'
        return
    from actors.web.targets import NotAnAddress, target  # with HTTP, where there is an address

    try:
        target(address)
    except NotAnAddress as error:
        yield f"web.searxng_url: {error}"
