"""One client's TCP connection, speaking HTTP/1.1 and WebSocket through hypercorn's protocol classes.

It takes the place of ``hypercorn.trio.tcp_server.TCPServer``, whose waits have no bound: a client that stops
reading holds its writer, and with it every stop, for ever; an idle connection is never closed; and an answer sent
before the whole request was read is lost to a reset. Here a write has a deadline, idleness is a deadline of the
reader (so that it costs no task), and after the last byte the socket is read a little longer. The protocol classes
are no public interface of hypercorn, which is why it is pinned to one minor version; the tests of this package
hold the behaviour.
"""

import os
import ssl
from math import inf
from typing import Any, cast, final

import attrs
import trio
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState

from actors.gateway.http1 import App, Http1, Requests
from actors.gateway.limits import Limits
from actors.gateway.share import Share
from actors.gateway.tls import PLAIN_HTTP, Certificate, Session
from bus import Data

READ_BYTES = 64 * 1024
SOCKET_BYTES = 2 * 1024
"""The same from a WebSocket, whose frames, however small, are all taken in one go."""
CRUMBS = 64
"""Pieces (chunks, frames, answers to pings) in one reading from which on a client waits for what they cost."""
PIECE = 50e-6
"""Seconds that a piece costs."""
SMALL = 16 * 1024
"""Bytes up to which a write is tried without letting others run."""
FAIRNESS = 16
"""Such writes in a row, so that a long answer does not keep everybody else waiting."""


@final
@attrs.frozen(kw_only=True)
class Serving(Data):
    """What all connections are served with."""

    app: App
    config: Config
    context: WorkerContext
    limits: Limits
    crumbs: Share
    """Bounds what is done for clients that send in crumbs."""
    certificate: Certificate | None = None
    """Encrypts what is said; None leaves it plain."""


@final
class Connection:
    """Serves the requests of one client, one after the other, or its one WebSocket."""

    def __init__(self, serving: Serving, stream: trio.SocketStream) -> None:
        self._serving = serving
        self._context = serving.context
        self._limits = serving.limits
        self._stream = stream
        certificate = serving.certificate
        self._tls = None if certificate is None else Session(certificate.context())
        self._protocol: Http1
        self._send_lock = trio.Lock()
        self._reading = trio.CancelScope()
        self._writing: trio.CancelScope | None = None
        self._idle = False
        self._ended = False
        self._at_once = 0
        """Writes since the last one that let others run."""
        self._writes = 0
        """All writes."""

    @property
    def idle(self) -> bool:
        """Whether nothing is asked for on it."""
        return self._idle

    async def run(self) -> None:
        """Serve until the client or the gateway has had enough."""
        try:
            async with trio.open_nursery() as nursery:
                self._protocol = self._speak(cast("Any", Requests(nursery)))
                self._set_idle(True)
                await self._read()
        finally:
            await trio.aclose_forcefully(self._stream)

    def hurry(self) -> None:
        """The gateway stops: end at once when idle, and wait only briefly for a client that does not read."""
        if self._idle:
            self._reading.cancel("the gateway stops")
        if self._writing is not None:
            self._writing.deadline = min(self._writing.deadline, self._soon(self._limits.write_timeout))

    def _speak(self, requests: Any) -> Http1:
        socket = self._stream.socket
        return Http1(
            cast("Any", self._serving.app),
            self._serving.config,
            self._context,
            requests,
            ConnectionState({}),
            ssl=self._tls is not None,
            client=socket.getpeername()[:2],
            server=socket.getsockname()[:2],
            send=self._send,
        )

    async def _read(self) -> None:
        with self._reading:
            while True:
                data = await self._receive()
                before = self._protocol.pieces + self._writes
                if not self._ended:
                    await self._protocol.handle(RawData(data))
                if not data:
                    break
                pieces = self._protocol.pieces + self._writes - before
                if self._protocol.is_endless:
                    await self._end()
                if pieces > CRUMBS:
                    await self._serving.crumbs.pay(pieces * PIECE)
        await self._protocol.handle(Closed())

    async def _receive(self) -> bytes:
        """What the client says next; nothing when it has left, or gives no sign of life."""
        asked = False
        while self._protocol.is_socket and not self._ended:
            with trio.move_on_after(self._limits.sign_of_life if asked else self._limits.silence):
                return await self._read_some(SOCKET_BYTES)
            if asked:
                return b""
            asked = await self._protocol.ask_for_a_sign_of_life()
        return await self._read_some(READ_BYTES)

    async def _read_some(self, most: int) -> bytes:
        """What the client says, in clear."""
        while self._tls is not None and not self._ended:
            try:
                data = self._tls.read(most)
            except ssl.SSLError as error:
                await self._refuse_encryption(self._tls, error)
                break
            if self._tls.has_to_send:
                await self._write(b"")
            if data is not None:
                return data
            self._tls.feed(await self._receive_some(READ_BYTES))
        return await self._receive_some(most)

    async def _refuse_encryption(self, tls: Session, error: ssl.SSLError) -> None:
        """Take leave of a client that speaks no TLS, or none that we do."""
        self._write_now(PLAIN_HTTP if error.reason == "HTTP_REQUEST" else tls.sealed())
        await self._end()

    async def _receive_some(self, most: int) -> bytes:
        try:
            return bytes(await self._stream.receive_some(most))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return b""

    async def _send(self, event: Event) -> None:
        """What hypercorn wants done with the socket."""
        if isinstance(event, RawData):
            await self._write(event.data)
        elif isinstance(event, Closed):
            await self._end()
        elif isinstance(event, Updated):
            self._set_idle(event.idle)

    def _set_idle(self, idle: bool) -> None:  # noqa: FBT001
        self._idle = idle
        self._reading.deadline = trio.current_time() + self._limits.keep_alive if idle else inf

    async def _write(self, data: bytes) -> None:
        """Hand data to the kernel. What it takes at once, nearly always all, costs no turn of the scheduler."""
        if self._ended or not (data or self._tls):
            return
        self._at_once += 1
        self._writes += 1
        at_once = self._at_once < FAIRNESS and len(data) <= SMALL and not self._send_lock.locked()
        if at_once:
            data = self._write_now(self._sealed(data))
            if data:
                self._send_lock.acquire_nowait()  # half a frame may be out: nothing may come between
        else:
            await self._send_lock.acquire()
            data = self._sealed(data)
        if data or not at_once:
            try:
                await self._write_slowly(data)
            finally:
                self._send_lock.release()
        if self._ended:
            await trio.aclose_forcefully(self._stream)
            await self._protocol.handle(Closed())

    def _sealed(self, data: bytes) -> bytes:
        """As it goes over the wire, by whoever may write: what was sealed is to be sent in that order."""
        return data if self._tls is None else b"" if self._ended else self._tls.sealed(data)

    def _write_now(self, data: bytes) -> bytes:
        """Write without waiting; what is left to be written."""
        try:
            return data[os.write(self._stream.socket.fileno(), data) :]
        except BlockingIOError:
            return data
        except OSError:  # the client has gone
            self._ended = True
            return b""

    async def _write_slowly(self, data: bytes) -> None:
        """Write all of it, by whoever holds the lock."""
        self._at_once = 0
        if self._ended:
            return
        # Half a frame would garble all that follows, so a cancelled task still ends its write: shielded, and therefore
        # with a deadline of its own.
        deadline = self._soon(self._limits.write_timeout)
        with trio.CancelScope(deadline=deadline, shield=True) as self._writing:
            try:
                await self._stream.send_all(data)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                self._ended = True
        if self._writing.cancelled_caught:
            self._ended = True

    async def _end(self) -> None:
        """Say that nothing more comes, and read on until the client has understood.

        A request is often cancelled just as it ends, so all that matters happens before the first wait.
        """
        if self._ended:
            return
        self._ended = True
        self._reading.deadline = self._soon(self._limits.linger)
        if self._tls is not None and not self._send_lock.locked():
            self._write_now(self._tls.farewell())
        try:
            self._stream.socket.shutdown(trio.socket.SHUT_WR)
        except OSError:
            self._reading.cancel("the client has gone")
        await self._protocol.handle(Closed())

    def _soon(self, usual: float) -> float:
        stopping = self._context.terminated.is_set()
        return trio.current_time() + (min(usual, self._limits.stop_write_timeout) if stopping else usual)
