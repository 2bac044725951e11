"""Front door of the instances: agents that a hosting backend runs, and what can go wrong with one."""

from typing import Annotated, ClassVar, Final, Literal, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import quoted
from bus import Abandon, ActorError, Data, ErrorKind, Event, Request, Stream

Status = Literal[
    "creating", "pending", "provisioning", "starting", "running", "restarting", "paused",
    "stopping", "stopped", "deleting", "deleted", "error", "unknown",
]  # fmt: skip
"""Of either shape; ``unknown`` stands for a word that we do not know."""


# --- what goes wrong --------------------------------------------------------------------------------------


@attrs.define(eq=False, kw_only=True)
class BackendError(ActorError):
    """Base of what can be wrong with a call of a backend."""

    kind: ClassVar[ErrorKind] = "unavailable"
    doing: str
    """What was to be done: ``list instances``."""
    status: int | None = None
    """Of its answer, if one came."""
    reason: str = ""

    def __str__(self) -> str:
        how = "" if self.status is None else f" ({self.status})"
        return f"failed to {self.doing}{how}: {self.reason}"


@final
@attrs.define(eq=False, kw_only=True)
class NotReached(BackendError):
    """No answer came; whether something was done nobody knows."""


@final
@attrs.define(eq=False, kw_only=True)
class Refused(BackendError):
    """It answered, with an error or with what cannot be understood."""


@final
@attrs.define(eq=False, kw_only=True)
class KeyRefused(BackendError):
    """It does not take the key."""

    kind: ClassVar[ErrorKind] = "unauthenticated"


@final
@attrs.define(eq=False, kw_only=True)
class NotThere(BackendError):
    """It does not know what was asked for."""

    kind: ClassVar[ErrorKind] = "not_found"


@final
@attrs.define(eq=False, kw_only=True)
class NotSetUp(ActorError):
    """There is no backend to ask, or none that may be asked."""

    kind: ClassVar[ErrorKind] = "unavailable"
    reason: str
    missing: bool = False
    """Whether nothing is wrong but that nobody has set one up."""

    def __str__(self) -> str:
        return self.reason


@final
@attrs.define(eq=False, kw_only=True)
class NotOne(ActorError):
    """What somebody has called an instance means none, or several."""

    kind: ClassVar[ErrorKind] = "not_found"
    called: str
    found: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.found:
            return f"there is no instance {quoted(self.called)}"
        return f"{quoted(self.called)} may be any of {', '.join(self.found)}: say more of the id"


# --- instances --------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Health(Data):
    """How an instance is, as its backend measures."""

    cpu_percent: float
    memory_mb: float
    disk_mb: float
    last_heartbeat: float
    """When it last showed that it lives, by the clock of the backend: seconds since 1970."""
    uptime_secs: float


@final
@attrs.frozen(kw_only=True)
class Instance(Data):
    """An agent that runs elsewhere. Keys that a backend sends along are no part of it."""

    id: str
    name: str | None = None
    status: Status
    said: str
    """The status in the words of the backend."""
    region: str | None = None
    """Where it runs; of some backends the zone."""
    agent_id: str | None = None
    created_at: float | None = None
    """Seconds since 1970."""
    updated_at: float | None = None
    health: Health | None = None
    error: str | None = None
    """What went wrong, where the status is ``error``."""
    web_url: str | None = None


@final
@attrs.frozen(kw_only=True)
class LogLine(Data):
    """A line of the log of an instance, with nothing in it that a terminal obeys."""

    timestamp: float
    """Seconds since 1970; 0 where it is not known."""
    level: Literal["error", "warn", "info", "debug"]
    message: str


# --- events -----------------------------------------------------------------------------------------------

Verdict = Literal["stuck", "given_up", "recovered"]
"""Its heart stopped, so it is started anew; that was done often enough; it beats again."""


@final
@attrs.frozen(kw_only=True)
class StatusChanged(Event):
    """The monitor found an instance in another status than the last time; None for not there."""

    instance: str
    name: str | None
    before: Status | None
    now: Status | None


@final
@attrs.frozen(kw_only=True)
class Judged(Event):
    """The monitor found out something about the heart of an instance."""

    instance: str
    name: str | None
    verdict: Verdict


# --- what there is to see -----------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Notice(Data):
    """Something that the monitor has found out."""

    at: float
    """Seconds since 1970."""
    instance: str
    name: str | None
    what: Literal["status", "stuck", "given_up", "recovered"]
    """Its status has changed, or what the monitor thinks of its heart."""
    before: Status | None = None
    """Of a change of status; None for not there."""
    now: Status | None = None


@final
@attrs.frozen(kw_only=True)
class Sample(Data):
    """How an instance was at a moment, by the monitor."""

    at: float
    """Seconds since 1970, by the agent's own clock."""
    health: Health


Trouble = Literal["not_set_up", "not_reached", "key_refused", "refused"]
"""There is no backend, or no answer of it, it does not take our key, or it answers with an error."""


@final
@attrs.frozen(kw_only=True)
class Overview(Data):
    """All there is to see of a backend. That it cannot be asked is told here and is no error."""

    url: str | None
    """Whom we ask; None where nobody is set up."""
    monitored: bool
    """Whether the agent looks after what runs there."""
    instances: tuple[Instance, ...]
    trouble: Trouble | None = None
    reason: str = ""
    """Why it cannot be asked, for people; empty where nobody has set one up."""
    notices: tuple[Notice, ...] = ()
    """What the monitor has found out since the agent started, the newest first."""


@final
@attrs.frozen(kw_only=True)
class RemoteAgent(Data):
    """An agent whose files a backend has."""

    id: str
    name: str


@final
@attrs.frozen(kw_only=True)
class WayIn(Data):
    """How a person opens a shell where an instance runs. No key is in it."""

    command: str
    """For a terminal whose owner is logged in at the backend; it brings the key along, if one is needed."""
    ssh: str | None = None
    """The same without Starpod; None where a key of the backend is needed, or where it has no SSH server."""
    folder: str | None = None
    """Where the instance is on the machine of a backend without SSH server."""


# --- requests ---------------------------------------------------------------------------------------------

PATH: Final = "/api/instances"
WITHIN: Final = 70.0
"""Seconds: the backend may have to be asked twice."""


@endpoint("GET", PATH, access="admin")
@final
@attrs.frozen(kw_only=True)
class ListInstances(Request[tuple[Instance, ...]]):
    """All instances. This and the others raise BackendError, NotSetUp."""

    within: ClassVar[float] = WITHIN


@endpoint("GET", "/api/instance-overview", access="admin")
@final
@attrs.frozen(kw_only=True)
class Look(Request[Overview]):
    """The backend with all that runs there, as far as it can be asked."""

    within: ClassVar[float] = WITHIN


@endpoint("GET", "/api/instance-agents", access="admin")
@final
@attrs.frozen(kw_only=True)
class ListAgents(Request[tuple[RemoteAgent, ...]]):
    """The agents whose files the backend has; none where it knows no agents."""

    within: ClassVar[float] = WITHIN


@endpoint("POST", PATH, access="admin", status=201)
@final
@attrs.frozen(kw_only=True)
class CreateInstance(Request[Instance]):
    """Have one made; it may take a while until it runs."""

    version: ClassVar[int] = 2
    within: ClassVar[float] = WITHIN
    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: Annotated[str | None, described("What people call it.", max_length=200)] = None
    region: Annotated[str | None, described("Where it is to run.", max_length=200)] = None
    agent_id: Annotated[str | None, described("The agent whose files it gets.", max_length=200)] = None
    machine_type: Annotated[
        str | None, described("How large its machine is, in the words of the backend.", max_length=200)
    ] = None


@endpoint("GET", PATH + "/{id}", access="admin")
@final
@attrs.frozen(kw_only=True)
class GetInstance(Request[Instance]):
    within: ClassVar[float] = WITHIN
    id: str


@endpoint("DELETE", PATH + "/{id}", access="admin", status=204)
@final
@attrs.frozen(kw_only=True)
class DeleteInstance(Request[None]):
    """End one and remove all of it."""

    within: ClassVar[float] = WITHIN
    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str


@final
@attrs.frozen(kw_only=True)
class Done(Data):
    status: Literal["paused", "restarted"]


@endpoint("POST", PATH + "/{id}/pause", access="admin")
@final
@attrs.frozen(kw_only=True)
class PauseInstance(Request[Done]):
    """End one and keep what it has."""

    within: ClassVar[float] = WITHIN
    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str


@endpoint("POST", PATH + "/{id}/restart", access="admin")
@final
@attrs.frozen(kw_only=True)
class RestartInstance(Request[Done]):
    """Start one anew, also one that is paused."""

    within: ClassVar[float] = WITHIN
    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str


@endpoint("GET", PATH + "/{id}/health", access="admin")
@final
@attrs.frozen(kw_only=True)
class GetHealth(Request[Health]):
    within: ClassVar[float] = WITHIN
    id: str


@endpoint("GET", PATH + "/{id}/history", access="admin")
@final
@attrs.frozen(kw_only=True)
class ShowHistory(Request[tuple[Sample, ...]]):
    """How an instance was when the monitor looked, the oldest first; nothing where it does not look."""

    within: ClassVar[float] = WITHIN
    id: str


@endpoint("GET", PATH + "/{id}/ssh", access="admin")
@final
@attrs.frozen(kw_only=True)
class GetWayIn(Request[WayIn]):
    within: ClassVar[float] = WITHIN
    id: str


@endpoint("GET", PATH + "/{id}/logs", access="admin")
@final
@attrs.frozen(kw_only=True)
class FollowLogs(Stream[LogLine]):
    """The last lines that an instance has said, and those that follow."""

    within: ClassVar[float] = 24 * 3600.0
    id: str
    tail: Annotated[int, described("Lines to begin with.", ge=0, le=1000)] = 50
