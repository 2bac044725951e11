"""Front door of notifications: tell somebody something, and how they want to be told."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import UNCHANGED
from bus import Abandon, ActorError, Data, ErrorKind, Request

LONGEST: Final = 64 * 1024
"""Bytes of a text that is told; of a longer one the beginning."""
SHORT: Final = 500
"""Characters of it that the page and a browser show; the rest is in the conversation."""


@attrs.define(eq=False, kw_only=True)
class NotTold(ActorError):
    """Not every way of reaching somebody could be used. The same notification again does what is left of it."""

    kind: ClassVar[ErrorKind] = "unavailable"
    reason: str

    def __str__(self) -> str:
        return self.reason


@attrs.define(eq=False, kw_only=True)
class BadPreference(ActorError):
    """A preference that cannot be one."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@attrs.define(eq=False, kw_only=True)
class StorageFailed(ActorError):
    """The database refused; nothing was changed."""

    kind: ClassVar[ErrorKind] = "unavailable"
    reason: str

    def __str__(self) -> str:
        return self.reason


@final
@attrs.frozen(kw_only=True)
class Notify(Request[None]):
    """Tell a user something: on the page at once, and by every channel that they have and want. Raises NotTold.

    Its conversation is unread from then on. Whoever asks again with the same key after NotTold, or after a crash, has
    nothing sent twice; only the page, which keeps nothing, may show it twice. A user or a conversation that is gone by
    now is passed over.
    """

    version: ClassVar[int] = 2
    within: ClassVar[float] = 30.0
    abandon: ClassVar[Abandon] = Abandon.FINISH
    user: str
    key: str
    """What this notification is called; unique, also among users."""
    source: str
    """The subsystem that says it: ``cron`` …"""
    title: str
    """What it is about: the name of a job."""
    text: str
    success: bool | None
    """How it ended, where it is something that ends."""
    session: str | None
    """The conversation to look at."""
    approval: str | None = None
    """The question that it is about, if it is one: where it can be answered by a button it is, and once it is closed
    nothing more is sent of it."""

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {**body, "approval": None}


@final
@attrs.frozen(kw_only=True)
class Preferences(Data):
    """How somebody wants to be told what they have not asked for. Answers are no part of it, nor is the page."""

    muted: bool = False
    """Whether they are told nothing at all now; what comes meanwhile is not told later."""
    muted_until: datetime | None = None
    """When that ends by itself; None for never."""
    quiet_from: str | None = None
    """HH:MM on the agent's wall; what comes from then on until `quiet_to` is told then."""
    quiet_to: str | None = None
    """The same time as `quiet_from`, or none of either, is no quiet at all."""
    telegram: bool = True
    webpush: bool = True
    email: bool = False
    timezone: str
    """IANA name of the agent's time zone."""


@endpoint("GET", "/api/notify/preferences")
@final
@attrs.frozen(kw_only=True)
class GetPreferences(Request[Preferences]):
    """One's own; those that hold for everybody where nothing was said."""

    user: str


Time = Annotated[
    str | None, described("HH:MM in the time zone of the agent; null for no quiet hours.", max_length=5)
]


@endpoint("PUT", "/api/notify/preferences")
@final
@attrs.frozen(kw_only=True)
class PutPreferences(Request[Preferences]):
    """Change those of one's own that are given. Raises BadPreference, StorageFailed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    muted: bool | None = None
    muted_until: Annotated[datetime | None, described("When it ends by itself; only with muted = true.")] = (
        None
    )
    quiet_from: Time = UNCHANGED
    quiet_to: Time = UNCHANGED
    telegram: bool | None = None
    webpush: bool | None = None
    email: bool | None = None
    user: str
