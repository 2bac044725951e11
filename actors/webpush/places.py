"""Where what is for a browser may be sent: to a push service in the internet, and nowhere within. Pure."""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

_PAGE: Final = re.compile(r"https?://[a-z0-9._\-\[\]:]+", re.IGNORECASE)
_TRANSLATED: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""Where an IPv4 address hides in the last four bytes of another (RFC 6052, RFC 8215)."""


def host_and_port(endpoint: str) -> tuple[str, int]:
    """Whom to connect to. Raises ValueError for what is no address of a push service."""
    if not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
        raise ValueError("expected an address of the web")
    parts = urlsplit(endpoint)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("expected an address that begins with https://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("expected an address without a user")
    return parts.hostname, parts.port or 443


def check_page(page: str) -> None:
    """Raises ValueError for what is no origin of a page."""
    if not _PAGE.fullmatch(page) or not urlsplit(page).hostname:
        raise ValueError("expected the origin of a page, such as https://agent.example")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet, and not of this machine or of a network that it is in."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(each.is_global and not each.is_multicast for each in _meant(found))


def _meant(address: IPv4Address | IPv6Address) -> tuple[IPv4Address | IPv6Address, ...]:
    """The address with those that routers on the way make of it."""
    if isinstance(address, IPv4Address):
        return (address,)
    hidden: list[IPv4Address] = [each for each in (address.ipv4_mapped, address.sixtofour) if each]
    hidden += address.teredo or ()
    hidden += (IPv4Address(int(address) & 0xFFFFFFFF) for net in _TRANSLATED if address in net)
    if address.ipv4_mapped or any(address in net for net in _TRANSLATED):
        return tuple(hidden)
    return (address, *hidden)
