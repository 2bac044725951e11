"""What a person does with their conversations: delete, pin, label, search, and what is being written in them."""

from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from bus import Abandon, Command, Data, Request

from .conversations import Marked, Session

GRACE: Final = 30.0
"""Seconds for which a deletion can be undone."""
NEW: Final = "new"
"""Stands for the conversation that is yet to begin, among the places of drafts."""
MOST_DRAFTS: Final = 50
"""Drafts of a person that are kept, the newest of them."""


@final
@attrs.frozen
class Going(Data):
    """A conversation that is deleted: out of sight, and gone for good at this time."""

    gone_at: datetime


@endpoint("DELETE", "/api/sessions/{session}")
@final
@attrs.frozen(kw_only=True)
class Delete(Request[Going]):
    """Delete a conversation, with all that was said in it; what it cost stays known.

    It is out of sight at once, and gone half a minute later whoever still runs; until then it can be restored. Work
    that is not finished there is finished first, so stop it before. Its words leave the files within ten minutes, but
    for copies that were made before an update. Deleting again changes nothing. Raises UnknownSession.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    session: str
    user: str


@endpoint("POST", "/api/sessions/{session}/restore")
@final
@attrs.frozen(kw_only=True)
class Restore(Request[Session]):
    """Undo a deletion. Raises UnknownSession once it is too late.

    Where another conversation has begun behind the same key, it is closed.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    session: str
    user: str


@final
@attrs.frozen(kw_only=True)
class EraseGoing(Command):
    """Delete for good what is due. The session actor tells itself."""


@final
@attrs.frozen(kw_only=True)
class Tidy(Command):
    """Take the next piece of work on words that nobody can search for any more. The session actor tells itself."""


@endpoint("POST", "/api/sessions/{session}/pin")
@final
@attrs.frozen(kw_only=True)
class Pin(Request[Marked]):
    """Keep a conversation at the top of the list, or no more. Raises UnknownSession."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    session: str
    user: str
    pinned: Annotated[bool, described("false takes it down.")] = True


@endpoint("PUT", "/api/sessions/{session}/labels")
@final
@attrs.frozen(kw_only=True)
class SetLabels(Request[Session]):
    """Say which labels a conversation has. Raises UnknownSession.

    What differs in case or white space alone is one, as it was written first; what has nothing to be seen is none.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    session: str
    user: str
    labels: Annotated[tuple[str, ...], described("At most 40 letters are kept of each.", max_length=10)]


@final
@attrs.frozen(kw_only=True)
class Label(Data):
    name: str
    count: int
    """Conversations that have it."""


@endpoint("GET", "/api/labels")
@final
@attrs.frozen(kw_only=True)
class ListLabels(Request[tuple[Label, ...]]):
    """The labels of a user's conversations, in the order of the alphabet."""

    user: str


@final
@attrs.frozen(kw_only=True)
class Hit(Data):
    """A message with the words that were looked for."""

    session: Session
    turn: str
    role: Literal["user", "assistant"]
    at: datetime
    excerpt: tuple[str, ...]
    """A piece of it, cut so that every second part, from the second on, is what was looked for."""


@endpoint("GET", "/api/search")
@final
@attrs.frozen(kw_only=True)
class Find(Request[tuple[Hit, ...]]):
    """Messages of a user's conversations that have all these words, newest first.

    The last word may be the beginning of one. Case and accents make no difference. Of a message that was answered
    again, or said in another way, there is the version that is chosen. What tools got and gave is not searched.
    """

    user: str
    q: Annotated[str, described("Words that are looked for.", max_length=200)]
    limit: Annotated[int, described(ge=1, le=100)] = 50


@final
@attrs.frozen(kw_only=True)
class Draft(Data):
    """What is being written in a conversation and was not sent."""

    place: str
    """The conversation; ``new`` for one that is yet to begin."""
    text: str
    at: datetime
    """When it was kept."""


@endpoint("GET", "/api/drafts")
@final
@attrs.frozen(kw_only=True)
class ListDrafts(Request[tuple[Draft, ...]]):
    """What a user is writing, the newest first."""

    user: str


@endpoint("PUT", "/api/drafts/{place}")
@final
@attrs.frozen(kw_only=True)
class KeepDraft(Request[Marked]):
    """Keep what is being written; nothing forgets it. The oldest makes room where there are too many.

    Raises UnknownSession for a place that is no conversation of the user.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    place: str
    user: str
    text: Annotated[str, described(max_length=50_000)]
