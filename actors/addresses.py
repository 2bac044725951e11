"""Which addresses of the internet belong to everybody, and so may be spoken to on behalf of a model. Pure.

A name says nothing: ask with each address that it stands for, after it was resolved, and connect to that very address
(:mod:`actors.resolving` does both).
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Address = IPv4Address | IPv6Address

_OF_SOMEBODY: Final = (
    IPv4Network("192.0.0.0/24"),  # of protocols; clouds answer there
    IPv4Network("192.88.99.0/24"),  # relays from IPv4 to IPv6, which nobody runs any more
    IPv4Network("168.63.129.16/32"),  # what is public to look at and answers inside of Azure alone
)
_ALLOCATED: Final = IPv6Network("2000::/3")
"""The one part of IPv6 that is handed out to the public."""
_NAT64: Final = IPv6Network("64:ff9b::/96")
_RESERVED: Final = (IPv6Network("3fff::/20"), IPv6Network("2001:db8::/32"))
"""Of documentation."""


def public(address: str | Address) -> bool:
    """Whether an address is one of the internet: not of this machine, of its network, of a cloud's inside, of a group.

    An IPv4 address inside of an IPv6 one (mapped, 6to4, NAT64) counts itself. What is no address is not public.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inside = _inside(found)
        return _public_v6(found) if inside is None else _public_v4(inside)
    return _public_v4(found)


def _inside(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _public_v4(address: IPv4Address) -> bool:
    return address.is_global and not address.is_multicast and not any(address in net for net in _OF_SOMEBODY)


def _public_v6(address: IPv6Address) -> bool:
    return address.is_global and address in _ALLOCATED and not any(address in net for net in _RESERVED)
