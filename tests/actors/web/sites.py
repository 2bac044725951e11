"""Servers on loopback that stand for the web, and a world in which they are all there is of it."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import h11
import trio

from actors.addresses import public
from actors.web.world import Reach, World

Answer = bytes | Callable[[trio.abc.Stream], Awaitable[Any]]
"""What is sent, as it is; or a function that sends it."""


@attrs.frozen
class Asked:
    """One request, as it has come in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def answer(
    body: bytes | str = b"", kind: str = "text/html; charset=utf-8", status: int = 200, **headers: str
) -> bytes:
    """A whole answer; underlines in names of headers stand for hyphens."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} So", *([f"Content-Type: {kind}"] if kind else ())]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"Content-Length: {len(content)}", "", ""]).encode() + content


def moved(to: str, status: int = 302) -> bytes:
    return answer(b"elsewhere", status=status, Location=to)


@attrs.define(eq=False)
class Site:
    """A server: what it answers by path, and what it was asked."""

    port: int
    pages: dict[str, Answer] = attrs.field(factory=dict)
    asked: list[Asked] = attrs.field(factory=list)

    def at(self, path: str = "/", host: str = "site.example") -> str:
        return f"http://{host}:{self.port}{path}"

    async def serve(self, stream: trio.abc.Stream) -> None:
        connection = h11.Connection(h11.SERVER)
        request, body = None, b""
        try:
            while not isinstance(event := connection.next_event(), h11.EndOfMessage | h11.ConnectionClosed):
                if event is h11.NEED_DATA:
                    connection.receive_data(bytes(await stream.receive_some(65536)))
                elif isinstance(event, h11.Request):
                    request = event
                elif isinstance(event, h11.Data):
                    body += event.data
            if request is None:
                return
            headers = {name.decode(): value.decode() for name, value in request.headers}
            asked = Asked(request.method.decode(), request.target.decode(), headers, body)
            self.asked.append(asked)
            page = self.pages.get(asked.target.partition("?")[0], answer("no such page", status=404))
            await (stream.send_all(page) if isinstance(page, bytes) else page(stream))
        except (trio.BrokenResourceError, h11.RemoteProtocolError):
            pass  # whoever asked has enough, or means somebody else
        finally:
            await trio.aclose_forcefully(stream)


@asynccontextmanager
async def site(**options: Any) -> AsyncGenerator[Site]:
    """One that runs within."""
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        here = Site(listener.socket.getsockname()[1], **options)
        nursery.start_soon(trio.serve_listeners, here.serve, [listener])
        yield here
        nursery.cancel_scope.cancel()


def world(*ports: int, names: dict[str, Any] | None = None, **options: Any) -> World:
    """A world in which these ports of loopback are the web.

    Every name ends in ``.example`` and lies there, but for those of `names`: each has a list of addresses, or a list of
    such lists of which every look takes the next.
    """
    known = names or {}

    async def lookup(host: str) -> Iterable[str]:
        await trio.lowlevel.checkpoint()
        found = known.get(host)
        if found is None:
            return ("127.0.0.1",) if host.endswith(".example") else (host.strip("[]"),)
        return list(found.pop(0)) if found and isinstance(found[0], list) else list(found)

    def allowed(address: str, port: int) -> bool:
        return public(address) or (address == "127.0.0.1" and port in ports)

    base = "http://{}.example:" + str(ports[0] if ports else 1)
    places = {"brave": base.format("brave"), "duckduckgo": base.format("duckduckgo")}
    return World(public=Reach(lookup=lookup, allowed=allowed), **{**places, **options})
