"""A WebSocket client for tests: it speaks JSON, and never waits longer than a test's patience."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import trio
import trio_websocket

from tests.actors.gateway.described import check_frame

KEY = f"sp_live_{'0123456789' * 4}"
KNOWN = {"X-API-Key": KEY}
"""What a program shows to be known."""
PATIENCE = 20.0
"""Seconds a test waits for anything; a machine that does other things as well takes some."""


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something is so that sets no event of ours."""
    with trio.fail_after(PATIENCE):
        while not holds():
            await trio.sleep(0.01)


class Socket:
    """A WebSocket client that speaks JSON."""

    def __init__(self, connection: trio_websocket.WebSocketConnection, *, checked: bool = False) -> None:
        """`checked` refuses what the gateway has not described."""
        self.connection = connection
        self._checked = checked

    async def say(self, **message: Any) -> None:
        await self.raw(json.dumps(message))

    async def raw(self, text: str | bytes) -> None:
        with trio.fail_after(PATIENCE):
            await self.connection.send_message(text)

    async def hear(self) -> Any:
        """The next frame."""
        with trio.fail_after(PATIENCE):
            frame = json.loads(await self.connection.get_message())
        if self._checked:
            check_frame(frame)
        return frame

    async def until(self, kind: str) -> list[Any]:
        """Frames up to and including the next of a type."""
        frames = [await self.hear()]
        while frames[-1]["type"] != kind:
            frames.append(await self.hear())
        return frames

    async def silence(self, seconds: float = 0.1) -> None:
        """Nothing comes for a while."""
        with trio.move_on_after(seconds):
            frame = await self.connection.get_message()
            raise AssertionError(f"unexpected {frame!r}")

    async def closed(self) -> int | None:
        """Wait for the close, and return its code."""
        with trio.fail_after(PATIENCE):
            try:
                while True:
                    await self.connection.get_message()
            except trio_websocket.ConnectionClosed as closed:
                return None if closed.reason is None else closed.reason.code


@asynccontextmanager
async def connected(
    url: str,
    headers: dict[str, str] | None = None,
    *,
    known: bool = True,
    subprotocols: tuple[str, ...] = (),
) -> AsyncGenerator[Socket]:
    """A WebSocket that never outlives the patience of a test when it cannot be opened or closed.

    It shows the key of a program unless it is not to be `known`.
    """
    shown = {**(KNOWN if known else {}), **(headers or {})}
    extra = [(name.encode(), value.encode()) for name, value in shown.items()]
    parts = httpx2.URL(url)
    stream = await trio.open_tcp_stream(parts.host, parts.port or 80)
    try:
        async with trio.open_nursery() as nursery:
            with trio.fail_after(PATIENCE):
                connection = await trio_websocket.wrap_client_stream(
                    nursery,
                    stream,
                    parts.netloc.decode(),
                    parts.raw_path.decode(),
                    subprotocols=subprotocols,
                    extra_headers=extra,
                )
            yield Socket(connection, checked=parts.path.endswith("/ws"))
            with trio.move_on_after(1):
                await connection.aclose()
            nursery.cancel_scope.cancel()
    finally:
        await trio.aclose_forcefully(stream)
