"""How a request was sent that a reverse proxy has passed on: believed of those proxies alone that the owner trusts.

They say it in ``X-Forwarded-For``, ``-Proto`` and ``-Host``. The header ``Forwarded`` of RFC 7239 is not read: a proxy
sets one or the other, and hands on what clients say in the one that it does not set. Whoever believes both believes the
clients.
"""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, final

import attrs

from bus import Data

Header = tuple[bytes, bytes]
"""Name, in lower case, and value."""
Network = IPv4Network | IPv6Network

_SCHEMES: Final = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
"""What a proxy may say, some of them in the words of WebSockets."""
FOR: Final = b"x-forwarded-for"
PROTO: Final = b"x-forwarded-proto"
HOST: Final = b"x-forwarded-host"
LONGEST_WAY: Final = 32
"""Proxies that a request may have come through; what it says of more is not read."""


@final
@attrs.frozen
class Sent(Data):
    """A request as its client sent it."""

    client: str
    """Address of the client."""
    scheme: str
    """``http`` or ``https``."""
    host: str | None
    """What it was asked for as, name and port; None where nothing says it."""


@final
class Proxies:
    """Those that are trusted."""

    def __init__(self, trusted: Iterable[str]) -> None:
        """`trusted` are addresses and networks. Raises ValueError."""
        self._networks: tuple[Network, ...] = tuple(ip_network(each) for each in trusted)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def trust(self, address: str) -> bool:
        """Whether what this address says of others is believed."""
        try:
            found = ip_address(plain(address))
        except ValueError:
            return False
        return any(found in network for network in self._networks)

    def sent(self, headers: Sequence[Header], *, peer: str, scheme: str) -> Sent:
        """How a request was sent that has come from `peer`, over `scheme`."""
        host = next(iter(_values(headers, b"host")), None)
        if not self.trust(peer):
            return Sent(plain(peer), scheme, host)
        told = _last(headers, PROTO)
        return Sent(
            self._client(headers, plain(peer)),
            _SCHEMES.get(told, scheme),
            _last(headers, HOST) or host,
        )

    def _client(self, headers: Sequence[Header], peer: str) -> str:
        """The nearest one on the way that is no proxy of ours: what lies beyond, it may have made up."""
        client = peer
        way = [_address(part) for value in _values(headers, FOR) for part in value.split(",")]
        for address in reversed(way[-LONGEST_WAY:]):
            if address is None:
                break
            client = address
            if not self.trust(address):
                break
        return client


def plain(address: str) -> str:
    """An address of IPv4 in its own form, also where a socket of IPv6 tells it."""
    if not address.startswith("::"):
        return address
    try:
        mapped = IPv6Address(address).ipv4_mapped
    except ValueError:
        return address
    return address if mapped is None else str(mapped)


def _address(text: str) -> str | None:
    """The address in an entry of ``X-Forwarded-For``, which may have a port; None where there is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return plain(str(ip_address(text)))
    except ValueError:
        return None


def _values(headers: Iterable[Header], name: bytes) -> Iterator[str]:
    return (value.decode("latin-1") for each, value in headers if each == name)


def _last(headers: Iterable[Header], name: bytes) -> str:
    """What the proxy next to us says: the last of several."""
    return ",".join(_values(headers, name)).rpartition(",")[2].strip()
