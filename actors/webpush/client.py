"""Takes what is sealed to a push service: over TLS, to an address that was looked at, following nobody elsewhere."""

import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from socket import gaierror
from typing import Final, final
from urllib.parse import urlsplit

import attrs
import httpx2
import trio

from actors.causes import why
from actors.webpush.places import host_and_port, is_public
from actors.webpush.verdict import Later, Refused, Unknown, Verdict, again, judged

TOGETHER: Final = 30.0
"""Seconds for all of a request."""
CONNECT: Final = 5.0
"""Seconds, for each address."""
ADDRESSES: Final = 4
"""Of one host, which are tried in turn."""
KEPT: Final = 3 * 24 * 3600
"""Seconds for which a service keeps what a browser that is off has not fetched."""
_READ: Final = 2000
"""Bytes of an answer."""
_NOT_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
"""What goes wrong before a request was written."""


@final
@attrs.frozen(kw_only=True)
class Client:
    """Posts to endpoints, which come from browsers and may be anything."""

    may: Callable[[str], bool] = is_public
    """Whether an IP address may be connected to."""
    trusts: ssl.SSLContext = attrs.field(factory=httpx2.create_ssl_context, repr=False)
    """Whose certificates count."""

    async def post(
        self, endpoint: str, body: bytes, *, authorization: str, topic: str, attempt: int, now: datetime
    ) -> Verdict:
        """Have a body taken to a browser.

        Args:
          endpoint: of the browser.
          body: sealed.
          authorization: the header of that name.
          topic: what is sent again by the same name takes the place of what waits.
          attempt: how often it was tried, from 1.
          now: aware.
        """
        try:
            host, port = host_and_port(endpoint)
        except ValueError as error:
            return Refused(f"the address of the push service cannot be used: {error}")
        try:
            addresses = await _addresses(host, port)
        except (OSError, UnicodeError) as error:
            return Later(f"{host} cannot be found: {why(error)}", again(attempt))
        if not addresses or not all(map(self.may, addresses)):
            return Refused(f"{host} is at no address of the internet")
        headers = {
            "Authorization": authorization,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT),
            "Topic": topic,
            "Urgency": "normal",
        }
        sending = _Sending(endpoint=endpoint, host=host, port=port, headers=headers, body=body)
        with trio.move_on_after(TOGETHER):
            try:
                status, wait, said = await self._first_of(sending, addresses[:ADDRESSES])
            except _NOT_SENT as error:
                return Later(f"{host} cannot be reached: {why(error)}", again(attempt))
            except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
                return Unknown(f"{host} has not answered: {why(error)}")
            return judged(status, wait, said, attempt, now)
        return Unknown(f"{host} has not answered within {TOGETHER:g} s")

    async def _first_of(self, sending: "_Sending", addresses: list[str]) -> tuple[int, str | None, str]:
        """The answer at the first address that can be reached. Raises what the HTTP library raises."""
        for address in addresses[:-1]:
            with suppress(*_NOT_SENT):
                return await self._sent(sending, address)
        return await self._sent(sending, addresses[-1])

    async def _sent(self, sending: "_Sending", address: str) -> tuple[int, str | None, str]:
        """Status, ``Retry-After`` and the beginning of the body. Raises what the HTTP library raises."""
        async with (
            httpx2.AsyncClient(
                verify=self.trusts,
                follow_redirects=False,
                timeout=httpx2.Timeout(TOGETHER, connect=CONNECT),
            ) as client,
            client.stream(
                "POST",
                sending.url(address),
                content=sending.body,
                headers={**sending.headers, "Host": urlsplit(sending.endpoint).netloc},
                extensions={"sni_hostname": sending.host},
            ) as answer,
        ):
            return answer.status_code, answer.headers.get("Retry-After"), await _beginning(answer)


@final
@attrs.frozen(kw_only=True)
class _Sending:
    """One request."""

    endpoint: str
    host: str
    port: int
    headers: dict[str, str]
    body: bytes

    def url(self, address: str) -> str:
        """The endpoint at the very address that was looked at: the name is not looked up again, and TLS proves it."""
        literal = f"[{address}]" if ":" in address else address
        return urlsplit(self.endpoint)._replace(netloc=f"{literal}:{self.port}", fragment="").geturl()


async def _addresses(host: str, port: int) -> list[str]:
    """Where a host is. Raises OSError, UnicodeError."""
    with trio.move_on_after(CONNECT):
        found = await trio.socket.getaddrinfo(host, port, type=trio.socket.SOCK_STREAM)
        return [str(address[0]) for *_, address in found]
    raise gaierror("nobody has said where it is")


async def _beginning(answer: httpx2.Response) -> str:
    """The first bytes of a body, as far as they come: the status counts without them."""
    body = b""
    try:
        async for piece in answer.aiter_raw():
            body += piece
            if len(body) >= _READ:
                break
    except (httpx2.HTTPError, httpx2.StreamError):
        pass
    return body[:_READ].decode(errors="replace")
