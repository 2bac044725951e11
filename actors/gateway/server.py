"""The listening socket and everybody who is connected to it."""

import contextlib
import errno
import logging
import os
import resource
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Final, final

import trio
from hypercorn.config import Config
from hypercorn.trio.worker_context import WorkerContext

from actors.gateway.connection import Connection, Serving
from actors.gateway.http1 import App
from actors.gateway.limits import Limits
from actors.gateway.messages import AddressInUse, AddressRefused, CertificateUnusable
from actors.gateway.settings import Address, Settings
from actors.gateway.share import Share
from actors.gateway.tls import Certificate, certificate_of

BACKLOG = 128
FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
    b"Connection: close\r\n\r\n" + b'{"error":"too many clients are connected"}'
)

_log = logging.getLogger(__name__)


def unusable(settings: Settings) -> Iterator[str]:
    """What of the settings would keep the next start from listening."""
    try:
        certificate_of(settings.gateway.tls)
    except CertificateUnusable as error:
        yield str(error)


def listen(address: Address, limits: Limits) -> socket.socket:
    """Take the address. Raises AddressInUse or AddressRefused."""
    host = "127.0.0.1" if address.host.lower() == "localhost" else address.host
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        _configure(sock, limits)
        sock.bind((host, address.port))
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise AddressInUse(address=str(address)) from error
        raise AddressRefused(address=str(address), reason=error.strerror or str(error)) from error
    return sock


def _configure(sock: socket.socket, limits: Limits) -> None:
    """Options that the connections inherit."""
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if (
        sys.platform == "linux"
    ):  # the kernel, too, gives up a peer that no longer answers, or that is no longer there
        for option, seconds in (
            (socket.TCP_KEEPIDLE, 30),
            (socket.TCP_KEEPINTVL, 10),
            (socket.TCP_KEEPCNT, 3),
        ):
            sock.setsockopt(socket.IPPROTO_TCP, option, seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(3000 * limits.write_timeout))


def for_clients(descriptors: int) -> int:
    """How many of the descriptors that a process may have connections may use: the rest is for stores and models."""
    unlimited = descriptors == resource.RLIM_INFINITY
    return sys.maxsize if unlimited else descriptors - max(32, descriptors // 4)


async def _refuse(stream: trio.SocketStream) -> None:
    """Say that there is no room, to a client that may not even listen."""
    with contextlib.suppress(OSError):
        os.write(stream.socket.fileno(), FULL)
    await trio.aclose_forcefully(stream)


def _configuration(limits: Limits) -> Config:
    config = Config()
    config.accesslog = None  # request lines may hold secrets
    config.errorlog = _log
    config.include_server_header = False
    config.websocket_max_message_size = limits.socket_message
    config.websocket_ping_interval = None  # the connection asks by itself, without a task of its own
    return config


@final
class Server:
    """Serves an ASGI application on a socket until it is cancelled, and then takes leave of its clients."""

    def __init__(
        self,
        app: App,
        sock: socket.socket,
        limits: Limits,
        dismiss: Callable[[], None],
        certificate: Certificate | None = None,
    ) -> None:
        """`dismiss` is called once, when no more clients are accepted: to end what would not end by itself."""
        self._socket = sock
        self._limits = limits
        self._dismiss = dismiss
        self._context = WorkerContext(None)
        self._serving = Serving(
            app=app,
            config=_configuration(limits),
            context=self._context,
            limits=limits,
            crumbs=Share(limits.reading),
            certificate=certificate,
        )
        self._most = min(limits.connections, for_clients(resource.getrlimit(resource.RLIMIT_NOFILE)[0]))
        self._live: set[Connection] = set()
        self._stop = trio.Event()

    @property
    def connections(self) -> int:
        """Clients connected now."""
        return len(self._live)

    async def run(self) -> None:
        """Accept and serve until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._serve_orderly)
            try:
                await trio.sleep_forever()
            finally:
                self._stop.set()

    async def _serve_orderly(self) -> None:
        """Serve until told to stop.

        Cancellation would reach all clients at once and leave no time for a word, so it is kept from here; every
        wait after the stop has a limit of its own.
        """
        listener = trio.SocketListener(trio.socket.from_stdlib_socket(self._socket))
        with trio.CancelScope(shield=True):
            async with trio.open_nursery() as clients:
                async with listener, trio.open_nursery() as accepting:
                    accepting.start_soon(self._accept, listener, clients)
                    await self._stop.wait()
                    accepting.cancel_scope.cancel("the gateway stops")
                clients.cancel_scope.deadline = trio.current_time() + self._limits.stop_within
                await self._context.terminated.set()
                self._dismiss()
                for connection in self._live:
                    connection.hurry()

    async def _accept(self, listener: trio.SocketListener, clients: trio.Nursery) -> None:
        await trio.serve_listeners(self._serve, [listener], handler_nursery=clients)

    def _made_room(self) -> bool:
        """Whether a client that asks for nothing could be sent away."""
        idle = next((connection for connection in self._live if connection.idle), None)
        if idle is not None:
            idle.hurry()
            self._live.discard(idle)
        return idle is not None

    async def _serve(self, stream: trio.SocketStream) -> None:
        try:
            if len(self._live) >= self._most and not self._made_room():
                await _refuse(stream)
                return
            connection = Connection(self._serving, stream)
            self._live.add(connection)
            try:
                await connection.run()
            finally:
                self._live.discard(connection)
        except* OSError:
            pass  # the client left before it was served
        except* Exception:  # noqa: BLE001 - what one client sends must not end the service of the others
            _log.exception("a connection ended with an error")
