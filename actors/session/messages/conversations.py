"""Conversations: list, read, mark, rename, close."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Literal, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import Attachment, Channel, Effort
from bus import Abandon, Data, Event, Request

WAITING: Final = 1 << 52
"""Ids of messages that wait for their turn begin here, behind all others and still exact in JavaScript. They change
when their turns begin."""


@final
@attrs.frozen(kw_only=True)
class Session(Data):
    """What is known of one conversation, without its messages."""

    id: str
    user: str
    channel: Channel
    key: str | None
    """Channel session key: chosen by the client on ``main``, the chat id on ``telegram``, the attempt at a run of a job
    on ``scheduler``."""
    title: str | None
    summary: str | None
    created_at: datetime
    last_message_at: datetime
    message_count: int
    """Accepted messages of people, not stored rows."""
    is_closed: bool
    is_read: bool
    triggered_by: str | None
    running: bool = False
    """Whether a turn is accepted or running."""
    delegated_by: str | None = None
    """The call of another conversation's turn that is carried out in this one, ``turn:step``. Such a conversation is on
    no list, and closed to everybody from its beginning."""
    parent: str | None = None
    """That other conversation."""
    model: str | None = None
    """``provider/model`` that was chosen for it; None: as configured."""
    effort: Effort | None = None
    """How much the model is to think, likewise."""
    is_archived: bool = False
    """Whether it was put aside, so that it is on no list but that of the archive. Its next message brings it back."""
    pinned: bool = False
    """Whether it is kept at the top of the list."""
    labels: tuple[str, ...] = ()


@final
@attrs.frozen(kw_only=True)
class Message(Data):
    """One displayed row of a conversation, derived from its steps."""

    id: int
    """Grows within a session; the cursor of :class:`Messages`."""
    session: str
    turn: str
    role: Literal["user", "assistant", "thinking", "tool_use", "tool_result", "notice"]
    content: str
    """Text; for ``tool_use`` and ``tool_result`` the JSON object of the reference (``id, name, input`` and
    ``tool_use_id, name, content, truncated, is_error`` and, where a text was changed, ``diff``)."""
    attachments: tuple[Attachment, ...]
    timestamp: datetime


@endpoint("GET", "/api/sessions")
@final
@attrs.frozen(kw_only=True)
class List(Request[tuple[Session, ...]]):
    """Conversations of a user, newest activity first, without those of subagents."""

    version: ClassVar[int] = 4
    user: str
    limit: Annotated[int, described(ge=0, le=1000)] = 20
    offset: Annotated[int, described(ge=0)] = 0
    q: Annotated[str | None, described("Only those whose title contains this, ignoring case.")] = None
    archived: Annotated[bool, described("Those that were archived instead of all others.")] = False
    pinned: Annotated[bool | None, described("Only those that are pinned, or that are not.")] = None
    label: Annotated[str | None, described("Only those with this label.")] = None

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        named = body if version > 1 else {("q" if name == "text" else name): body[name] for name in body}
        return {"archived": False, "pinned": None, "label": None, **named}


@endpoint("GET", "/api/sessions/{session}")
@final
@attrs.frozen(kw_only=True)
class Get(Request[Session]):
    """One conversation. Raises UnknownSession, also for one of another user."""

    session: str
    user: str


@final
@attrs.frozen(kw_only=True)
class Current(Request[Session | None]):
    """The open conversation behind a key; None when the next message there will start one."""

    version: ClassVar[int] = 2
    user: str
    channel: Channel
    key: str
    or_last: bool = False
    """Whether one that is closed is meant as well, the last of them: the next one goes on with its model."""

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {**body, "or_last": False}


@endpoint("GET", "/api/sessions/{session}/messages")
@final
@attrs.frozen(kw_only=True)
class Messages(Request[tuple[Message, ...]]):
    """Displayed messages, oldest first. Raises UnknownSession.

    Of a message that was answered again, or said in another way, there is the version that is chosen, with what came
    after it.
    """

    version: ClassVar[int] = 3
    max_bytes: ClassVar[int] = 64 * 1024 * 1024
    session: str
    user: str
    turn: Annotated[
        str | None, described("Only those of this turn, the followups that it took in included.")
    ] = None
    before: Annotated[int | None, described("Only those before this message.", ge=0)] = None
    limit: Annotated[int, described("The last so many.", ge=1, le=500)] = 500
    versions: Annotated[
        bool, described("Those of all versions, each once, in the order in which they were said.")
    ] = False
    after: Annotated[
        int | None,
        described("The first so many after this message instead; 0 begins at the beginning.", ge=0),
    ] = None

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return {"versions": False, "after": None, **body}


@final
@attrs.frozen
class Marked(Data):
    """The mark is stored."""

    ok: bool = True


@endpoint("POST", "/api/sessions/{session}/read")
@final
@attrs.frozen(kw_only=True)
class MarkRead(Request[Marked]):
    """Set or clear the unread mark. Raises UnknownSession."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    session: str
    user: str
    is_read: bool = True


@endpoint("POST", "/api/sessions/{session}/archive")
@final
@attrs.frozen(kw_only=True)
class Archive(Request[Marked]):
    """Put a conversation aside, or back. It can be read and goes on as ever. Raises UnknownSession."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    session: str
    user: str
    archived: Annotated[bool, described("false puts it back.")] = True


@endpoint("POST", "/api/sessions/{session}/rename")
@final
@attrs.frozen(kw_only=True)
class Rename(Request[Session]):
    """Give a conversation another title. Raises UnknownSession; EmptyTitle when there is nothing to be seen in it."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    session: str
    user: str
    title: Annotated[str, described(max_length=200)]


@final
@attrs.frozen(kw_only=True)
class SetModel(Request[Session]):
    """Have a model answer in a conversation from the next turn on that does not name one itself.

    What is None is as configured. Nobody asks here whether there is such a model: agent.SelectModel does. The next
    conversation behind the same key goes on with it. Raises UnknownSession.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    session: str
    user: str
    model: str | None = None
    effort: Effort | None = None


@final
@attrs.frozen(kw_only=True)
class NoteMissing(Request[bool]):
    """Note that a model, wanted in a conversation, is not offered any more; whether that was not known yet.

    It is forgotten once another one is chosen for the conversation, or is missing there.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    session: str
    model: str


@final
@attrs.frozen(kw_only=True)
class Export(Request[tuple[str, ...]]):
    """The transcript as JSON lines, compactions and all. Raises UnknownSession.

    Of a message that was answered again, or said in another way, there is the version that is chosen.
    """

    max_bytes: ClassVar[int] = 64 * 1024 * 1024
    session: str
    user: str


@final
@attrs.frozen(kw_only=True)
class SessionChanged(Event):
    """Title, marks, activity or state of a conversation changed, or it was deleted; ask for it to see how."""

    session: str
    user: str
