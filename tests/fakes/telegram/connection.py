"""HTTP of the stand-in: requests in, answers out, and the ways in which an answer does not arrive."""

import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final, TypeVar, TypeVarTuple, final
from urllib.parse import unquote

import attrs
import h11
import trio

from tests.fakes.telegram.refusals import Refusal

_READ: Final = 1 << 16
_LONGEST: Final = 64 * 1024 * 1024
"""Bytes of a request."""
_PIECES: Final = 10
"""Into which a slow body is cut."""
_Args = TypeVarTuple("_Args")
_T = TypeVar("_T")


class Gone(Exception):
    """The client has left, or the connection was cut on purpose."""


@final
@attrs.frozen
class Incoming:
    method: str
    path: str
    query: str
    content_type: str
    body: bytes = attrs.field(repr=False)


@final
@attrs.frozen
class Answer:
    status: int
    body: bytes
    media_type: str = "application/json"
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])


@final
class Connection:
    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_READ)

    async def receive(self) -> Incoming | None:
        """The next request; None when the client sends no more. Raises Gone."""
        if self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
        try:
            head = await self._event()
            if not isinstance(head, h11.Request):
                return None
            body = bytearray()
            while isinstance(part := await self._event(), h11.Data):
                body += part.data
                if len(body) > _LONGEST:
                    raise Gone
        except h11.RemoteProtocolError:
            raise Gone from None
        if not isinstance(part, h11.EndOfMessage):
            raise Gone
        headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
        path, _, query = head.target.decode("latin-1").partition("?")
        kind = headers.get("content-type", "")
        return Incoming(head.method.decode(), unquote(path), query, kind, bytes(body))

    async def _event(self) -> h11.Event | type[h11.PAUSED] | type[h11.NEED_DATA]:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self._write(h11.InformationalResponse(status_code=100, headers=[]))
            self._http.receive_data(await self._stream.receive_some(_READ))
        return event

    async def watching(self, work: Callable[[*_Args], Awaitable[_T]], *args: *_Args) -> _T:
        """Do `work` as long as the client stays. Raises what `work` refuses, and Gone."""
        results: list[_T | Refusal] = []

        async def run() -> None:
            try:
                results.append(await work(*args))
            except Refusal as error:
                results.append(error)
            nursery.cancel_scope.cancel()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(run)
            with suppress(trio.BrokenResourceError):  # a client that is reset has left as well
                while data := await self._stream.receive_some(_READ):
                    self._http.receive_data(data)
            nursery.cancel_scope.cancel()
        if not results:
            raise Gone
        if isinstance(results[0], Refusal):
            raise results[0]
        return results[0]

    # answers

    async def send(self, answer: Answer) -> None:
        """Send all of it."""
        await self._head(answer)
        await self._write(h11.Data(data=answer.body))
        await self._write(h11.EndOfMessage())

    async def send_slowly(self, answer: Answer, seconds: float) -> None:
        """Send all of it, the body in pieces over `seconds`."""
        await self._head(answer)
        step = max(1, len(answer.body) // _PIECES)
        for at in range(0, len(answer.body), step):
            await trio.sleep(seconds / _PIECES)
            await self._write(h11.Data(data=answer.body[at : at + step]))
        await self._write(h11.EndOfMessage())

    async def send_half(self, answer: Answer) -> None:
        """Send the head and half of the body, then nothing until the client leaves. Raises Gone."""
        await self._head(answer)
        await self._write(h11.Data(data=answer.body[: len(answer.body) // 2]))
        await self.silence()

    async def silence(self) -> None:
        """Say nothing until the client leaves. Raises Gone."""
        await self.watching(trio.sleep_forever)

    def cut(self, *, hard: bool) -> None:
        """End the connection: closed, or broken off (`hard`). Raises Gone."""
        if hard:
            self._stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    async def _head(self, answer: Answer) -> None:
        headers = {
            "server": "nginx/1.18.0",
            "content-type": answer.media_type,
            "content-length": str(len(answer.body)),
            **answer.headers,
        }
        await self._write(h11.Response(status_code=answer.status, headers=list(headers.items())))

    async def _write(self, event: h11.Event) -> None:
        if data := self._http.send(event):
            await self._stream.send_all(data)
