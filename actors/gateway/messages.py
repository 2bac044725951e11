"""Front door of the gateway: links to its page, and why it could not open its door to the outside."""

from typing import ClassVar, final

import attrs

from actors.endpoints import endpoint
from bus import ActorError, ErrorKind, Request, secret


@attrs.define(eq=False, kw_only=True)
class AddressInUse(ActorError):
    """Somebody else listens on the configured address: stop them, or configure another one."""

    kind: ClassVar[ErrorKind] = "conflict"
    address: str

    def __str__(self) -> str:
        return (
            f"{self.address} is already in use by another program; "
            "stop it or choose another address with server_addr or --port"
        )


@attrs.define(eq=False, kw_only=True)
class AddressRefused(ActorError):
    """The configured address is not one to listen on: not of this machine, not permitted, or not loopback."""

    kind: ClassVar[ErrorKind] = "forbidden"
    address: str
    reason: str

    def __str__(self) -> str:
        return f"cannot listen on {self.address}: {self.reason}"


@final
@attrs.frozen(kw_only=True)
class PageLink:
    url: str = secret()
    """Opens the page, once, within so many seconds, for whoever has it."""
    seconds: float


@endpoint("POST", "/api/page-link", access="operator", origin="operator")
@final
@attrs.frozen(kw_only=True)
class NewPageLink(Request[PageLink]):
    """A link that opens the page as its owner."""
