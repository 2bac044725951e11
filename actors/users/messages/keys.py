"""API keys: what programs prove their user with. A key is shown once, when it is made."""

from datetime import datetime
from typing import Annotated, ClassVar, Final, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import Proof
from bus import Abandon, Data, Request, secret

LONGEST_LABEL: Final = 100
LONGEST_DAYS: Final = 3650
MOST_KEYS: Final = 50
"""Keys of one user that are good; of those that are not, as many are remembered."""

Whose = Annotated[str | None, described("The user whose it is; who asks when not given.")]
Label = Annotated[str | None, described("What it is for.", max_length=LONGEST_LABEL)]
Days = Annotated[
    int | None, described("Days for which it is good; ever when not given.", ge=1, le=LONGEST_DAYS)
]


@final
@attrs.frozen(kw_only=True)
class ApiKey(Data):
    """What is known of a key; not the key."""

    id: str
    user: str
    prefix: str
    """The characters after ``sp_live_`` by which it can be told; empty for a key that somebody chose."""
    label: str | None
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    """To the minute."""
    created_at: datetime


@final
@attrs.frozen(kw_only=True)
class CreatedKey(Data):
    """A new key. Nobody can find out later what it is."""

    meta: ApiKey
    key: str = secret()


@endpoint("POST", "/api/auth/keys", status=201)
@endpoint("POST", "/api/settings/auth/users/{id}/api-keys", access="admin", status=201)
@final
@attrs.frozen(kw_only=True)
class NewKey(Request[CreatedKey]):
    """Make a key: of one's own, or as an admin anybody's. Raises UnknownUser, TooManyKeys, NotAllowed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: Whose = None
    label: Label = None
    expires_in_days: Days = None
    user: str
    proof: Proof = "key"
    address: str = ""


@endpoint("GET", "/api/auth/keys")
@endpoint("GET", "/api/settings/auth/users/{id}/api-keys", access="admin")
@final
@attrs.frozen(kw_only=True)
class ListKeys(Request[tuple[ApiKey, ...]]):
    """Keys, newest first, with revoked ones: one's own, or as an admin anybody's. Raises UnknownUser, NotAllowed."""

    id: Whose = None
    user: str
    proof: Proof = "key"


@final
@attrs.frozen(kw_only=True)
class AnyKey(Request[bool]):
    """Whether an active user has a key that is good, so that somebody from elsewhere could sign in."""


@endpoint("POST", "/api/auth/keys/{id}/revoke")
@endpoint("POST", "/api/settings/auth/api-keys/{id}/revoke", access="admin")
@final
@attrs.frozen(kw_only=True)
class RevokeKey(Request[ApiKey]):
    """Make a key void: one's own, or as an admin anybody's. Again changes nothing. Raises UnknownKey, LastAdmin."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str
    user: str
    proof: Proof = "key"
    address: str = ""
