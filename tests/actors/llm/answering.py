"""A server that sends the same bytes to whoever asks."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import trio


@asynccontextmanager
async def answering(answer: bytes) -> AsyncGenerator[tuple[str, list[bytes]]]:
    """A server that sends `answer` to whoever asks; yields its address and the requests."""
    requests: list[bytes] = []

    async def serve(stream: trio.SocketStream) -> None:
        async with stream:
            request = b""
            while not request.endswith(b"}"):
                request += await stream.receive_some()
            requests.append(request)
            with suppress(trio.BrokenResourceError):
                await stream.send_all(answer)

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        yield f"127.0.0.1:{listeners[0].socket.getsockname()[1]}", requests
        nursery.cancel_scope.cancel()


def stream_of(body: bytes, *headers: str) -> bytes:
    head = "\r\n".join(("HTTP/1.1 200 OK", "content-type: text/event-stream", "connection: close", *headers))
    return head.encode() + b"\r\n\r\n" + body
