"""A stand-in for a hosting backend on loopback: it keeps what it was asked, and answers what it is told to."""

import json
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from threading import Event, Thread
from typing import Any, Self, cast, final
from urllib.parse import parse_qsl, urlsplit

import attrs
import h11
import trio

from actors.instances.account import Api, Backend

Send = Callable[[bytes], Awaitable[None]]
Stream = Callable[[Send], Awaitable[None]]


@final
@attrs.frozen(kw_only=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@final
class StandIn:
    """Answers come from a queue by method and path, else from what always holds; what is neither is 404."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[Asked] = []
        self._news = trio.Event()
        self._always: dict[str, tuple[int, Any]] = {}
        self._next: dict[str, deque[tuple[int, Any]]] = {}

    def says(self, what: str, body: Any = None, status: int = 200) -> Self:
        """What `GET /path` is answered with: JSON, bytes, or a function that sends them."""
        self._always[what] = (status, body)
        return self

    def forget(self) -> None:
        """It knows nothing any more."""
        self._always.clear()
        self._next.clear()

    def then(self, what: str, body: Any = None, status: int = 200) -> Self:
        """What it is answered with once; several in turn."""
        self._next.setdefault(what, deque()).append((status, body))
        return self

    def backend(self, key: str | None = "the-key", api: Api = "plain") -> Backend:
        return Backend(url=self.url, key=key, api=api)

    async def until_asked(self, count: int, what: str) -> None:
        """Wait until it was asked this so often."""
        with trio.fail_after(3600):
            while sum(f"{each.method} {each.path}" == what for each in self.asked) < count:
                await self._news.wait()

    async def serve(self, stream: trio.SocketStream) -> None:
        try:
            async with stream:
                await self._serve(stream)
        except (trio.BrokenResourceError, trio.ClosedResourceError, h11.RemoteProtocolError):
            pass  # the client has left

    async def _serve(self, stream: trio.SocketStream) -> None:
        connection = h11.Connection(h11.SERVER)
        request, body = None, b""
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await stream.receive_some())
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            else:
                break
        if request is None:
            return
        where = urlsplit(request.target.decode())
        method = request.method.decode()
        self.asked.append(
            Asked(
                method=method,
                path=where.path,
                query=dict(parse_qsl(where.query)),
                headers={name.decode(): value.decode() for name, value in request.headers},
                body=body,
            )
        )
        self._news.set()
        self._news = trio.Event()
        what = f"{method} {where.path}"
        waiting = self._next.get(what)
        status, answer = (
            waiting.popleft() if waiting else self._always.get(what, (404, {"error": "not there"}))
        )
        head = [(b"connection", b"close"), (b"transfer-encoding", b"chunked")]
        await stream.send_all(connection.send(h11.Response(status_code=status, headers=head)) or b"")

        async def send(data: bytes) -> None:
            await stream.send_all(connection.send(h11.Data(data=data)) or b"")

        if callable(answer):
            sends = cast("Stream", answer)
            await sends(send)
        elif answer is not None and (
            data := answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        ):
            await send(data)
        await stream.send_all(connection.send(h11.EndOfMessage()) or b"")


@asynccontextmanager
async def standing_in() -> AsyncGenerator[StandIn]:
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        stand_in = StandIn(listeners[0].socket.getsockname()[1])
        nursery.start_soon(trio.serve_listeners, stand_in.serve, listeners)
        yield stand_in
        nursery.cancel_scope.cancel()


@contextmanager
def in_a_thread() -> Generator[StandIn]:
    """One for code that waits by itself, such as a command."""
    ready, ends = Event(), list[Callable[[], None]]()
    made: list[StandIn] = []

    async def serve() -> None:
        async with standing_in() as stand_in:
            with trio.CancelScope() as scope:
                token = trio.lowlevel.current_trio_token()
                made.append(stand_in)
                ends.append(lambda: token.run_sync_soon(scope.cancel))
                ready.set()
                await trio.sleep_forever()

    thread = Thread(target=trio.run, args=(serve,))
    thread.start()
    ready.wait()
    try:
        yield made[0]
    finally:
        ends[0]()
        thread.join()
