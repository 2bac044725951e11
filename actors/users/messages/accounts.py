"""Accounts: who there is, with which role.

A request that changes something says who asks (`user`), how that is known (`proof`) and from where (`address`). Whoever
has the operator's token may everything here; others must be an active admin at the moment of the change.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Final, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import UNCHANGED, Proof, Role
from bus import Abandon, Data, Request

LONGEST_EMAIL: Final = 254
LONGEST_NAME: Final = 100


@final
@attrs.frozen(kw_only=True)
class User(Data):
    """An account."""

    id: str
    """Also the name of the folder with what the agent keeps of this user."""
    email: str | None
    display_name: str | None
    role: Role
    is_active: bool
    """Whether this user is let in."""
    filesystem_enabled: bool
    """Whether this user may look at the agent's files."""
    created_at: datetime
    updated_at: datetime


@endpoint("POST", "/api/settings/auth/users", access="admin", status=201)
@final
@attrs.frozen(kw_only=True)
class AddUser(Request[User]):
    """Make an account. Raises Unfit, Taken, LeftBehind, NotAllowed."""

    version: ClassVar[int] = 2
    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: Annotated[str | None, described("Made up when it is not given.")] = None
    email: Annotated[str | None, described(max_length=LONGEST_EMAIL)] = None
    display_name: Annotated[str | None, described(max_length=LONGEST_NAME)] = None
    role: Role = "user"
    filesystem_enabled: bool = False
    adopt: Annotated[bool, described("Whether to give them what somebody left who had this id before.")] = (
        False
    )
    user: str
    proof: Proof = "key"
    address: str = ""


@endpoint("GET", "/api/settings/auth/users", access="admin")
@final
@attrs.frozen(kw_only=True)
class ListUsers(Request[tuple[User, ...]]):
    """All accounts, oldest first, those that are not active included. Raises NotAllowed."""

    user: str
    proof: Proof = "key"


@endpoint("GET", "/api/settings/auth/users/{id}", access="admin")
@final
@attrs.frozen(kw_only=True)
class GetUser(Request[User]):
    """One account: anybody's for an admin, one's own for everybody. Raises UnknownUser, NotAllowed."""

    id: str
    user: str
    proof: Proof = "key"


@endpoint("PUT", "/api/settings/auth/users/{id}", access="admin")
@final
@attrs.frozen(kw_only=True)
class UpdateUser(Request[User]):
    """Change what is given of an account. Raises UnknownUser, Unfit, Taken, OwnAccount, LastAdmin, NotAllowed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str
    email: Annotated[str | None, described("Null removes it.", max_length=LONGEST_EMAIL)] = UNCHANGED
    display_name: Annotated[str | None, described("Null removes it.", max_length=LONGEST_NAME)] = UNCHANGED
    role: Role | None = None
    filesystem_enabled: bool | None = None
    user: str
    proof: Proof = "key"
    address: str = ""


@endpoint("POST", "/api/settings/auth/users/{id}/deactivate", access="admin")
@final
@attrs.frozen(kw_only=True)
class Deactivate(Request[User]):
    """Let somebody in no more; all devices are signed out. Raises UnknownUser, OwnAccount, LastAdmin, NotAllowed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str
    user: str
    proof: Proof = "key"
    address: str = ""


@endpoint("POST", "/api/settings/auth/users/{id}/activate", access="admin")
@final
@attrs.frozen(kw_only=True)
class Activate(Request[User]):
    """Let somebody in again, with the keys that were not revoked. Raises UnknownUser, NotAllowed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str
    user: str
    proof: Proof = "key"
    address: str = ""
