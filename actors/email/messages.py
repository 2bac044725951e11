"""Front door of e-mail: whose addresses there are, and how it goes with the servers.

An address speaks for its user: what comes from there is run as theirs. So only an admin says whose it is.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Final, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import Proof, quoted
from bus import Abandon, ActorError, Data, ErrorKind, Request

CHANNEL: Final = "email"
LONGEST_ADDRESS: Final = 254


@final
@attrs.frozen(kw_only=True)
class Address(Data):
    """Where a user is reached, and writes from."""

    user: str
    address: str
    """As it is compared, without regard to case."""
    set_at: datetime


@endpoint("PUT", "/api/email/addresses/{id}", access="admin")
@final
@attrs.frozen(kw_only=True)
class SetAddress(Request[Address]):
    """Say what a user's address is, in place of another. Raises BadAddress, AddressTaken, users.UnknownUser."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: Annotated[str, described("The user.")]
    email: Annotated[str, described("An address.", max_length=LONGEST_ADDRESS)]
    user: str
    proof: Proof = "key"
    address: str = ""


@endpoint("DELETE", "/api/email/addresses/{id}", access="admin")
@final
@attrs.frozen(kw_only=True)
class RemoveAddress(Request[None]):
    """Take a user's address away, if there is one: nothing more is taken from there, and nothing more sent to it.

    Raises users.UnknownUser.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: Annotated[str, described("The user.")]
    user: str
    proof: Proof = "key"
    address: str = ""


@endpoint("GET", "/api/email/addresses/{id}", access="admin")
@final
@attrs.frozen(kw_only=True)
class GetAddress(Request[Address | None]):
    """A user's address; null where there is none."""

    id: Annotated[str, described("The user.")]


@endpoint("GET", "/api/email/addresses", access="admin")
@final
@attrs.frozen(kw_only=True)
class ListAddresses(Request[tuple[Address, ...]]):
    """All addresses, by user."""


@final
@attrs.frozen(kw_only=True)
class Recipients(Request[tuple[str, ...]]):
    """Where a user is reached by e-mail: recipients for session.Push on the channel ``email``.

    Empty where e-mail is not used, or nobody has said where.
    """

    user: str


@final
@attrs.frozen(kw_only=True)
class Server(Data):
    """How it goes with one of the two servers."""

    host: str
    """With its port."""
    user: str | None
    trouble: str | None
    """What is wrong, and what to do about it; None while nothing is."""
    since: datetime | None
    """When that began."""
    last_at: datetime | None
    """When a mail was last handed over, or the mailbox last looked at, since this part was started."""


@final
@attrs.frozen(kw_only=True)
class Passed(Data):
    """Mails that were left alone, and are not answered."""

    reason: str
    """``own``: sent by the agent itself. ``automatic``: no person wrote them. ``sender``: it cannot be read who did.
    ``unknown``: nobody has that address. ``unproven``: nothing proves that they are from there. ``inactive``: that user
    is let in no more."""
    count: int
    last_at: datetime
    detail: str
    """About the last one."""


@final
@attrs.frozen(kw_only=True)
class EmailStatus(Data):
    sender: str | None
    """The agent's address."""
    outgoing: Server | None
    """None where e-mail is not used."""
    incoming: Server | None
    """None where no mail comes in."""
    sent: int
    """Mails handed over since this part was started."""
    taken: int
    """Mails that became messages, likewise."""
    left_alone: tuple[Passed, ...]


@endpoint("GET", "/api/email", access="admin")
@final
@attrs.frozen(kw_only=True)
class GetEmailStatus(Request[EmailStatus]):
    """How it goes with e-mail."""


# --- refusals ---------------------------------------------------------------------------------------------


@attrs.define(eq=False)
class EmailFailed(ActorError):
    """The disk or the database refused. Nothing was changed."""

    kind: ClassVar[ErrorKind] = "unavailable"
    why: str

    def __str__(self) -> str:
        return self.why


class BadAddress(ActorError):
    """A text cannot be somebody's address."""


@attrs.define(eq=False, kw_only=True)
class AddressTaken(ActorError):
    """An address is somebody else's."""

    kind: ClassVar[ErrorKind] = "conflict"
    address: str
    user: str

    def __str__(self) -> str:
        return f"{self.address} is the address of {quoted(self.user)}: remove it there first"
