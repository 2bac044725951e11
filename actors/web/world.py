"""The internet as the web tools meet it: who looks names up, what may be spoken to, who is asked. Tests have others."""

import ssl
from collections.abc import Callable
from typing import Final, final

import attrs

from actors.resolving import Lookup, look_up, on_the_internet
from bus import Data

AllowedAt = Callable[[str, int], bool]
"""Whether an address may be spoken to at a port."""


def _on_the_internet(address: str, _port: int) -> bool:
    return on_the_internet(address)


def _anywhere(_address: str, _port: int) -> bool:
    return True


@final
@attrs.frozen(kw_only=True)
class Reach(Data):
    """Where a connection may lead."""

    lookup: Lookup = look_up
    allowed: AllowedAt = _on_the_internet


ANYWHERE: Final = Reach(allowed=_anywhere)
"""For addresses that only the operator can name."""


@final
@attrs.frozen(kw_only=True)
class World(Data):
    """All of it."""

    public: Reach = Reach()
    """For pages and for what search engines there are."""
    trusts: ssl.SSLContext | None = attrs.field(default=None, repr=False)
    """Whose certificates count; None: those that the system trusts."""
    brave: str = "https://api.search.brave.com"
    duckduckgo: str = "https://html.duckduckgo.com"
