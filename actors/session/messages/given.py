"""What turns were given to know: what the model was told, and what it looked up."""

from typing import ClassVar, final

import attrs

from actors.endpoints import endpoint
from actors.vocabulary import Origin
from bus import Abandon, Data, Request


@final
@attrs.frozen(kw_only=True)
class ToldText(Data):
    """What one source told the model in a turn."""

    attempt: int
    """That heard it; each asks the sources anew."""
    source: str
    size: int
    """Bytes."""
    digest: str
    """The same where the text is the same."""
    text: str | None
    """None when it is no longer kept."""
    origins: tuple[Origin, ...] = ()
    """Where it comes from."""


@final
@attrs.frozen(kw_only=True)
class LookedUp(Data):
    """A call by which the model learned something: one that only read."""

    n: int
    """Of its step."""
    tool: str
    text: str
    """The first 200 characters of its input, as JSON."""
    is_error: bool
    origins: tuple[Origin, ...]
    """What it found, where the tool says so; the best first."""


@final
@attrs.frozen(kw_only=True)
class Given(Data):
    """What a turn was given to know, and why."""

    turn: str
    """Whose it is: of a message that joined another turn, that one."""
    called: str
    """The skill that the message has called up; empty for none."""
    told: tuple[ToldText, ...]
    """Before the first word, once an attempt."""
    looked_up: tuple[LookedUp, ...]
    """On its own, the first 200 times."""


@endpoint("GET", "/api/turns/{turn}/given")
@final
@attrs.frozen(kw_only=True)
class GetGiven(Request[Given]):
    """What the model was told in a turn and what it looked up, with the notes and skills that it comes from.

    Raises UnknownTurn.
    """

    max_bytes: ClassVar[int] = 16 * 1024 * 1024
    turn: str
    user: str


@endpoint("GET", "/api/turns/{turn}/context")
@final
@attrs.frozen(kw_only=True)
class GetTold(Request[tuple[ToldText, ...]]):
    """What the model was told in a turn besides the conversation, in the order in which the sources are listed.

    One that joined another turn heard what that was told. Texts are kept for 90 days. Raises UnknownTurn.
    """

    max_bytes: ClassVar[int] = 16 * 1024 * 1024
    turn: str
    user: str


@final
@attrs.frozen(kw_only=True)
class ForgetTold(Request[None]):
    """Delete what a source has told in the turns of a user: it was purged where it came from."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    user: str
    source: str
