"""Fetches what an address leads to, within bounds: of where it may lead, of time, and of size."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final, final

import attrs
import httpx2
import trio

from actors.causes import why
from actors.resolving import NotPublic
from actors.web.messages import BadAddress, NotFetched, TooManyRedirects, TooSlow
from actors.web.network import Transport
from actors.web.targets import NotAnAddress, after, is_within, target
from actors.web.world import Reach, World

REDIRECTS: Final = 10
"""That are followed."""
_PAGES: Final = {"Accept": "text/html, application/xhtml+xml, text/*;q=0.9, */*;q=0.8"}
"""Servers that ask what is wanted are told that it is to be read."""
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_FAILED: Final = (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL)


@final
@attrs.frozen(kw_only=True)
class Fetched:
    """What an address has led to."""

    url: str
    """Where it was in the end."""
    status: int
    content_type: str
    body: bytes = attrs.field(repr=False)
    """Unpacked."""
    whole: bool
    """Whether that is all of it."""
    frame_options: str = ""
    """What its headers say of being shown within other pages."""
    policy: str = ""
    """Likewise."""


@final
class Client:
    """Fetches for a model, and for searches. Keeps no cookies, knows no proxies, and nothing from one time to the next.

    Making one takes a tenth of a second: do it in a thread.
    """

    def __init__(self, world: World, agent: str) -> None:
        """`agent` is what servers are told who asks."""
        self._trusts = world.trusts or httpx2.create_ssl_context(trust_env=False)
        self._public = world.public
        self._agent = agent

    async def page(self, url: str, *, within: float, most: int) -> Fetched:
        """What an address on the internet leads to, whatever its status, after redirects.

        Args:
          url: as somebody has written it.
          within: seconds for all of it.
          most: bytes that are read.

        Raises BadAddress, NotPublic, Unreachable, TooManyRedirects, TooSlow or NotFetched.
        """
        with trio.move_on_after(within):
            try:
                return await self._followed(target(url), most)
            except NotAnAddress as error:
                raise BadAddress(url=url, reason=str(error)) from None
        raise TooSlow(url=url, seconds=within)

    async def _followed(self, url: httpx2.URL, most: int) -> Fetched:
        start = url
        for _ in range(REDIRECTS + 1):
            async with self._asked(self._public, httpx2.Request("GET", url, headers=_PAGES)) as response:
                location = response.headers.get("location")
                if response.status_code not in _MOVED or location is None:
                    return await _read(response, url, most)
            try:
                url = after(url, location)
            except NotAnAddress as error:
                raise BadAddress(
                    url=location, reason=f"{error}; {start} redirects there", redirected=True
                ) from None
        raise TooManyRedirects(url=str(start), most=REDIRECTS)

    async def answer(
        self, request: httpx2.Request, *, reach: Reach | None, within: float, most: int
    ) -> Fetched:
        """What a request is answered with, whatever its status; no redirect is followed.

        Args:
          request: to be sent as it is, with who asks.
          reach: where it may lead, None: to the internet.
          within: seconds for all of it.
          most: bytes that are read.

        Raises NotPublic, Unreachable, TooSlow or NotFetched.
        """
        with trio.move_on_after(within):
            async with self._asked(reach or self._public, request) as response:
                return await _read(response, request.url, most)
        raise TooSlow(url=str(request.url.copy_with(query=None)), seconds=within)

    @asynccontextmanager
    async def _asked(self, reach: Reach, request: httpx2.Request) -> AsyncGenerator[httpx2.Response]:
        """The answer to one request, its body still to come. What goes wrong meanwhile is NotFetched as well."""
        if reach is self._public and is_within(request.url):
            raise NotPublic(host=request.url.host)
        request.headers.update(self._headers())
        try:
            async with httpx2.AsyncClient(
                transport=Transport(reach, self._trusts),
                cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=())),
                follow_redirects=False,
                trust_env=False,
                timeout=None,  # whoever calls has set one for all of it
            ) as client:
                response = await client.send(request, stream=True)
                try:
                    yield response
                finally:
                    await response.aclose()
        except _FAILED as error:
            raise NotFetched(url=str(request.url.copy_with(query=None)), reason=why(error)) from error

    def _headers(self) -> Mapping[str, str]:
        return {"User-Agent": self._agent, "Accept-Encoding": "gzip, deflate"}


async def _read(response: httpx2.Response, url: httpx2.URL, most: int) -> Fetched:
    """The body, as far as it is wanted: a bomb is left before it has grown."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > most:
            break
    return Fetched(
        url=str(url),
        status=response.status_code,
        content_type=response.headers.get("content-type", ""),
        body=bytes(body[:most]),
        whole=len(body) <= most,
        frame_options=response.headers.get("x-frame-options", ""),
        policy=response.headers.get("content-security-policy", ""),
    )
