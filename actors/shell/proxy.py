"""The way of a command to the internet: a proxy for HTTP, and for whatever else is asked for by CONNECT.

It looks names up itself and connects to an address that it has checked, so nothing of this machine or of its network
can be reached, by whatever name.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, final
from urllib.parse import urlsplit

import attrs
import trio

from actors.resolving import NotPublic, Unreachable
from bus import Data

MAX_HEAD: Final = 64 * 1024
"""Bytes of the first lines of a request."""
PATIENCE: Final = 30.0
"""Seconds in which they must have come."""
AT_ONCE: Final = 128
"""Connections of one command at once."""
CHUNK: Final = 64 * 1024
END: Final = b"\r\n\r\n"
OF_THE_WAY: Final = ("connection", "keep-alive", "proxy-connection", "proxy-authorization")
"""Fields of a request that are for the proxy."""

Connect = Callable[[str, int], Awaitable[trio.SocketStream]]
"""Connects with a port of a host, by name. Raises NotPublic or Unreachable."""


@final
@attrs.frozen(kw_only=True)
class Wanted(Data):
    """Where a request is to go, and what is said there first."""

    host: str
    port: int
    head: bytes | None
    """None for a connection that is only passed on (CONNECT)."""


class NotForAProxy(ValueError):
    """A request that no proxy is asked."""


def wanted(head: bytes) -> Wanted:
    """What the first lines of a request ask for. Raises NotForAProxy."""
    first, *fields = head.removesuffix(END).split(b"\r\n")
    try:
        method, target, version = first.decode("ascii").split(" ")
        found = urlsplit(f"//{target}" if method == "CONNECT" else target)
        host, port = found.hostname, found.port
    except ValueError as error:
        raise NotForAProxy(str(error)) from error
    if not host:
        raise NotForAProxy("it names no host")
    if method == "CONNECT":
        return Wanted(host=host, port=port or 443, head=None)
    if found.scheme != "http":
        raise NotForAProxy(f"a proxy is asked for http://…, not for {target[:100]}")
    path = found._replace(scheme="", netloc="", fragment="").geturl()
    path = path if path.startswith("/") else f"/{path}"
    kept = [each for each in fields if _name(each) not in OF_THE_WAY]
    lines = (f"{method} {path} {version}".encode(), *kept, b"Connection: close")
    return Wanted(host=host, port=port or 80, head=b"\r\n".join(lines) + END)


def _name(field: bytes) -> str:
    return field.partition(b":")[0].strip().lower().decode("latin-1")


async def serve(listener: trio.SocketListener, connect: Connect) -> None:
    """Carry on what is asked for, until cancelled."""
    places = trio.CapacityLimiter(AT_ONCE)

    async def one(stream: trio.SocketStream) -> None:
        async with places, stream:
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                await _carry(stream, connect)

    await trio.serve_listeners(one, [listener])


async def _carry(stream: trio.SocketStream, connect: Connect) -> None:
    head = rest = b""
    with trio.move_on_after(PATIENCE):
        head, rest = await _head(stream)
    if not head:
        return
    try:
        asked = wanted(head)
    except NotForAProxy as error:
        await _refuse(stream, "400 Bad Request", str(error))
        return
    try:
        there = await connect(asked.host, asked.port)
    except NotPublic as error:
        await _refuse(stream, "403 Forbidden", str(error))
    except Unreachable as error:
        await _refuse(stream, "502 Bad Gateway", str(error))
    else:
        async with there:
            await _between(stream, there, asked, rest)


async def _head(stream: trio.SocketStream) -> tuple[bytes, bytes]:
    """The first lines of a request and what came with them; nothing when they do not come."""
    found = bytearray()
    while (end := found.find(END)) < 0:
        data = await stream.receive_some(CHUNK)
        if not data or len(found) > MAX_HEAD:
            return b"", b""
        found += data
    end += len(END)
    return bytes(found[:end]), bytes(found[end:])


async def _refuse(stream: trio.SocketStream, status: str, why: str) -> None:
    body = f"{why}\n".encode()
    fields = f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\nConnection: close"
    await stream.send_all(f"HTTP/1.1 {status}\r\n{fields}\r\n\r\n".encode() + body)


async def _between(stream: trio.SocketStream, there: trio.SocketStream, asked: Wanted, rest: bytes) -> None:
    """Pass on what each says to the other, until both are done."""
    if asked.head is None:
        await stream.send_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await there.send_all((asked.head or b"") + rest)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_pass_on, stream, there)
        await _pass_on(there, stream)
        if asked.head is not None:  # an answer that has ended, whatever the asker still has to say
            nursery.cancel_scope.cancel(reason="answered")


async def _pass_on(source: trio.SocketStream, target: trio.SocketStream) -> None:
    with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
        while data := await source.receive_some(CHUNK):
            await target.send_all(data)
        await target.send_eof()
