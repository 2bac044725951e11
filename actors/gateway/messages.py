"""Front door of the gateway: why it could not open its door to the outside.

Nobody asks the gateway anything over the bus; it is an edge, and what it answers comes over its socket.
"""

import attrs

from bus import ActorError


@attrs.define(eq=False, kw_only=True)
class AddressInUse(ActorError):
    """Somebody else listens on the configured address: stop them, or configure another one."""

    address: str

    def __str__(self) -> str:
        return (
            f"{self.address} is already in use by another program; "
            "stop it or choose another address with server_addr or --port"
        )


@attrs.define(eq=False, kw_only=True)
class AddressRefused(ActorError):
    """The configured address is not one to listen on: not of this machine, not permitted, or not loopback."""

    address: str
    reason: str

    def __str__(self) -> str:
        return f"cannot listen on {self.address}: {self.reason}"
