"""Telegram accounts: which user writes from there. One account is of one user, and a user has one."""

import re
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import Proof
from bus import Abandon, Data, Request

from .identify import Identity

GREATEST_ID: Final = 2**52
"""Telegram promises that its ids fit into 52 bits."""
_NAME: Final = re.compile("[a-z0-9_]+")
CREDENTIAL: Final = "telegram"
"""What stands for the linked account where the id of a key would."""


@final
@attrs.frozen(kw_only=True)
class TelegramLink(Data):
    """A Telegram account that speaks for a user."""

    user: str
    telegram_id: int | None
    """None until the account of that name writes for the first time."""
    username: str | None
    """In lower case, without ``@``."""
    linked_at: datetime


@endpoint("PUT", "/api/settings/auth/users/{id}/telegram", access="admin")
@final
@attrs.frozen(kw_only=True)
class LinkTelegram(Request[TelegramLink]):
    """Link an account by its number, its name or both, in place of every link of that account or of that user.

    Raises UnknownUser, NotAllowed.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str
    telegram_id: Annotated[int | None, described(ge=1, le=GREATEST_ID)] = None
    username: Annotated[str | None, described(max_length=64)] = None
    user: str
    proof: Proof = "key"
    address: str = ""

    def __attrs_post_init__(self) -> None:
        name = plain_name(self.username)
        if self.telegram_id is None and not name:
            raise ValueError("expected telegram_id or username")
        if name and not _NAME.fullmatch(name):
            raise ValueError("username: expected letters a to z, digits and _, as Telegram has them")


@endpoint("DELETE", "/api/settings/auth/users/{id}/telegram", access="admin")
@final
@attrs.frozen(kw_only=True)
class UnlinkTelegram(Request[None]):
    """Remove the link of a user, if there is one. Raises UnknownUser, NotAllowed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str
    user: str
    proof: Proof = "key"
    address: str = ""


@endpoint("GET", "/api/settings/auth/users/{id}/telegram", access="admin")
@final
@attrs.frozen(kw_only=True)
class GetTelegram(Request[TelegramLink | None]):
    """The link of a user: anybody's for an admin, one's own for everybody. Raises UnknownUser, NotAllowed."""

    id: str
    user: str
    proof: Proof = "key"


@final
@attrs.frozen(kw_only=True)
class IdentifyTelegram(Request[Identity]):
    """Who writes from this account. Raises NotKnown, also for the account of a user who is not let in.

    A name counts only for a link that has no number yet, which then gets this one: names are given up and taken over.
    """

    version: ClassVar[int] = 2
    abandon: ClassVar[Abandon] = Abandon.FINISH
    telegram_id: int
    username: str | None = None
    allowed: bool = False
    """Whether it may, where nobody is linked to it, speak for the only active user there is."""

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {**body, "allowed": False}


def plain_name(username: str | None) -> str | None:
    """A name of Telegram as it is stored; None for none."""
    return (username or "").strip().removeprefix("@").lower() or None
