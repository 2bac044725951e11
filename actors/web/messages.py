"""Front door of the web: what a model reads there, and what it finds."""

from typing import Annotated, ClassVar, Final, final

import attrs

from actors.endpoints import endpoint
from actors.tooling import Rendered, ToolReply, described, tool
from actors.vocabulary import Text, quoted
from bus import ActorError, Data, ErrorKind, Request

MOST_HITS: Final = 20
"""Results of one search."""
LONGEST_QUERY: Final = 400
LONGEST_SHOWN: Final = 300
"""Characters of an address in a sentence."""


# --- errors: what the model reads -------------------------------------------------------------------------


class InternetOff(ActorError):
    """The owner has switched the internet off."""

    kind: ClassVar[ErrorKind] = "forbidden"

    def __str__(self) -> str:
        return "Internet access is disabled in config."


@attrs.define(eq=False, kw_only=True)
class FetchFailed(ActorError):
    """Base of what can go wrong with an address."""

    url: str

    @property
    def place(self) -> str:
        """The address, without its end where it is long."""
        return self.url if len(self.url) <= LONGEST_SHOWN else f"{self.url[: LONGEST_SHOWN - 1]}…"


@attrs.define(eq=False, kw_only=True)
class BadAddress(FetchFailed):
    """What was asked for, or redirected to, can be no page."""

    reason: str
    redirected: bool = False

    def __str__(self) -> str:
        return f"Web fetch error: {quoted(self.url)} cannot be fetched: {self.reason}"


@attrs.define(eq=False, kw_only=True)
class TooManyRedirects(FetchFailed):
    kind: ClassVar[ErrorKind] = "failed"
    most: int

    def __str__(self) -> str:
        return f"Web fetch error: {self.place} redirects more than {self.most} times"


@attrs.define(eq=False, kw_only=True)
class TooSlow(FetchFailed):
    kind: ClassVar[ErrorKind] = "timeout"
    seconds: float

    def __str__(self) -> str:
        return f"Web fetch error: {self.place} has not come within {self.seconds:g} s"


@attrs.define(eq=False, kw_only=True)
class NotFetched(FetchFailed):
    """The server cannot be reached, or what it says is no HTTP."""

    kind: ClassVar[ErrorKind] = "unavailable"
    reason: str

    def __str__(self) -> str:
        return f"Web fetch error: {self.place}: {self.reason}"


@attrs.define(eq=False, kw_only=True)
class Refused(FetchFailed):
    """The server has answered with something else than a page."""

    kind: ClassVar[ErrorKind] = "unavailable"
    status: int

    def __str__(self) -> str:
        return f"Web fetch error: HTTP {self.status} ({self.place})"


@attrs.define(eq=False, kw_only=True)
class NotReadable(FetchFailed):
    """It was fetched, and no text can be made of it."""

    kind: ClassVar[ErrorKind] = "failed"
    reason: str

    def __str__(self) -> str:
        return f"{self.place} was fetched and cannot be read: {self.reason}"


@attrs.define(eq=False, kw_only=True)
class SearchFailed(ActorError):
    """A search engine did not answer, or not with results. `remedy` is what its owner can do about it."""

    kind: ClassVar[ErrorKind] = "unavailable"
    engine: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"Web search error: {self.engine}: {self.reason}. {self.remedy}"


# --- tools of the model -----------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Page(ToolReply):
    """What an address has led to, as text, or the part of it that was asked for and fits."""

    url: str
    """Where it was in the end."""
    moved: bool
    """Whether that is elsewhere than where it was asked for."""
    title: str
    text: str
    note: str = ""
    """What has to be known about the text: that it was cut, and how to read on; that it is empty."""

    def rendered(self) -> Rendered:
        lines = (
            f"URL: {self.url}" if self.moved else "",
            f"Title: {self.title}" if self.title else "",
            self.text,
            self.note,
        )
        return Rendered(content=(Text(text="\n".join(filter(None, lines))),))


@tool("WebFetch", "Read a web page or PDF.", effect="pure", outside=True, subject="url")
@final
@attrs.frozen(kw_only=True)
class WebFetch(Request[Page]):
    """What is at an address, as Markdown or text.

    Raises InternetOff, FetchFailed, and NotPublic or Unreachable of :mod:`actors.resolving`.
    """

    within: ClassVar[float] = 360.0
    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    url: Annotated[str, described("http or https.")]
    start: Annotated[int, described("Characters to pass over.", ge=0)] = 0


@final
@attrs.frozen(kw_only=True)
class FrameView(Data):
    """Whether a page can be shown within ours, and what to show in its place."""

    frameable: bool
    reason: str | None
    """Why it cannot."""
    image: str | None
    """Address of its picture, where it has one and cannot be shown."""
    title: str | None
    """Likewise."""


@endpoint("GET", "/api/frame-check")
@final
@attrs.frozen(kw_only=True)
class FrameCheck(Request[FrameView]):
    """Whether a page on the internet lets itself be shown within another. Known for ten minutes.

    Raises InternetOff, BadAddress, and NotPublic of :mod:`actors.resolving`.
    """

    within: ClassVar[float] = 20.0
    url: Annotated[str, described("http or https.", max_length=8000)]


@final
@attrs.frozen(kw_only=True)
class Hit(Data):
    """One result of a search."""

    title: str
    url: str
    description: str


@final
@attrs.frozen(kw_only=True)
class Hits(ToolReply):
    """Results, best first, and who has found them."""

    engine: str
    hits: tuple[Hit, ...]

    def rendered(self) -> Rendered:
        if not self.hits:
            return Rendered(content=(Text(text=f"No results found. ({self.engine})"),))
        found = (
            f"{n}. {hit.title or '(no title)'}\n   {hit.url}\n   {hit.description or '(no description)'}"
            for n, hit in enumerate(self.hits, 1)
        )
        return Rendered(content=(Text(text="\n\n".join((f"Found by {self.engine}:", *found))),))


@tool("WebSearch", "Search the web.", effect="pure", outside=True, subject="query")
@final
@attrs.frozen(kw_only=True)
class WebSearch(Request[Hits]):
    """Ask a search engine. Raises InternetOff, SearchFailed."""

    within: ClassVar[float] = 360.0
    query: Annotated[str, described(max_length=LONGEST_QUERY)]
    count: Annotated[int, described(f"At most {MOST_HITS}.", ge=1)] = 5
