"""The actor of the web: reads pages and asks search engines."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final, final

import trio

from actors.credentials import Credentials
from actors.resolving import NotPublic, Unreachable
from actors.vault import messages as vault
from actors.web import engines, kinds, messages
from actors.web.cutting import piece
from actors.web.engines import KEY
from actors.web.reader import NotRead, Reader
from actors.web.settings import Engine, Internet, Settings
from actors.web.world import ANYWHERE, Reach, World
from bus import Actor, Lag, concurrent, run_in_thread

if TYPE_CHECKING:
    import httpx2

    from actors.web.client import Client, Fetched

AT_ONCE: Final = 8
"""Pages, and searches, that are under way at once."""
READING: Final = 2
"""Processes that read, likewise."""
HEADER: Final = 1500
"""Bytes of a result that address and title may take."""
LONGEST_TITLE: Final = 300
FRAMES: Final = 4
"""Pages at once of which is asked whether they can be shown within ours."""
FRAME_SECONDS: Final = 5.0
FRAME_BYTES: Final = 512 * 1024
KNOWN: Final = 600.0
"""Seconds for which that is known."""
MOST_KNOWN: Final = 256
ANSWER: Final = 2 * 1024 * 1024
"""Bytes of a search engine's answer."""


@final
class WebActor(Actor):
    """Keeps nothing. What HTTP takes is loaded with the first page; libraries that read pages are never loaded here.

    Args:
      settings: of this subsystem, asked for at each use.
      room: gives the bytes of text that one result may have, likewise.
      environment: holds the key for a search engine that is not in the vault.
      version: of Starpod, for servers.
      world: the internet.
      reader: makes text of pages.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        room: Callable[[], int],
        environment: Mapping[str, str],
        version: str,
        world: World | None = None,
        reader: Reader | None = None,
    ) -> None:
        self._settings = settings
        self._room = room
        self._agent = f"Starpod/{version}"
        self._keys = Credentials(environment, (KEY,), "web search")
        self._world = world or World()
        self._reader = reader or Reader()
        self._loading = trio.Lock()
        self._reading = trio.CapacityLimiter(READING)
        self._client: Client | None = None
        self._frames: OrderedDict[str, tuple[float, messages.FrameView]] = OrderedDict()
        """What is known of pages, by address, and until when."""

    async def start(self) -> None:
        listening = trio.Event()
        self.spawn(self._follow_vault, listening)
        await listening.wait()

    async def _follow_vault(self, listening: trio.Event) -> None:
        """Have a changed key in use with the next search."""
        changes = self.bus.subscribe(vault.SecretsChanged, limit=1, lag=Lag.DROP_OLDEST)
        async with changes as changed:
            listening.set()
            async for _ in changed:
                self._keys.changed()

    # --- pages --------------------------------------------------------------------------------------------

    @messages.WebFetch.handler
    @concurrent(AT_ONCE, isolated=True)
    async def fetch(self, request: messages.WebFetch) -> messages.Page:
        internet = self._internet()
        client = await self._loaded()
        fetched = await client.page(request.url, within=internet.timeout_secs, most=internet.max_fetch_bytes)
        if not 200 <= fetched.status < 300:
            raise messages.Refused(url=fetched.url, status=fetched.status)
        title, text = await self._text(fetched)
        part = piece(text, request.start, internet.max_text_chars, self._room() - HEADER)
        cut = "" if fetched.whole else f"[only the first {len(fetched.body)} bytes of it were fetched]"
        return messages.Page(
            url=fetched.url,
            moved=fetched.url != request.url.strip(),
            title=title,
            text=part.text,
            note="\n".join(filter(None, (part.note, cut))),
        )

    # --- links in an answer -------------------------------------------------------------------------------

    @messages.FrameCheck.handler
    @concurrent(FRAMES, isolated=True)
    async def frame_check(self, request: messages.FrameCheck) -> messages.FrameView:
        self._internet()
        now = self.bus.clock.monotonic()
        known = self._frames.get(request.url)
        if known is not None and now < known[0]:
            return known[1]
        found = await self._framed(request.url)
        self._frames[request.url] = (now + KNOWN, found)
        self._frames.move_to_end(request.url)
        while len(self._frames) > MOST_KNOWN:
            self._frames.popitem(last=False)
        return found

    async def _framed(self, url: str) -> messages.FrameView:
        """Raises BadAddress and NotPublic; that a page does not come is no error."""
        client = await self._loaded()
        from actors.web import framing

        try:
            fetched = await client.page(url, within=FRAME_SECONDS, most=FRAME_BYTES)
        except (messages.TooManyRedirects, messages.TooSlow, messages.NotFetched, Unreachable) as error:
            return messages.FrameView(frameable=False, reason=str(error), image=None, title=None)
        reason = framing.refusal(fetched.frame_options, fetched.policy)
        if reason is None:
            return messages.FrameView(frameable=True, reason=None, image=None, title=None)
        text = kinds.text(fetched.content_type, fetched.body, whole=fetched.whole)
        seen = framing.preview(text, fetched.url)
        return messages.FrameView(frameable=False, reason=reason, image=seen.image, title=seen.title)

    def _internet(self) -> Internet:
        """How it may be used. Raises InternetOff."""
        internet = self._settings().internet
        if not internet.enabled:
            raise messages.InternetOff
        return internet

    async def _loaded(self) -> "Client":
        async with self._loading:
            if self._client is None:
                load = partial(_client, self._world, self._agent)
                self._client = await run_in_thread(load, limiter=trio.CapacityLimiter(1))
            return self._client

    async def _text(self, fetched: "Fetched") -> tuple[str, str]:
        """Title and text of what was fetched. Raises NotReadable."""
        kind = kinds.kind(fetched.content_type, fetched.body)
        if kind == "text":
            return "", kinds.text(fetched.content_type, fetched.body, whole=fetched.whole)
        if kind == "binary":
            said = kinds.media_type(fetched.content_type) or "of no known type"
            size = f"{len(fetched.body)} bytes" if fetched.whole else f"more than {len(fetched.body)} bytes"
            return "", f"(a file that is no text: {said}, {size})"
        if kind == "pdf" and not fetched.whole:
            reason = f"the PDF has more than {len(fetched.body)} bytes (max_fetch_bytes in [internet])"
            raise messages.NotReadable(url=fetched.url, reason=reason)
        how = {"content_type": fetched.content_type, "url": fetched.url, "whole": fetched.whole}
        try:
            async with self._reading:
                found = await self._reader.read(kind, fetched.body, **how)
        except NotRead as error:
            raise messages.NotReadable(url=fetched.url, reason=str(error)) from error
        return str(found["title"])[:LONGEST_TITLE], str(found["text"])

    # --- searches -----------------------------------------------------------------------------------------

    @messages.WebSearch.handler
    @concurrent(AT_ONCE, isolated=True)
    async def search(self, request: messages.WebSearch) -> messages.Hits:
        internet, web = self._internet(), self._settings().web
        await self._keys.read(self.bus)
        engine = engines.chosen(web, self._keys.current.get(KEY))
        count = min(request.count, messages.MOST_HITS)
        try:
            found = await self._found(engine, request.query, count, internet.timeout_secs)
        except (engines.NoAnswer, NotRead, messages.FetchFailed, NotPublic, Unreachable) as error:
            raise messages.SearchFailed(
                engine=engines.NAMES[engine], reason=str(error), remedy=engines.REMEDIES[engine]
            ) from error
        return messages.Hits(engine=engines.NAMES[engine], hits=found[:count])

    async def _found(self, engine: Engine, query: str, count: int, within: float) -> tuple[messages.Hit, ...]:
        """Results of an engine. Raises NoAnswer, NotRead, FetchFailed, NotPublic or Unreachable."""
        request, reach = self._question(engine, query, count)
        client = await self._loaded()
        answer = await client.answer(request, reach=reach, within=within, most=ANSWER)
        if answer.status != 200:
            raise engines.NoAnswer(engines.refusal(engine, answer.status))
        if engine == "duckduckgo":
            async with self._reading:
                return engines.hits((await self._reader.read(engine, answer.body))["hits"])
        return engines.READS[engine](answer.body)

    def _question(self, engine: Engine, query: str, count: int) -> "tuple[httpx2.Request, Reach | None]":
        """What is sent, and where it may lead; None: to the internet. Raises NoAnswer without a key."""
        match engine:
            case "brave":
                key = self._keys.current.get(KEY)
                if not key:
                    raise engines.NoAnswer(self._keys.unreadable.get(KEY) or f"there is no {KEY}")
                return engines.ask_brave(self._world.brave, key, query, count), None
            case "searxng":
                return engines.ask_searxng(self._settings().web.searxng_url or "", query), ANYWHERE
            case "duckduckgo":
                return engines.ask_duckduckgo(self._world.duckduckgo, query), None


def _client(world: World, agent: str) -> "Client":
    """In a thread: its modules, and the certificates of the system, take a tenth of a second."""
    from actors.web.client import Client

    return Client(world, agent)
