"""A port of loopback where somebody listens, or for a while nobody, so that clients are refused."""

import contextlib
import socket
from collections.abc import Awaitable, Callable, Generator
from typing import Final, final

import trio

_QUEUE: Final = 128
"""Connections that wait to be taken."""


@final
class Line:
    """Connected from the start; the port stays its own while it is not."""

    def __init__(
        self, nursery: trio.Nursery, serve: Callable[[trio.SocketStream], Awaitable[object]], port: int = 0
    ) -> None:
        self._nursery = nursery
        self._serve = serve
        self._holder = _bound(port)
        self.port: int = self._holder.getsockname()[1]
        self._listening: trio.SocketListener | None = None
        self._carried: set[trio.CancelScope] = set()
        self.connect()

    def connect(self) -> None:
        """Take connections."""
        if self._listening is None:
            plain = _bound(self.port)
            plain.listen(_QUEUE)
            self._listening = trio.SocketListener(trio.socket.from_stdlib_socket(plain))
            self._nursery.start_soon(self._listen, self._listening)

    def disconnect(self) -> None:
        """Refuse connections and cut those that there are, except those of tests that drive the stand-in."""
        if self._listening is not None:
            self._listening.socket.close()
            self._listening = None
        for scope in self._carried:
            scope.cancel()

    def close(self) -> None:
        self._holder.close()

    @contextlib.contextmanager
    def carrying(self) -> "Generator[trio.CancelScope]":
        """Around the service of one connection: left early when it is cut."""
        with trio.CancelScope() as scope:
            self._carried.add(scope)
            try:
                yield scope
            finally:
                self._carried.discard(scope)

    def spare(self, scope: trio.CancelScope) -> None:
        """The connection that is served within `scope` is not to be cut."""
        self._carried.discard(scope)

    async def _listen(self, listener: trio.SocketListener) -> None:
        with contextlib.suppress(trio.ClosedResourceError):
            while True:
                self._nursery.start_soon(self._serve, await listener.accept())


def _bound(port: int) -> socket.socket:
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    plain.bind(("127.0.0.1", port))
    return plain
