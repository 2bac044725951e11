"""The way to a server over HTTP, with its headers and answers of bounded size. Loaded with the ``mcp`` package."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, final

import httpx2
from mcp.client.streamable_http import streamable_http_client

from actors.mcp.transport import LARGEST, Wire

TIMEOUT = httpx2.Timeout(30.0, read=None)
"""Seconds; how long an answer may take is the business of whoever waits for it."""


@final
class _Bounded(httpx2.AsyncByteStream):
    """The body of an answer that is refused where it is too large. Streams of events are bounded event by event."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for data in self._stream:
            size += len(data)
            if size > LARGEST:
                raise httpx2.ReadError(f"it sent more than {LARGEST // 2**20} MiB in one answer")
            yield data

    async def aclose(self) -> None:
        await self._stream.aclose()


@asynccontextmanager
async def transport(url: str, headers: Mapping[str, str], wire: Wire) -> AsyncGenerator[Any]:
    """The streams of a session with the server at an address."""

    async def look(response: httpx2.Response) -> None:
        wire.status = response.status_code
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            response.stream = _Bounded(response.stream)

    hooks = {"response": [look]}
    async with httpx2.AsyncClient(headers=dict(headers), timeout=TIMEOUT, event_hooks=hooks) as client:
        async with streamable_http_client(url, http_client=client, max_sse_event_size=LARGEST) as streams:
            yield streams
