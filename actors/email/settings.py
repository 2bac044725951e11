"""Settings of e-mail. Where no `smtp_host` is given, there is none."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Final, Literal, final

import attrs
from attrs.validators import ge, le, min_len, optional

from actors.email.addresses import NotAnAddress, plain
from bus import Data

Security = Literal["starttls", "tls", "none"]
"""How a connection is secured: by TLS once both sides have greeted, by TLS from the first byte on, or not at all."""
_SMTP_PORTS: Final[Mapping[Security, int]] = {"starttls": 587, "tls": 465, "none": 25}
_IMAP_PORTS: Final[Mapping[Security, int]] = {"starttls": 143, "tls": 993, "none": 143}
_PORT: Final = optional([ge(1), le(65535)])


@final
@attrs.frozen(kw_only=True)
class Settings(Data):
    enabled: bool = True
    smtp_host: str | None = attrs.field(default=None, validator=optional(min_len(1)))
    """The server that takes what is to be sent. None: e-mail is not used."""
    smtp_port: int | None = attrs.field(default=None, validator=_PORT)
    """None: 587 with ``starttls``, 465 with ``tls``, 25 with ``none``."""
    smtp_security: Security = "starttls"
    smtp_user: str | None = attrs.field(default=None, validator=optional(min_len(1)))
    """None: the server is not asked to know us."""
    sender: str | None = None
    """The agent's address; ``from`` in the files."""
    imap_host: str | None = attrs.field(default=None, validator=optional(min_len(1)))
    """The server that keeps what comes in. None: nothing does."""
    imap_port: int | None = attrs.field(default=None, validator=_PORT)
    """None: 993 with ``tls``, else 143."""
    imap_security: Security = "tls"
    imap_user: str | None = attrs.field(default=None, validator=optional(min_len(1)))
    """None: as `smtp_user`."""
    folder: str = attrs.field(default="INBOX", validator=min_len(1))
    poll_secs: int = attrs.field(default=60, validator=[ge(1), le(86400)])
    """Seconds from one look at the mailbox to the next."""
    authserv_id: str | None = attrs.field(default=None, validator=optional(min_len(1)))
    """What the receiving server calls itself in Authentication-Results. None: a name in the domain of `imap_host`."""

    @property
    def sends(self) -> bool:
        """Whether e-mail is used at all."""
        return self.enabled and self.smtp_host is not None and self.sender is not None

    @property
    def receives(self) -> bool:
        """Whether mails come in."""
        return self.sends and self.imap_host is not None

    @property
    def outgoing_port(self) -> int:
        return self.smtp_port or _SMTP_PORTS[self.smtp_security]

    @property
    def incoming_port(self) -> int:
        return self.imap_port or _IMAP_PORTS[self.imap_security]

    @property
    def incoming_user(self) -> str | None:
        return self.imap_user or self.smtp_user


KEYS: Final = {
    field: f"channels.email.{'from' if field == 'sender' else field}" for field in attrs.fields_dict(Settings)
}
"""Keys of the files by field."""
GUARDED: Final = tuple(key for field, key in KEYS.items() if field not in {"enabled", "poll_secs"})
"""They decide where the password and what is said go, and whom the agent believes."""


def faults(settings: Settings) -> Iterator[str]:
    """What keeps settings from being used although each value is right by itself; one sentence each."""
    if settings.smtp_host is not None and settings.sender is None:
        yield "channels.email.from must be the agent's address where smtp_host is set"
    if settings.imap_host is not None and settings.smtp_host is None:
        yield "channels.email.imap_host needs smtp_host as well: a mail that comes in has to be answered"
    if settings.imap_host is not None and settings.incoming_user is None:
        yield "channels.email.imap_user must be set where imap_host is"
    if settings.sender is not None:
        try:
            plain(settings.sender)
        except NotAnAddress as error:
            yield f"channels.email.from: {error}"
    if not (settings.folder.isascii() and settings.folder.isprintable()):
        yield "channels.email.folder must be plain ASCII, as IMAP writes it"
    for name, host, security in (
        ("smtp", settings.smtp_host, settings.smtp_security),
        ("imap", settings.imap_host, settings.imap_security),
    ):
        if host is not None and security == "none" and not is_loopback(host):
            yield (
                f'channels.email.{name}_security = "none" is for a server on this machine alone: on the way to '
                f"{host} anybody could read along"
            )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, for everybody who looks."""
    if host.casefold() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
