"""Conversations that are closed, and those that are thrown away; who must not miss one reads them by number."""

from typing import ClassVar, Final, final

import attrs

from bus import Abandon, Command, Data, Event, Request

from .conversations import Session

INACTIVITY: Final = "Auto-closed: inactivity"
"""The summary of a conversation that nobody closed: it was silent for too long."""


@final
@attrs.frozen(kw_only=True)
class Close(Request[Session]):
    """Close a conversation for good. Raises UnknownSession."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    session: str
    user: str
    summary: str


@final
@attrs.frozen(kw_only=True)
class Prune(Request[bool]):
    """Delete a conversation in which nobody but jobs spoke, with all that was said there; what it cost stays known.

    False, and nothing was changed, while a turn is open or something is still to be sent in it, and for ever once a
    person has spoken there. True also when there is none (any more). Its words leave the files within ten minutes, but
    for copies that were made before an update. A message that was accepted there is no longer known: the same one again
    is a new one. Raises UnknownSession for one of another user.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    session: str
    user: str


@final
@attrs.frozen(kw_only=True)
class CloseSilent(Command):
    """Close the conversations whose silence has lasted too long, and throw away what is old.

    The session actor tells itself.
    """


@final
@attrs.frozen(kw_only=True)
class Closed(Data):
    seq: int
    """Place among all conversations that were closed; the cursor of :class:`ClosedAfter`."""
    session: Session


@final
@attrs.frozen(kw_only=True)
class ClosedAfter(Request[tuple[Closed, ...]]):
    """Conversations that were closed after number `seq`, in that order, once nothing was left to do in them.

    Who must not miss one keeps the last `seq` it has dealt with, as with :class:`TurnsAfter`.
    """

    seq: int
    limit: int = 100


@final
@attrs.frozen(kw_only=True)
class Ends(Data):
    """How far the two ledgers go."""

    turns: int
    """The last `end_seq`; 0 where no turn has ended yet."""
    closed: int
    """The last `seq` of :class:`ClosedAfter`, likewise."""


@final
@attrs.frozen(kw_only=True)
class FindEnds(Request[Ends]):
    """Where somebody begins to read who wants to know only what ends from now on."""


@final
@attrs.frozen(kw_only=True)
class SessionClosed(Event):
    session: str
    user: str
