"""What may be fetched, by its address alone: which host it leads to is looked at when it is connected to. Pure."""

from typing import Final

import httpx2

LONGEST: Final = 8000
"""Characters of an address."""
_WITHIN: Final = ("localhost", "local", "internal", "home.arpa")
"""What the last labels of a name may not be: they are never names of the internet."""


class NotAnAddress(ValueError):
    """What was given is no address of a page; the text says why, for whoever gave it."""


def target(text: str) -> httpx2.URL:
    """The address of a page, without its fragment. Raises NotAnAddress."""
    if len(text) > LONGEST:
        raise NotAnAddress(f"an address has {LONGEST} characters at most")
    try:
        url = httpx2.URL(text.strip())
    except httpx2.InvalidURL as error:
        raise NotAnAddress(str(error)) from None
    if url.scheme not in {"http", "https"}:
        raise NotAnAddress("expected an address that begins with https:// or http://")
    if not url.raw_host:
        raise NotAnAddress("expected an address with a host")
    if url.userinfo:
        raise NotAnAddress("expected an address without a user or a password")
    if url.port is not None and not 0 < url.port < 65536:
        raise NotAnAddress("expected a port from 1 to 65535")
    return url.copy_with(fragment=None)


def after(url: httpx2.URL, location: str) -> httpx2.URL:
    """Where a redirect leads. Raises NotAnAddress."""
    if len(location) > LONGEST:
        raise NotAnAddress(f"an address has {LONGEST} characters at most")
    try:
        return target(str(url.join(location)))
    except httpx2.InvalidURL as error:
        raise NotAnAddress(str(error)) from None


def is_within(url: httpx2.URL) -> bool:
    """Whether a host is one of this machine or of its network by its very name."""
    name = url.raw_host.decode("ascii").lower().rstrip(".")
    return any(name == each or name.endswith(f".{each}") for each in _WITHIN)
