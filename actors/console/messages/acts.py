"""What an operator may do to the actors and send over the bus."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from bus import Abandon, Data, Request

from .common import ACTING, VIEW_BYTES


@final
@attrs.frozen(kw_only=True)
class Answered(Data):
    type: str
    trace: str
    reply: Any
    """Null for a command."""
    took: float


@endpoint("POST", "/api/bus/send", access="operator", origin=ACTING)
@final
@attrs.frozen(kw_only=True)
class SendMessage(Request[Answered]):
    """Sends a request or a command."""

    within: ClassVar[float] = 600.0
    max_bytes: ClassVar[int] = VIEW_BYTES
    type: Annotated[str, described("The name of its class, with or without its version.")]
    message: Annotated[Mapping[str, Any], described("Its fields.")] = {}


@endpoint("POST", "/api/bus/letter/resend", access="operator", origin=ACTING)
@final
@attrs.frozen(kw_only=True)
class ResendLetter(Request[Answered]):
    """Sends a dead letter again, as a consequence of the first. Raises UnknownLetter."""

    within: ClassVar[float] = 600.0
    max_bytes: ClassVar[int] = VIEW_BYTES
    seq: int


@final
@attrs.frozen(kw_only=True)
class Suspension(Data):
    name: str
    suspended: bool


@endpoint("POST", "/api/bus/actor/suspend", access="operator", origin=ACTING)
@final
@attrs.frozen(kw_only=True)
class SuspendActor(Request[Suspension]):
    """The actor takes no more work, only control messages."""

    name: str


@endpoint("POST", "/api/bus/actor/resume", access="operator", origin=ACTING)
@final
@attrs.frozen(kw_only=True)
class ResumeActor(Request[Suspension]):
    """It takes work again."""

    name: str


@final
@attrs.frozen(kw_only=True)
class Restarted(Data):
    name: str
    complete: bool
    """False when it takes longer, as with whoever must answer this first: the gateway and the console."""


@endpoint("POST", "/api/bus/actor/restart", access="operator", origin=ACTING)
@final
@attrs.frozen(kw_only=True)
class RestartActor(Request[Restarted]):
    """Stops and starts an actor, pool or supervisor, which spends no budget."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: str
