"""Front door of the vault: secrets by name, who may use them where, and who has looked at them.

A secret goes in and is used; it never comes out again, except to the subsystems that ask with :class:`Read` and to the
operator with :class:`Reveal`. Whoever is neither its owner nor an admin does not learn that it exists.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Literal, final

import attrs

from actors.context import from_context
from actors.endpoints import NeedsConfirming, endpoint
from actors.shapes import described
from actors.vault.names import allows
from actors.vocabulary import Proof, Role, quoted
from bus import Abandon, ActorError, Data, ErrorKind, Event, Request, secret

Action = Literal["set", "read", "unreadable", "reveal", "hosts", "delete", "rotate"]


@final
@attrs.frozen(kw_only=True)
class Entry(Data):
    """What is known of a secret without its value."""

    name: str
    owner: str
    """The id of a user; empty for what is the agent's own."""
    system: bool
    """Whether the agent itself works with it, so that no tool ever does: the key of a provider, the token of a bot."""
    hosts: tuple[str, ...]
    """Where it may be sent: names of hosts, ``*.example.com`` for all below one, ``*`` for any. Empty is nowhere."""
    created_at: datetime
    updated_at: datetime
    last_read_at: datetime | None = None


@final
@attrs.frozen(kw_only=True)
class Secret(Data):
    """A secret in clear."""

    name: str
    value: str = secret()
    hosts: tuple[str, ...] = ()
    owner: str = ""

    def allows(self, host: str) -> bool:
        """Whether it may be sent to this host."""
        return allows(self.hosts, host)


_OWNER = described("The id of a user; empty for what is the agent's own.")
_HOSTS = described(
    "Where it may be sent: hosts, `*.example.com` for all below one, `*` for any; empty is nowhere."
)


@endpoint("PUT", "/api/vault/{name}", own="owner")
@endpoint("PUT", "/api/settings/vault/{name}", access="admin")
@final
@attrs.frozen(kw_only=True)
class SetSecret(Request[Entry]):
    """Keeps a secret, in place of an older one of that name. Raises BadSecret, NotYours, VaultFailed."""

    version: ClassVar[int] = 2
    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: str
    value: str = secret()
    hosts: Annotated[
        tuple[str, ...] | None,
        described(
            "Where it may be sent, as below; left out or null keeps what was said, and at first takes what is known "
            "of such a name, or nowhere."
        ),
    ] = None
    owner: Annotated[str, _OWNER] = ""
    user: str
    proof: Proof = "key"
    role: Annotated[Role, from_context("role")]


@endpoint("PUT", "/api/vault/{name}/meta", own="owner")
@endpoint("PUT", "/api/settings/vault/{name}/meta", access="admin")
@final
@attrs.frozen(kw_only=True)
class UpdateHosts(Request[Entry]):
    """Changes where a secret may be sent. Raises UnknownSecret, BadSecret, NotYours, VaultFailed.

    Only the operator lets it go to more hosts than before (or an admin's page that was confirmed), or whoever keeps it
    anew: anybody else could have it sent to
    themselves. Raises Widening.
    """

    version: ClassVar[int] = 2
    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: str
    hosts: Annotated[tuple[str, ...], _HOSTS]
    owner: Annotated[str, _OWNER] = ""
    user: str
    proof: Proof = "key"
    role: Annotated[Role, from_context("role")]


@endpoint("DELETE", "/api/vault/{name}", own="owner")
@endpoint("DELETE", "/api/settings/vault/{name}", access="admin")
@final
@attrs.frozen(kw_only=True)
class DeleteSecret(Request[bool]):
    """Forgets a secret; answers whether there was one. Raises NotYours, VaultFailed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: str
    owner: Annotated[str, _OWNER] = ""
    user: str
    role: Annotated[Role, from_context("role")]


@endpoint("GET", "/api/vault", own="owner")
@endpoint("GET", "/api/settings/vault", access="admin")
@final
@attrs.frozen(kw_only=True)
class ListSecrets(Request[tuple[Entry, ...]]):
    """What is kept, by owner and name, never with a value: one's own, to an admin everything. Raises VaultFailed."""

    version: ClassVar[int] = 2
    owner: Annotated[str | None, described("Only what this user keeps, or with an empty text the agent.")] = (
        None
    )
    user: str
    role: Annotated[Role, from_context("role")]


@final
@attrs.frozen(kw_only=True)
class Found(Data):
    """What a look has come to."""

    secrets: tuple[Secret, ...]
    """In the order of the names; a name that nothing is kept under is left out."""
    unreadable: Mapping[str, str]
    """By name, why a secret that is kept cannot be read, and what to do about it."""


@final
@attrs.frozen(kw_only=True)
class Read(Request[Found]):
    """The secrets of these names, for a subsystem that uses them. Every one is written down. Raises VaultFailed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    names: tuple[str, ...]
    why: str
    """For the person who reads the log: what it is needed for."""
    user: str | None = None
    """Whom it is needed for: what this user keeps counts, and for an admin then what is the agent's own. None is the
    agent itself, which has its own alone and is the only one to get those of the system."""
    role: Role = "user"


@endpoint("POST", "/api/settings/vault/{name}/reveal", access="operator")
@final
@attrs.frozen(kw_only=True)
class Reveal(Request[Secret]):
    """Shows the operator a secret. Raises UnknownSecret, VaultFailed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: str
    owner: Annotated[str, _OWNER] = ""
    user: str


@endpoint("POST", "/api/settings/vault/rotate", access="operator")
@final
@attrs.frozen(kw_only=True)
class Rotate(Request[int]):
    """Seals every secret anew under a new master key, and forgets the old one; answers how many there are.

    Raises CannotRotate, VaultFailed.
    """

    within: ClassVar[float] = 120.0
    expected: ClassVar[float] = 120.0
    abandon: ClassVar[Abandon] = Abandon.FINISH
    user: str


@final
@attrs.frozen(kw_only=True)
class Access(Data):
    """One look at a secret, or change of one."""

    id: int
    at: datetime
    action: Action
    name: str
    """Empty where all are meant."""
    owner: str
    user: str
    """Who, or for whom; empty for the agent itself."""
    why: str


@endpoint("GET", "/api/settings/vault/audit", access="admin")
@final
@attrs.frozen(kw_only=True)
class ListAccesses(Request[tuple[Access, ...]]):
    """Who looked at secrets and changed them, newest first. The last 10 000 are kept. Raises VaultFailed."""

    limit: Annotated[int, described("Most of them.", ge=1, le=1000)] = 100


@final
@attrs.frozen(kw_only=True)
class SecretsChanged(Event):
    """Secrets of these names have another value, other hosts, or are gone."""

    names: tuple[str, ...]
    owner: str


# --- refusals ---------------------------------------------------------------------------------------------


class BadSecret(ActorError):
    """A name, a value, a host or an owner that cannot be one."""


@attrs.define(eq=False, kw_only=True)
class UnknownSecret(ActorError):
    """Nothing is kept under that name, or it is somebody else's."""

    kind: ClassVar[ErrorKind] = "not_found"
    name: str

    def __str__(self) -> str:
        return f"the vault holds no {quoted(self.name)}"


@attrs.define(eq=False, kw_only=True)
class NotYours(ActorError):
    """Only an admin may keep and forget what is not their own."""

    kind: ClassVar[ErrorKind] = "forbidden"
    name: str

    def __str__(self) -> str:
        return f"only an admin may change {quoted(self.name)}, which is not your own"


@attrs.define(eq=False, kw_only=True)
class Widening(NeedsConfirming):
    """Only the operator lets a secret be sent to more hosts than before; nothing was changed."""

    name: str
    hosts: tuple[str, ...]
    """Those that it may not be sent to."""

    def __str__(self) -> str:
        return (
            f"{self.name} may not be sent to {', '.join(self.hosts)}: only the operator lets it go to more hosts, with "
            f"`starpod vault hosts {self.name}`, or an admin in a page that was unlocked with a code from `starpod "
            "open --code`; or else keep it anew, with its value"
        )


class CannotRotate(ActorError):
    """There is no new master key to change to; the text says how there will be one."""

    kind: ClassVar[ErrorKind] = "conflict"


class VaultFailed(ActorError):
    """The database, the master key or an entry cannot be used; the text says what to do."""

    kind: ClassVar[ErrorKind] = "unavailable"
