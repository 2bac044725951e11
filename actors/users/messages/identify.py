"""Who is it, by what they show; and being told when that changes."""

from datetime import datetime
from typing import ClassVar, Literal, final

import attrs

from actors.users.hashing import is_generated
from actors.vocabulary import Principal
from bus import Abandon, Command, Data, Event, Request, secret


@final
@attrs.frozen(kw_only=True)
class Identity(Data):
    """Somebody who was recognised."""

    principal: Principal
    expires_at: datetime | None
    """When what was shown ceases to prove it."""


@final
@attrs.frozen(kw_only=True)
class Identify(Request[Identity]):
    """Who shows this. A key counts alone; a device shows cookie and page. Raises NotKnown.

    What was answered may be remembered until `expires_at`, or until :class:`AccessChanged` says otherwise. Whoever
    remembers it must not do so when that event has come while the answer was on its way.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    key: str | None = secret(default=None)
    cookie: str | None = secret(default=None)
    page: str | None = secret(default=None)
    address: str = ""

    @property
    def may_be_guessed(self) -> bool:
        """Whether what is shown may be a word: a key that somebody chose. What is made here is too long for that."""
        return self.key is not None and not is_generated(self.key)


@final
@attrs.frozen(kw_only=True)
class AccessChanged(Event):
    """What somebody may has changed, as stored. What was remembered of it is void."""

    user: str
    """Whose; empty for anybody's, whenever this subsystem starts: what it was about to tell before may be lost."""
    credential: str | None
    """Key or device; None for all of this user."""
    why: Literal["ended", "changed"]
    """Whether it proves nobody any more, or somebody with another role or other rights."""


@final
@attrs.frozen(kw_only=True)
class NoteRefused(Command):
    """Attempts that were refused, gathered by whoever refused them, for the audit log."""

    address: str
    what: str
    """In a few words, without what was shown."""
    count: int
    user: str = ""
    """Whose attempts, where that is known."""


@final
@attrs.frozen(kw_only=True)
class Look(Command):
    """See whether the key in the environment is another one, and what has expired. The users actor tells itself."""
