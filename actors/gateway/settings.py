"""Settings of the gateway: where it listens and what the empty page shows."""

from collections.abc import Callable
from typing import Self, final

import attrs
from attrs.validators import ge, le, min_len


@final
@attrs.frozen
class Address:
    """A TCP address to listen on. Port 0 takes a free one."""

    host: str = attrs.field(validator=min_len(1))
    """Name or IP address, IPv6 without brackets."""
    port: int = attrs.field(validator=[ge(0), le(65535)])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``host:port`` or ``[ipv6]:port``. Raises ValueError."""
        host, _, port = text.rpartition(":")
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        elif ":" in host:
            host = ""
        if (
            not host
            or any(map(str.isspace, host))
            or not (port.isascii() and port.isdecimal())
            or int(port) > 65535
        ):
            raise ValueError("must be host:port, such as 127.0.0.1:3000")
        return cls(host, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@final
@attrs.frozen(kw_only=True)
class About:
    """What clients are told of the agent they speak with."""

    agent_name: Callable[[], str]
    version: str
    """Of the program."""


@final
@attrs.frozen(kw_only=True)
class Settings:
    server_addr: Address = Address("127.0.0.1", 3000)
    greeting: str | None = None
    """Shown above an empty conversation; None leaves it to the page."""
    prompts: tuple[str, ...] = ()
    """Offered to start a conversation with."""
