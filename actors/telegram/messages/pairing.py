"""Pairing: somebody unknown has written, got a code, and an admin says whose account that is."""

from datetime import datetime
from typing import Annotated, ClassVar, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from actors.users import messages as users
from actors.vocabulary import Proof, quoted
from bus import Abandon, ActorError, Data, ErrorKind, Request


@attrs.define(eq=False, kw_only=True)
class UnknownPairing(ActorError):
    """There is no such code, or its time is over."""

    kind: ClassVar[ErrorKind] = "not_found"
    code: str

    def __str__(self) -> str:
        return (
            f"there is no pairing code {quoted(self.code)}, or it has expired: "
            "have the person write to the bot again"
        )


@final
@attrs.frozen(kw_only=True)
class Pairing(Data):
    """An account that asks to be let in."""

    code: str
    telegram_id: int
    username: str | None
    name: str
    """As the account calls itself; anybody can call themselves anything."""
    asked_at: datetime
    expires_at: datetime


@endpoint("GET", "/api/telegram/pairings", access="admin")
@final
@attrs.frozen(kw_only=True)
class ListPairings(Request[tuple[Pairing, ...]]):
    """Accounts that ask to be let in, the oldest first."""


@endpoint("POST", "/api/telegram/pairings/{code}", access="admin")
@final
@attrs.frozen(kw_only=True)
class AcceptPairing(Request[users.TelegramLink]):
    """Link the account behind a code to a user, who then hears of it there.

    Raises UnknownPairing, users.UnknownUser, users.NotAllowed.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    code: Annotated[str, described(max_length=32)]
    id: Annotated[str | None, described("The user; left out, whoever asks.", max_length=64)] = None
    user: str
    proof: Proof = "key"
    address: str = ""


@endpoint("DELETE", "/api/telegram/pairings/{code}", access="admin")
@final
@attrs.frozen(kw_only=True)
class RefusePairing(Request[None]):
    """Let nobody in with a code. Raises UnknownPairing."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    code: Annotated[str, described(max_length=32)]
