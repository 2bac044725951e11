"""Connections that lead nowhere but where they may: each name is looked up here, and what comes of it is checked."""

import ssl
from collections.abc import Iterable
from typing import Any, Final, cast, final

import httpcore2
import httpx2

from actors.resolving import resolve
from actors.web.world import Reach

PATIENCE: Final = 8.0
"""Seconds that one address has to answer, where a name has several."""


@final
class Checked(httpcore2.AsyncNetworkBackend):
    """Connects to an address that was checked, and never looks its name up again.

    Raises NotPublic or Unreachable, which pass through the HTTP library as they are.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._trio = cast("httpcore2.AsyncNetworkBackend", httpcore2.TrioBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        lookup, allowed = self._reach.lookup, self._reach.allowed
        *others, last = await resolve(host, lookup=lookup, allowed=lambda address: allowed(address, port))
        for address in others:
            try:
                return await self._trio.connect_tcp(address, port, PATIENCE, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._trio.connect_tcp(last, port, timeout, local_address, socket_options)


@final
class Transport(httpx2.AsyncHTTPTransport):
    """HTTP over such connections, with no proxy between; a connection serves one request."""

    def __init__(self, reach: Reach, trusts: ssl.SSLContext) -> None:
        super().__init__(verify=trusts, trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=trusts, max_keepalive_connections=0, network_backend=Checked(reach)
        )
