"""Other versions of what was said: a message answered again or said in another way, and the choice between versions.

Nothing is taken away. A version follows what the first one followed; the conversation goes on from the one that is
chosen, which a new one is until another is.
"""

from typing import Any, ClassVar, final

import attrs

from actors.context import Expansion
from bus import Abandon, Data, Request

from .accepting import Accepted
from .incoming import Incoming, as_it_is_now
from .turns import Turn


@final
@attrs.frozen(kw_only=True)
class GetWhole(Request[tuple[Turn, ...]]):
    """A turn, and then the messages that joined it, in the order in which they were accepted.

    Raises UnknownTurn, also for one of another user.
    """

    max_bytes: ClassVar[int] = 64 * 1024 * 1024
    turn: str
    user: str


@final
@attrs.frozen(kw_only=True)
class Revise(Request[Accepted]):
    """Store a message as another version of that of a turn, and choose it. After the reply it is not lost.

    It goes into the conversation of the turn, whatever `incoming` says, and joins no other turn. Raises UnknownTurn;
    JoinedAnother for a turn that became part of another one; SessionIsClosed; StillOpen while anything is to be done in
    the conversation.
    """

    version: ClassVar[int] = 2
    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = 16 * 1024 * 1024
    turn: str
    incoming: Incoming
    expansion: Expansion | None = None
    """As of :class:`Accept`."""

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return as_it_is_now(body)


@final
@attrs.frozen(kw_only=True)
class Chosen(Data):
    session: str
    turn: str
    """With which the path ends now."""


@final
@attrs.frozen(kw_only=True)
class Choose(Request[Chosen]):
    """Go on from a version of a message: from the newest of all turns that follow it, or from itself.

    Also where the conversation is closed: then it is to be read. Raises UnknownTurn, also for one of another user;
    JoinedAnother for a turn that became part of another one; StillOpen while anything is to be done in the
    conversation.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    turn: str
    user: str
