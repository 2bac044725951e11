"""Which backend is asked, and with which key: what somebody has set, else what `starpod auth login` has kept.

A key goes only to the address that it is for, and never is it that of a provider of models.
"""

import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Literal, final
from urllib.parse import urlsplit

import attrs

from actors import atomic, jsontext
from actors.instances.messages import NotSetUp
from bus import Data

URL: Final = "STARPOD_URL"
KEY: Final = "STARPOD_API_KEY"
GATEWAY_URL: Final = "STARPOD_INSTANCE_BACKEND_URL"
GATEWAY_KEY: Final = "STARPOD_INSTANCE_BACKEND_KEY"

Api = Literal["auto", "plain", "v1"]
"""Where its paths begin: at its address, below ``/api/v1``, or where it is found to answer."""


@final
@attrs.frozen(kw_only=True)
class Backend(Data):
    """Whom to ask."""

    url: str
    """Without a slash at its end."""
    key: str | None = attrs.field(default=None, repr=False)
    api: Api = "auto"


@final
@attrs.frozen(kw_only=True)
class Login(Data):
    """What is kept from one command to the next."""

    backend_url: str
    api_key: str = attrs.field(repr=False)
    email: str = ""

    @property
    def hint(self) -> str:
        """Enough of the key to know it again."""
        return f"{self.api_key[:8]}…{self.api_key[-4:]}" if len(self.api_key) > 12 else "****"


def file_in(home: Path) -> Path:
    """Where the login of a person with this home directory is kept."""
    return home / ".starpod" / "credentials.toml"


def read(path: Path) -> Login | None:
    """The login that is kept, None without one. Raises NotSetUp for a file that is none."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise NotSetUp(reason=f"{path} cannot be read: `starpod auth logout` removes it") from error
    url, key, email = (found.get(name) for name in ("backend_url", "api_key", "email"))
    if not isinstance(url, str) or not isinstance(key, str):
        raise NotSetUp(reason=f"{path} holds no login: `starpod auth logout` removes it")
    return Login(backend_url=url, api_key=key, email=email if isinstance(email, str) else "")


def keep(path: Path, login: Login) -> None:
    """Keep a login; nobody else reads it, at no time."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lines = (f"{name} = {jsontext.write(value)}" for name, value in attrs.asdict(login).items())
    atomic.write(path, "\n".join(lines) + "\n", mode=0o600)


def checked(url: str) -> str:
    """An address that a key may be sent to: by TLS, or on this machine. Raises NotSetUp."""
    url = url.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if (
        not host
        or parts.scheme not in {"http", "https"}
        or parts.query
        or parts.fragment
        or not url.isprintable()
    ):
        raise NotSetUp(
            reason="the address of a hosting backend begins with https://, as https://host.example.com"
        )
    if parts.username is not None or parts.password is not None:
        raise NotSetUp(reason="a key does not belong into the address of a hosting backend")
    if parts.scheme == "http" and not is_here(host):
        raise NotSetUp(
            reason=f"{host} is asked by https:// only: over http:// everybody on the way would read the key"
        )
    return url


def is_here(host: str) -> bool:
    """Whether a host is this machine, whatever a resolver says."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def of_command(environment: Mapping[str, str], login: Login | None, url: str | None = None) -> Backend:
    """Whom the command line asks: the address of a flag, of the environment, of the login. Raises NotSetUp."""
    return _resolved(url or environment.get(URL, ""), environment.get(KEY), login)


def of_agent(url: str, key: str | None, login: Login | None) -> Backend:
    """Whom the agent asks: what it was told, else what its owner's login says. Raises NotSetUp."""
    return _resolved(url, key, login)


def _resolved(url: str, key: str | None, login: Login | None) -> Backend:
    if not url:
        if login is None:
            raise NotSetUp(
                reason=f"no hosting backend is set up: `starpod auth login --url URL`, or {URL} and {KEY}; "
                "`starpod host` runs one on this machine",
                missing=True,
            )
        return Backend(url=checked(login.backend_url), key=login.api_key)
    address = checked(url)
    if not key and login is not None and login.backend_url.rstrip("/") == address:
        key = login.api_key
    if key and (not key.isascii() or not key.isprintable() or " " in key):
        raise NotSetUp(reason="the key for the hosting backend holds characters that no key has")
    return Backend(url=address, key=key or None)
