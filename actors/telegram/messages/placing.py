"""Which messages of a chat belong to a turn: what was asked, and what we keep changing while it runs.

For whoever sends: they are kept so that, after a restart, the same message grows on instead of a second one.
"""

from typing import ClassVar, Literal, final

import attrs

from bus import Abandon, Data, Request

Kind = Literal["line", "draft"]
"""The quiet line that says which tools are used; an answer that grows while it is written."""


@final
@attrs.frozen(kw_only=True)
class Asked(Data):
    """The message that began a turn."""

    chat: int
    message_id: int
    in_group: bool


@final
@attrs.frozen(kw_only=True)
class Kept(Data):
    """A message of ours that belongs to a turn."""

    kind: Kind
    n: int
    """Number of the completion that a draft is of, from 1; 0 for a line."""
    chat: int
    message_id: int


@final
@attrs.frozen(kw_only=True)
class Placed(Data):
    asked: Asked | None
    """None when it is no longer known, or came from elsewhere."""
    kept: tuple[Kept, ...]


@final
@attrs.frozen(kw_only=True)
class FindMessages(Request[Placed]):
    """The messages of a turn."""

    turn: str
    client_message_id: str | None = None
    """Of the message that began it."""


@final
@attrs.frozen(kw_only=True)
class KeepQuestion(Request[None]):
    """Remember a message in which something is asked, so that it says later what became of that."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    approval: str
    of_user: str
    """Who is asked."""
    chat: int
    message_id: int


@final
@attrs.frozen(kw_only=True)
class KeepMessage(Request[None]):
    """Remember a message of ours, in place of one of the same kind and number."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    turn: str
    message: Kept
