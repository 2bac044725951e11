"""What the users subsystem refuses."""

from typing import ClassVar, Literal

import attrs

from actors.vocabulary import quoted
from bus import ActorError, ErrorKind


@attrs.define(eq=False, kw_only=True)
class NotKnown(ActorError):
    """What was shown proves nobody, or nothing was shown."""

    kind: ClassVar[ErrorKind] = "unauthenticated"
    what: Literal["missing", "invalid"]

    def __str__(self) -> str:
        return f"{self.what.capitalize()} API key"


class NotAllowed(ActorError):
    """Only an admin may do this, and who asks is none, or is none any more."""

    kind: ClassVar[ErrorKind] = "forbidden"

    def __str__(self) -> str:
        return "this needs somebody whose role is admin"


@attrs.define(eq=False, kw_only=True)
class OwnAccount(ActorError):
    """Nobody deactivates or demotes the account they act with."""

    what: Literal["deactivated", "demoted"]

    def __str__(self) -> str:
        return f"your own account cannot be {self.what}; another admin can do that"


class LastAdmin(ActorError):
    """Afterwards no active admin would have a key that is good."""

    kind: ClassVar[ErrorKind] = "conflict"

    def __str__(self) -> str:
        return "this would leave no active admin with a usable key; make another key, or another admin, first"


@attrs.define(eq=False, kw_only=True)
class Taken(ActorError):
    """Somebody else has this id or this address already."""

    kind: ClassVar[ErrorKind] = "conflict"
    field: Literal["id", "email"]
    value: str

    def __str__(self) -> str:
        return f"the {self.field} {quoted(self.value)} is taken"


@attrs.define(eq=False, kw_only=True)
class LeftBehind(ActorError):
    """What somebody left who had this id is still here; whoever has the id would be given it."""

    kind: ClassVar[ErrorKind] = "conflict"
    id: str

    def __str__(self) -> str:
        return (
            f"somebody had the id {quoted(self.id)} before, and what is theirs is still here: take another id, "
            f"or, where it is the same person, `starpod user add {self.id} --adopt`"
        )


@attrs.define(eq=False, kw_only=True)
class Unfit(ActorError):
    """What is given cannot be of an account."""

    why: str

    def __str__(self) -> str:
        return self.why


@attrs.define(eq=False, kw_only=True)
class Unknown(ActorError):
    """There is none with that id, or it is somebody else's."""

    kind: ClassVar[ErrorKind] = "not_found"
    what: ClassVar[str]
    id: str

    def __str__(self) -> str:
        return f"there is no {self.what} {quoted(self.id)}"


class UnknownUser(Unknown):
    """There is nobody with that id."""

    what = "user"


@attrs.define(eq=False, kw_only=True)
class NotActive(ActorError):
    """This account is there, and is not let in."""

    kind: ClassVar[ErrorKind] = "conflict"
    id: str

    def __str__(self) -> str:
        return f"{quoted(self.id)} is not let in: `starpod user activate` changes that"


class UnknownKey(Unknown):
    """There is no key with that id, or it is somebody else's."""

    what = "key"


@attrs.define(eq=False, kw_only=True)
class TooManyKeys(ActorError):
    """A user has as many good keys as one may have."""

    kind: ClassVar[ErrorKind] = "conflict"
    user: str
    most: int

    def __str__(self) -> str:
        return f"{self.user} has {self.most} keys that are good already: revoke one that is no longer used"


class UnknownDevice(Unknown):
    """No device of this user has that id."""

    what = "device"


@attrs.define(eq=False, kw_only=True)
class StorageFailed(ActorError):
    """The database refused. Nobody is let in by what it did not say, and nothing of a change was stored."""

    kind: ClassVar[ErrorKind] = "unavailable"
    reason: str

    def __str__(self) -> str:
        return self.reason
