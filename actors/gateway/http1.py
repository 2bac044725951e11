"""What hypercorn's classes of HTTP/1.1 and WebSocket do, with bounds, and with a good end for every answer.

An answer may come before the request has been read, because it is refused. Then the rest is read and dropped, up to a
bound, and the connection goes on: were it closed instead, a client that still writes would hear of a reset and not of
the refusal, and a proxy might send the next request into the connection that is about to close.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final, cast, final

import h11
import trio
from hypercorn.config import Config
from hypercorn.events import Closed, Updated
from hypercorn.protocol.events import Body, EndBody, Response, StreamClosed
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import ASGIWebsocketState, FrameTooLargeError, WebsocketBuffer, WSStream
from wsproto.events import Message, Ping

from actors.gateway.limits import MIB

App = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application."""

TOO_LONG: Final = 4
"""Times the longest message; a client that sends more than that is cut off."""
UNREAD: Final = 8 * MIB
"""Bytes of a body that are read although nobody wants them."""

_log = logging.getLogger(__name__)


@final
class Cut(WebsocketBuffer):
    """Keeps the beginning of a WebSocket message that is too long: one character more than it may have.

    So whoever reads it can see that, say so, and go on. (hypercorn closes the connection with a bare 1009; here it does
    so when the message has no end.)
    """

    def __init__(self, longest: int) -> None:
        super().__init__(longest + 1)
        self._seen = 0
        self.pieces = 0
        """Frames that came, so far."""
        self.is_endless = False
        """Whether a message is so long that it is not even refused in words."""

    def extend(self, event: Message[Any]) -> None:
        self.pieces += 1
        self._seen += len(event.data)
        self.is_endless = self._seen > TOO_LONG * self.max_length
        if self.is_endless:
            raise FrameTooLargeError
        kept = replace(event, data=event.data[: self.max_length - self.length])
        super().extend(kept)  # pyright: ignore[reportUnknownMemberType] - hypercorn does not say of what

    def clear(self) -> None:
        self._seen = 0
        super().clear()  # pyright: ignore[reportUnknownMemberType]


@final
class _Rest:
    """Takes the place of a request that has been answered: drops what its client still sends of it."""

    def __init__(self, then: Callable[[], Awaitable[None]], end: Callable[[], Awaitable[None]]) -> None:
        """`then` goes on with the connection when all of it has come, `end` ends it when that is too much."""
        self._then = then
        self._end = end
        self._left = UNREAD
        self.closed = False

    async def handle(self, event: Any) -> None:
        if isinstance(event, Body):
            self._left -= len(event.data)
            if self._left < 0:
                await self._end()
        elif isinstance(event, EndBody):
            await self._then()


@final
class Http1(H11Protocol):
    """HTTP/1.1 alone; an offered upgrade to HTTP/2 is ignored, as a server may."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._events = 0
        next_event = self.connection.next_event

        def counted() -> Any:
            self._events += 1
            return next_event()

        self.connection.next_event = counted  # type: ignore[method-assign]

    @property
    def is_socket(self) -> bool:
        """Whether it has become a WebSocket."""
        return isinstance(self.stream, WSStream)

    @property
    def pieces(self) -> int:
        """What the client has sent so far, counted in chunks and frames."""
        return self._events if self._buffer is None else self._buffer.pieces

    @property
    def is_endless(self) -> bool:
        """Whether the client is to be cut off."""
        return self._buffer is not None and self._buffer.is_endless

    async def ask_for_a_sign_of_life(self) -> bool:
        """Send a ping, which every WebSocket client answers by itself; False where there is no open WebSocket."""
        stream = self.stream
        is_open = isinstance(stream, WSStream) and stream.state is ASGIWebsocketState.CONNECTED
        if is_open:
            await cast("Any", stream)._send_wsproto_event(Ping())  # noqa: SLF001 - what hypercorn's own pings call
        return is_open

    @property
    def _buffer(self) -> Cut | None:
        return cast("Cut", self.stream.buffer) if isinstance(self.stream, WSStream) else None

    async def stream_send(self, event: Any) -> None:
        """Send what an application says, and with its answer that nothing more can be asked for where that is so."""
        if isinstance(event, Response) and self._is_last(event):
            event = replace(event, headers=[*event.headers, (b"connection", b"close")])
        await super().stream_send(event)

    def _is_last(self, answer: Response) -> bool:
        """Whether the connection ends after this, and nobody has said so yet."""
        is_said = any(name.lower() == b"connection" for name, _ in answer.headers)
        ends = self.is_socket or self.context.terminated.is_set()
        return ends and not is_said and answer.status_code >= 200

    async def _maybe_recycle(self) -> None:
        """An answer is complete: go on with the next request, once this one has been read."""
        if self.stream is None or self.connection.their_state is not h11.SEND_BODY:
            await super()._maybe_recycle()
            return
        answered = self.stream
        self.stream = cast("Any", _Rest(super()._maybe_recycle, partial(self.send, Closed())))
        await self.send(
            Updated(idle=True)
        )  # it has as long as an idle client, and no time when the gateway stops
        await answered.handle(StreamClosed(stream_id=answered.stream_id))

    async def _check_protocol(self, event: h11.Request) -> None:
        pass

    async def _create_stream(self, request: h11.Request) -> None:
        # Without compression a message takes no more memory than its sender sent.
        headers = [each for each in request.headers if each[0] != b"sec-websocket-extensions"]
        request = h11.Request(
            method=request.method,
            target=request.target,
            headers=headers,
            http_version=request.http_version,
        )
        await super()._create_stream(request)
        if isinstance(self.stream, WSStream):
            self.stream.buffer = Cut(self.config.websocket_max_message_size)
        if self.stream is not None and self.stream.closed:
            # It was refused before it began. hypercorn leaves the connection open, and forgets it.
            await self.stream_send(StreamClosed(stream_id=self.stream.stream_id))


@final
class Requests:
    """The running requests of a connection, in the form hypercorn's protocol classes want it."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery

    async def spawn_app(
        self, app: App, config: Config, scope: Any, send: Callable[[Any], Awaitable[None]]
    ) -> Callable[[Any], Awaitable[None]]:
        """Start a request; the result takes what the client goes on to say.

        What is said to a request that has ended is dropped. (In hypercorn it fills a queue that nobody reads, and
        then waits for ever.)
        """
        told, heard = trio.open_memory_channel[Any](config.max_app_queue_size)
        farewell: list[Any] = []

        async def tell(event: Any) -> None:
            if event["type"].endswith(
                ".disconnect"
            ):  # also said by the request itself, which must not wait for itself
                farewell.append(event)
                told.close()
                return
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                await told.send(event)

        async def hear() -> Any:
            try:
                return await heard.receive()
            except trio.EndOfChannel:
                return farewell[0]

        self._nursery.start_soon(self._run, app, scope, heard, hear, send)
        return tell

    async def _run(
        self,
        app: App,
        scope: Any,
        heard: trio.MemoryReceiveChannel[Any],
        hear: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        try:
            with heard:
                await app(scope, hear, send)
        except* Exception:  # noqa: BLE001 - the client gets an error, the log the reason
            _log.exception("a request ended with an error")
        await send(None)
