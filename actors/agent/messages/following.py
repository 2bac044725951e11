"""What happened in a conversation so far, and where a turn stands in it."""

from typing import ClassVar, final

import attrs

from bus import Data, Lane, Request

from .events import TEXT_BYTES, TurnEvent


@final
@attrs.frozen(kw_only=True)
class Backlog(Data):
    """Events after the asked number. Subscribe first, ask second, skip what came twice by `n`."""

    events: tuple[TurnEvent, ...]
    last: int
    complete: bool
    """False when some of the asked events are no longer kept: read the stored messages again, then go on."""
    running: str | None
    """Turn that runs now."""


@final
@attrs.frozen(kw_only=True)
class Location(Data):
    """Where a turn stands in its conversation."""

    last: int
    """Highest event number given out."""
    began: int | None
    """Number before the first event about the turn, or None when none is kept."""
    running: str | None
    """Turn that runs now."""


@final
@attrs.frozen(kw_only=True)
class Locate(Request[Location]):
    """Where to follow a turn from. Asked by the conductor. Raises session.UnknownSession."""

    key_field: ClassVar[str | None] = "session"
    lane: ClassVar[Lane] = Lane.CONTROL
    within: ClassVar[float] = 2.0
    session: str
    turn: str


@final
@attrs.frozen(kw_only=True)
class Follow(Request[Backlog]):
    """What happened in a conversation after event `after`.

    Raises session.UnknownSession, also for a conversation of another user.
    """

    key_field: ClassVar[str | None] = "session"
    lane: ClassVar[Lane] = Lane.CONTROL
    max_bytes: ClassVar[int] = TEXT_BYTES
    session: str
    user: str
    after: int
