"""How the daemon is, and the mesh as the page draws it."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, final

import attrs

from actors.context import from_context
from actors.endpoints import endpoint
from actors.session import messages as session
from actors.shapes import described
from actors.vocabulary import ADMIN, Role, Usage
from bus import Data, Request

from .common import LOOKING, VIEW_BYTES, ActorState


@final
@attrs.frozen(kw_only=True)
class PartHealth(Data):
    """One actor, as anybody may know it: the reason of its state may name files and secrets."""

    state: ActorState
    restarts: int = 0


@final
@attrs.frozen(kw_only=True)
class Health(Data):
    """How the daemon is."""

    status: Literal["ok", "degraded"]
    version: str
    boot_id: str
    actors: Mapping[str, PartHealth]


@endpoint("GET", "/api/health", access="public", origin=LOOKING)
@final
@attrs.frozen(kw_only=True)
class GetHealth(Request[Health]):
    """How the daemon and each of its parts are. Raises Failing."""


@final
@attrs.frozen(kw_only=True)
class MeshNode(Data):
    """A node of the supervision tree; a pool is the sum of its members. Counters of supervisors are 0."""

    name: str
    kind: Literal["supervisor", "actor", "pool"]
    state: ActorState
    why: str | None = None
    """Reason of the state, for an admin: it may name files and secrets."""
    restarts: int = 0
    children: "tuple[MeshNode, ...]" = ()
    depth: int = 0
    """Messages that wait."""
    limit: int = 0
    """Messages that may wait."""
    in_hand: int = 0
    handled: int = 0
    lost: int = 0
    """Since the start, without what nobody waited for any more."""
    members: int | None = None
    """Actors of a pool."""


@final
@attrs.frozen(kw_only=True)
class Flow(Data):
    """Messages from one actor to another during the last seconds. ``outside`` stands for what no actor sent."""

    sender: str
    to: str
    rate: float
    """Messages a second."""
    errors: int


@final
@attrs.frozen(kw_only=True)
class MeshMessage(Data):
    """One message that came to its end."""

    id: str
    type: str
    kind: str
    sender: str
    to: str
    outcome: str
    """``ok``, empty for one that was handed on, or what went wrong."""
    age: float
    """Seconds since it ended."""
    at: float
    took: float | None
    wait: float | None
    detail: str
    turn: str | None


@final
@attrs.frozen(kw_only=True)
class MeshView(Data):
    """The actors at this moment, what flows between them, and the newest messages."""

    boot_id: str
    now: float
    tree: MeshNode
    flows: tuple[Flow, ...]
    messages: tuple[MeshMessage, ...]
    """Newest first."""


@endpoint("GET", "/api/mesh", origin=LOOKING)
@final
@attrs.frozen(kw_only=True)
class GetMesh(Request[MeshView]):
    """The actors, what flows between them, and the newest messages that are not for another user.

    Without bodies, and at most a second old.
    """

    version: ClassVar[int] = 3
    max_bytes: ClassVar[int] = VIEW_BYTES
    limit: Annotated[int, described("Newest messages.", ge=0, le=500)] = 100
    seconds: Annotated[int, described("How far back.", ge=0, le=3600)] = 60
    user: str
    role: Annotated[Role, from_context("role")]

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return {"user": ADMIN, "role": "user", **body}


@final
@attrs.frozen(kw_only=True)
class Step(Data):
    """A stored step of a turn. An answer is stored when it is whole; it begins when what was before it ended."""

    n: int
    kind: Literal["user", "assistant", "tool", "notice"]
    tool: str | None
    effect: str | None
    state: str
    is_error: bool
    text: str
    """The beginning of what was said; empty for the page, which has the messages."""
    start: float
    """Seconds since the turn was accepted."""
    end: float | None
    """Null while it lasts."""
    usage: Usage | None


@final
@attrs.frozen(kw_only=True)
class Span(Data):
    """A message of a trace."""

    seq: int
    cause: int
    """The `seq` of the message whose handling sent it."""
    type: str
    kind: str
    sender: str
    to: str
    outcome: str
    detail: str
    start: float
    """When it was sent."""
    wait: float
    took: float | None
    """Null while it is handled."""


@final
@attrs.frozen(kw_only=True)
class Told(Data):
    """How much a source told the model in a turn; the turn's context has the text."""

    source: str
    size: int
    """Bytes."""


@final
@attrs.frozen(kw_only=True)
class Trace(Data):
    """One turn over time, in seconds since it was accepted."""

    turn: session.Turn
    session_id: str
    steps: tuple[Step, ...]
    told: tuple[Told, ...]
    """By the attempt that stored something last."""
    messages: tuple[Span, ...]
    """As far as the flight recorder holds them."""


@endpoint("GET", "/api/mesh/trace", origin=LOOKING)
@final
@attrs.frozen(kw_only=True)
class GetTrace(Request[Trace]):
    """One turn over time: its stored steps, and its messages. A message that joined a turn has the trace of that turn.

    Raises session.UnknownTurn.
    """

    max_bytes: ClassVar[int] = VIEW_BYTES
    turn: str
    user: str
