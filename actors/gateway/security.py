"""Which requests were meant for us, and the headers every answer carries.

A page of another site can make a browser send requests to a loopback address, and by DNS rebinding even read the
answers. So the ``Host`` header must name this machine, and what changes state must come from our own page or from
a program that is no browser. What only reads cannot be read by another page anyhow, since no answer allows it; where
the browser says who asks, it is refused all the same, so that nobody learns from how long it took.

The port in ``Host`` may be any: behind ``ssh -L 8080:127.0.0.1:3000`` it is the other end's. A page that another port
of this machine serves is still of another origin.

This keeps other sites out. Who speaks is another question: see :mod:`actors.gateway.authentication`.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final, final

import attrs

LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing, so their origin does not matter."""

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; worker-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Sent with every answer."""


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach a socket bound to `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@final
@attrs.frozen
class HostPolicy:
    """Names under which this gateway may be addressed."""

    names: frozenset[str]
    """In lower case, without port."""

    @classmethod
    def loopback(cls, host: str) -> "HostPolicy":
        """Accept the loopback names and the bound `host`."""
        own = f"[{host}]" if ":" in host else host
        return cls(LOOPBACK_NAMES | {own.lower()})

    def trusts_host(self, host: str | None) -> bool:
        """Whether a request with this ``Host`` header was meant for us."""
        name, colon, port = (host or "").lower().rpartition(":")
        if not colon or port.endswith("]"):  # an IPv6 address has colons of its own
            name, port = (host or "").lower(), "80"
        return name in self.names and port.isascii() and port.isdecimal() and len(port) <= 5

    def trusts_origin(self, origin: str | None, host: str) -> bool:
        """Whether a request may change state: from no browser at all, or from the page we served ourselves.

        Args:
          origin: the ``Origin`` header; browsers send it with WebSockets and with every changing request.
          host: the ``Host`` header, already trusted.
        """
        return origin is None or origin.lower() == f"http://{host.lower()}"


def is_from_elsewhere(fetch_site: str | None) -> bool:
    """Whether a browser says that a page of another origin asks. Programs, and older browsers, say nothing.

    Args:
      fetch_site: the ``Sec-Fetch-Site`` header.
    """
    return fetch_site not in {None, "same-origin", "none"}


def is_opened(fetch_dest: str | None) -> bool:
    """Whether somebody opens an address, and no page fetches it or shows it as a part of itself.

    Args:
      fetch_dest: the ``Sec-Fetch-Dest`` header, of which programs, and older browsers, say nothing.
    """
    return fetch_dest in {None, "document"}
