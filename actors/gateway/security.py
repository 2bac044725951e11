"""Which requests were meant for us, and the headers every answer carries.

A page of another site can make a browser send requests to an address of ours, and by DNS rebinding even read the
answers. So the ``Host`` header must name this machine, or what its owner has listed, and what changes state must come
from our own page or from a program that is no browser. What only reads cannot be read by another page anyhow, since no
answer allows it; where the browser says who asks, it is refused all the same, so that nobody learns from how long it
took.

The port in ``Host`` may be any: behind ``ssh -L 8080:127.0.0.1:3000`` it is the other end's. A page that another port
of this machine serves is still of another origin.

This keeps other sites out. Who speaks is another question: see :mod:`actors.gateway.authentication`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, final

import attrs

from bus import Data

LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing, so their origin does not matter."""

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; worker-src 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": (
        "accelerometer=(), bluetooth=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
        "magnetometer=(), microphone=(self), midi=(), payment=(), serial=(), usb=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Sent with every answer."""


HSTS: Final = "max-age=31536000"
"""Sent over TLS: for a year, browsers speak to this name over nothing else."""
FROM_ELSEWHERE: Final = "requests from pages of another origin are refused"

_SHOWABLE: Final = re.compile(r"[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\]")
_PORTS: Final = {"http": ":80", "https": ":443"}
"""What may stand behind a host without meaning anything."""


@final
@attrs.frozen(kw_only=True)
class Asked(Data):
    """What a request says of itself, behind a trusted proxy as that one tells it."""

    host: str | None
    """The ``Host`` header."""
    origin: str | None
    """The ``Origin`` header."""
    scheme: str
    """``http`` or ``https``."""
    arrived: str
    """Our address, at which it has come in."""
    peer: str
    """The address from which it has come."""


@final
@attrs.frozen
class HostPolicy(Data):
    """Names under which this gateway may be addressed."""

    names: frozenset[str]
    """In lower case, without port."""

    @classmethod
    def of(cls, bound: str, names: Iterable[str] = ()) -> "HostPolicy":
        """Accept the loopback names, the `bound` host, and these."""
        return cls(LOOPBACK_NAMES | {_written(name) for name in (bound, *names)})

    def refuses(self, asked: Asked, *, changes: bool) -> str | None:
        """Why a request is refused, with the line of the configuration that would allow it; None when it is not.

        Args:
          asked: what it says of itself.
          changes: whether it may change state. Then it must come from no browser at all, or from the page we served.
        """
        if not self.trusts_host(asked.host, asked.arrived):
            return _not_our_name(asked.host)
        if not changes or trusts_origin(asked.origin, asked.host or "", asked.scheme):
            return None
        if asked.scheme == "http" and trusts_origin(asked.origin, asked.host or "", "https"):
            return _not_our_proxy(asked.peer)
        return FROM_ELSEWHERE

    def trusts_host(self, host: str | None, arrived: str = "") -> bool:
        """Whether a request with this ``Host`` header was meant for us.

        By its address it always is: no other site can have a browser ask for an address and call it its own.
        """
        name, port = _parts(host or "")
        known = name in self.names or (arrived != "" and name == _written(arrived))
        return known and port.isascii() and port.isdecimal() and len(port) <= 5


def trusts_origin(origin: str | None, host: str, scheme: str) -> bool:
    """Whether a request comes from no browser at all, or from the page we served ourselves.

    Args:
      origin: the ``Origin`` header; browsers send it with WebSockets and with every changing request.
      host: the ``Host`` header, already trusted.
      scheme: ``http`` or ``https``.
    """
    ours = host.lower().removesuffix(_PORTS[scheme])
    return origin is None or origin.lower() == f"{scheme}://{ours}"


def _written(name: str) -> str:
    """As a name or an address stands in a header."""
    return f"[{name}]".lower() if ":" in name else name.lower()


def _parts(host: str) -> tuple[str, str]:
    """Name, in lower case, and port; the port is the usual one where none is said."""
    name, colon, port = host.lower().rpartition(":")
    if not colon or port.endswith("]"):  # an IPv6 address has colons of its own
        return host.lower(), "80"
    return name, port


def _not_our_name(host: str | None) -> str:
    name, _ = _parts(host or "")
    if not _SHOWABLE.fullmatch(name):
        return "this address is not served under that Host name; use localhost"
    entry = name.strip("[]")
    return (
        f"this address is not served under the name {name}; use localhost, or, if the name is yours, allow it in "
        f'agent.toml: [gateway] hosts = ["{entry}"]'
    )


def _not_our_proxy(peer: str) -> str:
    return (
        f"the page was opened over https, but this request has come over http from {peer}; if that is your reverse "
        f'proxy, say so in agent.toml, [gateway] trusted_proxies = ["{peer}"], and let it set X-Forwarded-Proto'
    )


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


def is_known_by_name(host: str | None) -> bool:
    """Whether a browser is to speak TLS alone to this host from now on.

    Not where it is this machine: it would no longer speak to anything else that runs here.
    """
    return _parts(host or "")[0] not in LOOPBACK_NAMES
