"""Whose requests are answered, and the headers every answer carries.

A page of another site can make a browser send requests to a loopback address, and by DNS rebinding even read the
answers. So the ``Host`` header must name this machine, and what changes state must come from our own page or from
a program that is no browser. What only reads cannot be read by another page anyhow, since no answer allows it; where
the browser says who asks, it is refused all the same, so that nobody learns from how long it took.

This keeps other sites out, not other programs of this machine: those see what the page sees until there are accounts.
What shows the bodies of messages or acts on the parts of the daemon needs the operator's token (``operator.py``).
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import final

import attrs

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing, so their origin does not matter."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
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

    authorities: frozenset[str]
    """Accepted values of the ``Host`` header, in lower case."""

    @classmethod
    def loopback(cls, host: str, port: int) -> "HostPolicy":
        """Accept the loopback names and the bound `host`, at the bound `port`."""
        own = f"[{host}]" if ":" in host else host
        names = LOOPBACK_NAMES | {own.lower()}
        bare = names if port == 80 else frozenset[str]()
        return cls(frozenset(f"{name}:{port}" for name in names) | bare)

    def trusts_host(self, host: str | None) -> bool:
        """Whether a request with this ``Host`` header was meant for us."""
        return host is not None and host.lower() in self.authorities

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
