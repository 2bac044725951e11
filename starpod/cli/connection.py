"""A WebSocket to a daemon, as a stream of JSON objects."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Self
from urllib.parse import urlencode

import trio
from trio_websocket import (
    ConnectionClosed,
    ConnectionRejected,
    HandshakeError,
    WebSocketConnection,
    open_websocket_url,
)
from wsproto.utilities import LocalProtocolError

from actors import jsontext
from actors.causes import why
from starpod.cli.client import Refused, Unreachable, credentials, encryption
from starpod.errors import StarpodError
from starpod.lock import DaemonInfo

CONNECT_WITHIN: Final = 10.0  # seconds
CLOSE_WITHIN: Final = 1.0  # seconds
NORMAL: Final = 1000  # the code of a close that nobody minds
BROKEN: Final = 1006  # the code where nobody has said anything


class Disconnected(StarpodError):
    """The daemon closed the connection."""


class Connection:
    """Send objects, iterate over objects."""

    def __init__(self, socket: WebSocketConnection) -> None:
        self._socket = socket

    async def send(self, message: Mapping[str, Any]) -> None:
        try:
            await self._socket.send_message(json.dumps(message))
        except ConnectionClosed as error:
            raise Disconnected(_why(error)) from error

    async def receive(self) -> dict[str, Any]:
        """The next object. Raises Disconnected."""
        try:
            received = await self._socket.get_message()
            return jsontext.read_object(received, depth=jsontext.OWN_DEPTH)
        except ConnectionClosed as error:
            raise Disconnected(_why(error)) from error
        except jsontext.NotJson as error:
            raise Disconnected(f"the agent said what is no JSON: {error}") from error

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> dict[str, Any]:
        return await self.receive()


def _why(error: ConnectionClosed) -> str:
    reason = error.reason
    if reason is None or reason.code == BROKEN:
        return "the connection to the daemon broke off"
    if reason.code == NORMAL:
        return f"the daemon has closed the connection: {reason.reason or 'it has said all'}"
    return f"the daemon has closed the connection: {reason.reason or reason.name} ({reason.code})"


@asynccontextmanager
async def _undisturbed() -> AsyncGenerator[None]:
    """Close although the daemon asks, just then, whether we are still there: the library does not get over it."""
    try:
        yield
    except* LocalProtocolError:
        pass


@asynccontextmanager
async def connect(daemon: DaemonInfo, path: str, **query: str | int) -> AsyncGenerator[Connection]:
    """Open a WebSocket with the operator's token. Raises Unreachable, and Refused when the daemon does not let us in.

    A peer that accepts and stays silent would hold the library for ever, hence the deadline until we are in.
    """
    url = f"{daemon.url.replace('http', 'ws', 1)}{path}" + (f"?{urlencode(query)}" if query else "")
    context = encryption() if daemon.scheme == "https" else None
    headers = [(name.encode(), value.encode()) for name, value in credentials(daemon).items()]
    failure: BaseException | None = None
    with trio.CancelScope(deadline=trio.current_time() + CONNECT_WITHIN) as scope:
        try:
            async with _undisturbed(), open_websocket_url(url, context, extra_headers=headers) as socket:
                scope.deadline = float("inf")
                try:
                    yield Connection(socket)
                finally:
                    # The library leaves the stream open when the other side was the first to close.
                    with trio.move_on_after(CLOSE_WITHIN):
                        await socket.aclose()
                    await trio.aclose_forcefully(socket._stream)  # noqa: SLF001 - there is no other way to it
        except HandshakeError as error:
            failure = error
    if scope.cancelled_caught:
        raise Unreachable(daemon)
    if isinstance(failure, ConnectionRejected):
        raise Refused(failure.status_code, failure.body or b"") from failure
    if failure is not None:
        raise Unreachable(daemon, why(failure) if failure.__cause__ else "") from failure
