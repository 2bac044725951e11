"""Stored turns, as the operator finds them, and what may be done about one."""

from typing import Annotated, ClassVar, Literal, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from bus import Abandon, Data, Request

from .common import ACTING, LOOKING, VIEW_BYTES, Json


@endpoint("GET", "/api/bus/turns", access="operator", origin=LOOKING)
@final
@attrs.frozen(kw_only=True)
class ListTurns(Request[list[Json]]):
    """Stored turns, the newest first."""

    max_bytes: ClassVar[int] = VIEW_BYTES
    state: Annotated[
        Literal["troubled", "open", "failed", "parked", "all"],
        described("`troubled` means open or failed."),
    ] = "troubled"
    session: Annotated[str, described("The beginning of a conversation's id.")] = ""
    limit: Annotated[int, described(ge=0, le=500)] = 50


@endpoint("GET", "/api/bus/turn", access="operator", origin=LOOKING)
@final
@attrs.frozen(kw_only=True)
class GetTurn(Request[Json]):
    """One turn with its steps and what it came to. Raises session.UnknownTurn, also when there are several."""

    max_bytes: ClassVar[int] = VIEW_BYTES
    id: Annotated[str, described("May be the beginning of it.")] = ""


@final
@attrs.frozen(kw_only=True)
class Retried(Data):
    turn: str
    session: str
    how: Literal["delivered", "repeated", "repeated before"]


@endpoint("POST", "/api/bus/turn/retry", access="operator", origin=ACTING)
@final
@attrs.frozen(kw_only=True)
class RetryTurn(Request[Retried]):
    """Delivers an open turn again; of one that has ended, says the message again as a new turn."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str


@final
@attrs.frozen(kw_only=True)
class TurnCancelled(Data):
    cancelled: str | None
    state: str
    """What it was before."""


@endpoint("POST", "/api/bus/turn/cancel", access="operator", origin=ACTING)
@final
@attrs.frozen(kw_only=True)
class CancelTurn(Request[TurnCancelled]):
    """Stops a turn that runs or waits."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str
