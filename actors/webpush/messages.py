"""Front door of web push: the key that browsers subscribe with, subscriptions, and whom somebody can be reached by."""

from datetime import datetime
from typing import Annotated, ClassVar, Final, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import quoted
from bus import Abandon, ActorError, Data, ErrorKind, Request, secret

CHANNEL: Final = "webpush"
MOST: Final = 20
"""Subscriptions of one user."""
LONGEST_ENDPOINT: Final = 2000
LONGEST_KEY: Final = 100
LONGEST_PAGE: Final = 255


@attrs.define(eq=False, kw_only=True)
class BadSubscription(ActorError):
    """What a browser has sent is no subscription that something could be sent to."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@attrs.define(eq=False, kw_only=True)
class TooManySubscriptions(ActorError):
    """A user has as many as one may have."""

    kind: ClassVar[ErrorKind] = "conflict"
    most: int

    def __str__(self) -> str:
        return f"{self.most} browsers get notifications already: remove one that is no longer used"


@attrs.define(eq=False, kw_only=True)
class UnknownSubscription(ActorError):
    """No subscription of this user has that id."""

    kind: ClassVar[ErrorKind] = "not_found"
    id: str

    def __str__(self) -> str:
        return f"there is no subscription {quoted(self.id)}"


@attrs.define(eq=False, kw_only=True)
class StorageFailed(ActorError):
    """The database refused; nothing was changed."""

    kind: ClassVar[ErrorKind] = "unavailable"
    reason: str

    def __str__(self) -> str:
        return self.reason


@final
@attrs.frozen(kw_only=True)
class PublicKey(Data):
    key: str
    """A point on P-256, uncompressed, in base64url: the ``applicationServerKey``."""


@endpoint("GET", "/api/webpush/key")
@final
@attrs.frozen(kw_only=True)
class GetKey(Request[PublicKey]):
    """The key that push services know this agent by. It is made when it is first asked for. Raises StorageFailed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH


@final
@attrs.frozen(kw_only=True)
class Subscription(Data):
    """A browser that shows notifications."""

    id: str
    service: str
    """Host of its push service."""
    page: str
    """Origin of the page that it has subscribed in."""
    device: str
    """Device or key that it was signed in with; it gets nothing any more once that has ended."""
    created_at: datetime


@endpoint("POST", "/api/webpush/subscriptions", status=201)
@final
@attrs.frozen(kw_only=True)
class Subscribe(Request[Subscription]):
    """Have a browser show notifications. The same endpoint again takes the place of the one before, whosever it was.

    Raises BadSubscription, TooManySubscriptions, StorageFailed.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    endpoint: Annotated[
        str, described("Where its push service takes what is for it.", max_length=LONGEST_ENDPOINT)
    ] = secret()
    p256dh: Annotated[str, described("Its public key, in base64url.", max_length=LONGEST_KEY)] = secret()
    auth: Annotated[str, described("Its secret, in base64url.", max_length=LONGEST_KEY)] = secret()
    page: Annotated[str, described("Origin of the page; push services are told it.", max_length=LONGEST_PAGE)]
    user: str
    credential: str = ""


@endpoint("GET", "/api/webpush/subscriptions")
@final
@attrs.frozen(kw_only=True)
class ListSubscriptions(Request[tuple[Subscription, ...]]):
    """One's own, newest first."""

    user: str


@endpoint("DELETE", "/api/webpush/subscriptions/{id}")
@final
@attrs.frozen(kw_only=True)
class Unsubscribe(Request[None]):
    """Have nothing shown by a browser any more. Raises UnknownSubscription, StorageFailed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str
    user: str


@final
@attrs.frozen(kw_only=True)
class Recipients(Request[tuple[str, ...]]):
    """Ids of the subscriptions of a user that something can be sent to."""

    within: ClassVar[float] = 5.0
    user: str
