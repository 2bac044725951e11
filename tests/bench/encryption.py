"""What TLS costs: requests on a connection that is kept, and on one that is new each time."""

import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.bench.daemons import Instance, instance
from tests.bench.figures import Figure, median
from tests.fakes.certificates import certify

KEPT: Final = 500
NEW: Final = 100


def measure(folder: Path) -> list[Figure]:
    """The same requests in clear and encrypted, one after the other."""
    with instance(folder / "clear") as clear, instance(folder / "encrypted") as encrypted:
        files = certify(folder)
        settings = encrypted.folder / ".starpod" / "config" / "agent.toml"
        with settings.open("a", encoding="utf-8") as file:
            file.write(f'[gateway.tls]\ncertificate = "{files.certificate}"\nkey = "{files.key}"\n')
        open_clear, open_encrypted = _way_to(clear), _way_to(encrypted, str(files.certificate))
        kept, kept_in_clear = _kept(open_encrypted), _kept(open_clear)
        new, new_in_clear = _new(open_encrypted), _new(open_clear)
    return [
        Figure(
            name="a request over TLS",
            value=kept,
            unit="ms",
            budget=1,
            note=f"in clear {kept_in_clear:.2f} ms",
        ),
        Figure(
            name="… on a new connection",
            value=new,
            unit="ms",
            budget=4,
            note=f"in clear {new_in_clear:.2f} ms; the client's part of the handshake included",
        ),
    ]


def _way_to(daemon: Instance, certificate: str | None = None) -> Callable[[], socket.socket]:
    """Start a daemon; the result opens a connection to it."""
    host, _, port = daemon.start().rpartition(":")
    context = None if certificate is None else ssl.create_default_context(cafile=certificate)

    def open_connection() -> socket.socket:
        plain = socket.create_connection((host, int(port)), timeout=60)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return plain if context is None else context.wrap_socket(plain, server_hostname="localhost")

    return open_connection


def _ask(connection: socket.socket) -> None:
    connection.sendall(b"GET /api/auth/verify HTTP/1.1\r\nHost: localhost\r\n\r\n")
    said = b""
    while not said.endswith(b"}"):
        said += connection.recv(1 << 16)
    if not said.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(said.decode())


def _kept(open_connection: Callable[[], socket.socket]) -> float:
    """Milliseconds of a request on a connection that is there."""
    with open_connection() as connection:
        return _median(lambda: _ask(connection), KEPT)


def _new(open_connection: Callable[[], socket.socket]) -> float:
    """Milliseconds of a request and its connection."""

    def ask() -> None:
        with open_connection() as connection:
            _ask(connection)

    return _median(ask, NEW)


def _median(ask: Callable[[], None], times: int) -> float:
    seconds: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - start)
    return 1000 * median(seconds)
