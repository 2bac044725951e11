"""Connections without a library, for what a client is not supposed to say."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import trio

from tests.actors.gateway.client import KEY, PATIENCE
from tests.actors.gateway.world import Gateway


@asynccontextmanager
async def raw(gateway: Gateway) -> AsyncGenerator[trio.SocketStream]:
    """A bare connection."""
    stream = await trio.open_tcp_stream("127.0.0.1", gateway.address.port)
    async with stream:
        yield stream


async def read_all(stream: trio.SocketStream) -> bytes:
    """Everything until the other side ends."""
    data = b""
    with trio.fail_after(PATIENCE):
        async for chunk in stream:
            data += chunk
    return data


def request(gateway: Gateway, method: str = "GET", path: str = "/api/health", *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {gateway.address}", f"X-API-Key: {KEY}", *more, "", ""]
    return "\r\n".join(lines).encode()
