"""Settings of the gateway: where it listens, how it is reached, and what the empty page shows."""

import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Final, Self, final
from urllib.parse import urlsplit

import attrs
from attrs.validators import deep_iterable, ge, le, min_len, optional

from bus import Data

_OURS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
"""Addresses that stand for all of the machine's, with the one by which it reaches itself."""
_NAME: Final = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,20}", re.IGNORECASE)
_ORIGIN: Final = re.compile(
    rf"https?://(?:{_NAME.pattern}|\[[0-9a-f:.]{{2,45}}\])(?::[0-9]{{1,5}})?", re.IGNORECASE
)
_BASE_PATH: Final = re.compile(r"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]+)*")


def _is_name(_settings: Any, _field: Any, value: str) -> None:
    if _NAME.fullmatch(value) or _is_address(value):
        return
    hint = "" if value.isascii() else "; letters of other scripts are written as xn--…"
    raise ValueError(f"must be names or addresses without port, such as agent.example{hint}")


def _is_address(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def _is_network(_settings: Any, _field: Any, value: str) -> None:
    try:
        ip_network(value)
    except ValueError as error:
        raise ValueError("must be addresses or networks, such as 127.0.0.1 or 10.0.0.0/8") from error


def _is_base_path(_settings: Any, _field: Any, value: str) -> None:
    if not _BASE_PATH.fullmatch(value):
        raise ValueError("must begin with a slash and not end with one, such as /starpod")


def _is_origin(_settings: Any, _field: Any, value: str) -> None:
    if not _ORIGIN.fullmatch(value):
        raise ValueError("must be scheme and host, such as https://agent.example")


def _is_absolute(_settings: Any, _field: Any, value: str) -> None:
    if not value.startswith("/"):
        raise ValueError("must be a path that begins with a slash")


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
class Address(Data):
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

    @property
    def here(self) -> "Address":
        """The same as programs of this machine reach it."""
        return attrs.evolve(self, host=_OURS.get(self.host, self.host))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@final
@attrs.frozen(kw_only=True)
class About(Data):
    """What clients are told of the agent they speak with."""

    agent_name: Callable[[], str]
    version: str
    """Of the program."""
    documentation: Path | None = None
    """The folder of what there is to read about it; None where it came without."""


@final
@attrs.frozen(kw_only=True)
class Tls(Data):
    """Files in the format PEM."""

    certificate: str | None = attrs.field(default=None, validator=optional(_is_absolute))
    """The certificate, with those that lead to its root."""
    key: str | None = attrs.field(default=None, validator=optional(_is_absolute))

    def __attrs_post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("needs both, certificate and key")


@final
@attrs.frozen(kw_only=True)
class Reach(Data):
    """How it is reached from beyond this machine."""

    hosts: tuple[str, ...] = attrs.field(default=(), validator=deep_iterable(_is_name))
    """Names under which it may be asked, beside its address and those of this machine."""
    trusted_proxies: tuple[str, ...] = attrs.field(default=(), validator=deep_iterable(_is_network))
    """Addresses and networks of reverse proxies, which are believed what they say of a request."""
    base_path: str = attrs.field(default="", validator=_is_base_path)
    """Below it lies all there is."""
    public_url: str | None = attrs.field(default=None, validator=optional(_is_origin))
    """What links begin with; None makes it up from host and address."""
    tls: Tls = Tls()

    @property
    def scheme(self) -> str:
        """What the gateway itself speaks."""
        return "http" if self.tls.certificate is None else "https"

    @property
    def names(self) -> frozenset[str]:
        """All hosts, without port."""
        public = urlsplit(self.public_url or "").hostname
        return frozenset(self.hosts if public is None else (*self.hosts, public))


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    server_addr: Address = Address("127.0.0.1", 3000)
    gateway: Reach = Reach()
    greeting: str | None = None
    """Shown above an empty conversation; None leaves it to the page."""
    prompts: tuple[str, ...] = ()
    """Offered to start a conversation with."""
    rate_limit_requests: int = attrs.field(default=0, validator=ge(0))
    """Requests and messages of one user in a window; 0 is no limit."""
    rate_limit_window_secs: int = attrs.field(default=60, validator=ge(1))
    """Seconds."""


def is_overheard(settings: Settings) -> bool:
    """Whether others can reach it with nothing that encrypts what is said."""
    beyond = not is_loopback(settings.server_addr.host)
    return beyond and settings.gateway.scheme == "http" and not settings.gateway.trusted_proxies


def url_for_people(reach: Reach, bound: Address) -> str:
    """Where people find a gateway that listens at `bound`, as far as the configuration says; without a last slash."""
    found = bound.here
    if reach.public_url is not None:
        return f"{reach.public_url}{reach.base_path}"
    if reach.hosts and not is_loopback(bound.host):
        found = Address(reach.hosts[0], bound.port)
    return f"{reach.scheme}://{found}{reach.base_path}"
