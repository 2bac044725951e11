"""Ports of loopback at which nobody listens."""

import socket
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def reserved_port() -> Generator[int]:
    """A port that the system gives to nobody else within the block; who asks for it by number may listen there."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a server sets it as well
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        yield port
