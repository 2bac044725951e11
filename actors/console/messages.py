"""Front door of the console: how the daemon is, what passes between its parts, and what an operator may do about it.

Times are seconds. Those that say when something was are on the clock of the run, which means nothing outside of the
process, unless they say otherwise. Secrets, and whatever looks like a credential, are masked. What looking causes
itself is left out.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, final

import attrs

from actors.endpoints import endpoint
from actors.session import messages as session
from actors.shapes import described
from actors.vocabulary import Usage
from bus import Abandon, ActorError, ErrorKind, Request, Stream

LOOKING: Final = "console"
"""Origin of the messages that looking causes; they are left out of what is shown."""
ACTING: Final = "operator"
"""Origin of the messages that an operator sends."""

VIEW_BYTES: Final = 16 * 1024 * 1024

Json = dict[str, Any]
ActorState = Literal["starting", "ready", "degraded", "backoff", "suspended", "stopping", "stopped", "failed"]


@attrs.define(eq=False, kw_only=True)
class BadFilter(ActorError):
    """The words of a filter cannot be understood; the text says which."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@attrs.define(eq=False, kw_only=True)
class UnknownLetter(ActorError):
    """No dead letter of that number is kept."""

    kind: ClassVar[ErrorKind] = "not_found"
    seq: int
    kept: int

    def __str__(self) -> str:
        return f"there is no dead letter {self.seq}; the last {self.kept} are kept"


@attrs.define(eq=False, kw_only=True)
class NoSuchActor(ActorError):
    """Nothing in the tree has that name; the text names those that look alike."""

    kind: ClassVar[ErrorKind] = "not_found"
    reason: str

    def __str__(self) -> str:
        return self.reason


@attrs.define(eq=False, kw_only=True)
class NotPossible(ActorError):
    """What was asked for makes no sense for that actor or message; the text says why."""

    kind: ClassVar[ErrorKind] = "conflict"
    reason: str

    def __str__(self) -> str:
        return self.reason


@attrs.define(eq=False, kw_only=True)
class Failing(ActorError):
    """The daemon has failed or is going down."""

    kind: ClassVar[ErrorKind] = "unavailable"
    state: str

    def __str__(self) -> str:
        return f"the daemon is {self.state}"


# --- health -----------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class PartHealth:
    """One actor."""

    state: ActorState
    why: str | None = None
    restarts: int = 0


@final
@attrs.frozen(kw_only=True)
class Health:
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


# --- the mesh, for the page -------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class MeshNode:
    """A node of the supervision tree; a pool is the sum of its members. Counters of supervisors are 0."""

    name: str
    kind: Literal["supervisor", "actor", "pool"]
    state: ActorState
    why: str | None = None
    """Reason of the state, where there is one."""
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
class Flow:
    """Messages from one actor to another during the last seconds. ``outside`` stands for what no actor sent."""

    sender: str
    to: str
    rate: float
    """Messages a second."""
    errors: int


@final
@attrs.frozen(kw_only=True)
class MeshMessage:
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
class MeshView:
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
    """The actors, what flows between them, and the newest messages. Without bodies, and at most a second old."""

    max_bytes: ClassVar[int] = VIEW_BYTES
    limit: Annotated[int, described("Newest messages.", ge=0, le=500)] = 100
    seconds: Annotated[int, described("How far back.", ge=0, le=3600)] = 60


@final
@attrs.frozen(kw_only=True)
class Step:
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
class Span:
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
class Trace:
    """One turn over time, in seconds since it was accepted."""

    turn: session.Turn
    session_id: str
    steps: tuple[Step, ...]
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


# --- looking at the bus -----------------------------------------------------------------------------------


@endpoint("GET", "/api/bus/snapshot", access="operator", origin=LOOKING)
@final
@attrs.frozen(kw_only=True)
class GetSnapshot(Request[Json]):
    """Every actor: state, queue, what it handles and since when, counters; losses by actor and reason."""

    max_bytes: ClassVar[int] = VIEW_BYTES


@endpoint("GET", "/api/bus/tree", access="operator", origin=LOOKING)
@final
@attrs.frozen(kw_only=True)
class GetTree(Request[Json]):
    """The supervision tree: state, restarts, restart budget of each supervisor."""

    max_bytes: ClassVar[int] = VIEW_BYTES


@endpoint("GET", "/api/bus/graph", access="operator", origin=LOOKING)
@final
@attrs.frozen(kw_only=True)
class GetGraph(Request[Json]):
    """Who sent how many messages to whom, from the flight recorder."""

    max_bytes: ClassVar[int] = VIEW_BYTES
    seconds: Annotated[int, described("How far back; 0: as far as it goes.", ge=0)] = 0


@endpoint("GET", "/api/bus/trace", access="operator", origin=LOOKING)
@final
@attrs.frozen(kw_only=True)
class FindTraces(Request[Json]):
    """What belongs to a turn, session or trace: stored turns with their steps, and messages since `began`."""

    max_bytes: ClassVar[int] = VIEW_BYTES
    id: Annotated[str, described("The beginning of the id of a turn, a session or a trace.")]

    def __attrs_post_init__(self) -> None:
        if not self.id:
            raise ValueError("id: expected the beginning of the id of a turn, a session or a trace")


@endpoint("GET", "/api/bus/latency", access="operator", origin=LOOKING)
@final
@attrs.frozen(kw_only=True)
class GetLatency(Request[Json]):
    """How long messages waited and were handled (`classes`), and how long recent asks took (`edges`).

    By actor and class, since the start, as p50, p90, p99 (upper bounds); by who asked whom.
    """

    max_bytes: ClassVar[int] = VIEW_BYTES


@endpoint("GET", "/api/bus/actor", access="operator", origin=LOOKING)
@final
@attrs.frozen(kw_only=True)
class DescribeActor(Request[Json]):
    """One actor, or a pool as a whole: the snapshot, its limits, what it handles, what it says of itself."""

    max_bytes: ClassVar[int] = VIEW_BYTES
    name: str = ""


@endpoint("GET", "/api/bus/messages", access="operator", origin=LOOKING)
@final
@attrs.frozen(kw_only=True)
class ListClasses(Request[list[Json]]):
    """Every message class: owner, kind, fields, reply, deadline."""

    max_bytes: ClassVar[int] = VIEW_BYTES


@endpoint("GET", "/api/bus/dead", access="operator", origin=LOOKING)
@final
@attrs.frozen(kw_only=True)
class ListLetters(Request[Json]):
    """Dead letters, the newest first, and counters of all since the start."""

    max_bytes: ClassVar[int] = VIEW_BYTES
    reason: str | None = None
    to: Annotated[str, described("The beginning of the recipient's name.")] = ""
    limit: Annotated[int, described(ge=0, le=1000)] = 100


@endpoint("GET", "/api/bus/letter", access="operator", origin=LOOKING)
@final
@attrs.frozen(kw_only=True)
class GetLetter(Request[Json]):
    """One dead letter with its body. Raises UnknownLetter."""

    max_bytes: ClassVar[int] = VIEW_BYTES
    seq: int


@endpoint("GET", "/api/bus/checks", access="operator", origin=LOOKING)
@final
@attrs.frozen(kw_only=True)
class GetChecks(Request[Json]):
    """What `starpod bus doctor` looks at. `open_work` is null when the store does not answer; `trouble` says why."""

    max_bytes: ClassVar[int] = VIEW_BYTES


@endpoint("GET", "/api/bus/tap", access="operator", origin=LOOKING)
@final
@attrs.frozen(kw_only=True)
class Tap(Stream[Json]):
    """The messages between the parts of the agent as they pass. Raises BadFilter.

    Each has `time` (RFC 3339) beside the `at` of the bus. ``{"missed": n}`` stands where `n` events are missing.
    """

    within: ClassVar[float] = 24 * 3600.0
    filter: Annotated[
        str,
        described(
            "Words of the filter language, such as `type=agent.* took>250ms`; empty shows everything.",
            max_length=2000,
        ),
    ] = ""
    body: Annotated[
        int,
        described("1 shows the fields of messages too, secrets masked and long texts shortened.", ge=0, le=1),
    ] = 0
    limit: Annotated[int, described("Events after which the tap ends; 0: never.", ge=0)] = 0
    rate: Annotated[
        int, described("Events a second at most; what is beyond is counted.", ge=1, le=100_000)
    ] = 200
    seconds: Annotated[int, described("How long to look.", ge=1, le=24 * 60 * 60)] = 600
    since: Annotated[
        int,
        described("Begin with what the flight recorder holds of the last so many seconds.", ge=0),
    ] = 0
    tree: Annotated[
        int,
        described(
            "1 begins in the order of sending instead of that of ending, so that causes come before what they caused.",
            ge=0,
            le=1,
        ),
    ] = 0


# --- stored turns -----------------------------------------------------------------------------------------


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
class Retried:
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
class TurnCancelled:
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


# --- acting -----------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Answered:
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
class Suspension:
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
class Restarted:
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
