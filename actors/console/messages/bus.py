"""Looking at the bus: actors, traffic, losses, traces."""

from typing import Annotated, ClassVar, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from bus import Request, Stream

from .common import LOOKING, VIEW_BYTES, Json


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
            "Words of the filter language, such as `type=agent.* took>250ms`; empty shows everything. What looking "
            "causes is left out unless `origin=` is among them.",
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
