"""A push service on loopback, over TLS: it keeps what it is sent and answers what it is told to."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import h11
import trio

from tests.fakes.certificates import certify


@attrs.frozen
class Taken:
    """One request, as it has come in."""

    path: str
    headers: dict[str, str]
    body: bytes


@attrs.define(eq=False)
class PushService:
    """Takes requests for browsers."""

    port: int
    trusts: ssl.SSLContext
    """What a client needs in order to believe it."""
    answers: list[tuple[int, dict[str, str]] | None] = attrs.field(factory=list)
    """Status and headers of the next answers; None hangs up instead. Without any it is 201."""
    says: bytes = b"so!"
    """The body of each."""
    taken: list[Taken] = attrs.field(factory=list)

    def endpoint(self, name: str, host: str = "localhost") -> str:
        return f"https://{host}:{self.port}/push/{name}"

    async def came(self, count: int) -> list[Taken]:
        """What has come, once it is so many."""
        with trio.fail_after(20):
            while len(self.taken) < count:
                await trio.sleep(0.005)
        return self.taken

    async def serve(self, stream: trio.SSLStream[trio.SocketStream]) -> None:
        connection = h11.Connection(h11.SERVER)
        headers, path, body = dict[str, str](), "", b""
        try:
            while True:
                event = connection.next_event()
                if event is h11.NEED_DATA:
                    connection.receive_data(bytes(await stream.receive_some(65536)))
                elif isinstance(event, h11.Request):
                    path = event.target.decode()
                    headers = {name.decode(): value.decode() for name, value in event.headers}
                elif isinstance(event, h11.Data):
                    body += event.data
                else:
                    break
            if not path:
                return
            self.taken.append(Taken(path, headers, body))
            answer = self.answers.pop(0) if self.answers else (201, dict[str, str]())
            if answer is not None:
                await stream.send_all(_answer(*answer, self.says))
        except (trio.BrokenResourceError, h11.RemoteProtocolError):
            pass  # whoever connected does not believe us
        finally:
            await trio.aclose_forcefully(stream)


def _answer(status: int, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"HTTP/1.1 {status} So", *(f"{name}: {value}" for name, value in headers.items())]
    if "Content-Length" not in headers:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


@asynccontextmanager
async def push_service(folder: Path) -> AsyncGenerator[PushService]:
    """One that runs within."""
    files = certify(folder)
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(files.certificate, files.key)
    trusts = ssl.create_default_context(cafile=files.certificate)
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        service = PushService(listener.socket.getsockname()[1], trusts)
        safe = trio.SSLListener(listener, own, https_compatible=True)
        nursery.start_soon(trio.serve_listeners, service.serve, [safe])
        yield service
        nursery.cancel_scope.cancel()
