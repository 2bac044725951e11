"""Runs: what became of each planned instant of a job, why, and what comes next."""

from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal, final

import attrs

from actors.context import from_context
from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import Role
from bus import Abandon, Data, Request

from .jobs import LARGEST
from .schedules import Schedule

RunState = Literal[
    "planned",  # its time has not come
    "waiting",  # for the run before to end
    "claimed",  # taken up; waits for a place among those that run
    "accepted",  # a turn of the agent is at it
    "retrying",  # an attempt has failed, the next one has its time
    "done",
    "failed",
    "late",  # found when it was too late to matter
    "collapsed",  # a later one stands for it
    "skipped",  # its `why` says for what reason
]
"""The last five are final."""
FINAL: Final[frozenset[RunState]] = frozenset({"done", "failed", "late", "collapsed", "skipped"})
MOST_SHOWN: Final = 500


@final
@attrs.frozen(kw_only=True)
class Attempt(Data):
    """One try at a run."""

    n: int
    """From 1."""
    session: str
    turn: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    """As of the turn; None while it is under way."""
    error: str | None


@final
@attrs.frozen(kw_only=True)
class Run(Data):
    """What has become of one planned instant. There is exactly one for each."""

    id: str
    job: str
    name: str
    instant: datetime
    """When it was to run."""
    manual: bool
    """Whether somebody asked for it then, instead of the schedule."""
    state: RunState
    why: str
    """A sentence where the state alone does not say it; else empty."""
    collapsed_into: datetime | None
    """The instant that stands for it."""
    due_at: datetime
    """When it is, or was, to begin: its instant and jitter, or the time of the next attempt."""
    started_at: datetime | None
    ended_at: datetime | None
    session: str | None
    """Conversation of the latest attempt."""
    summary: str
    """The beginning of the answer."""
    error: str | None
    attempts: tuple[Attempt, ...]


@endpoint("GET", "/api/cron/jobs/{id}/runs")
@final
@attrs.frozen(kw_only=True)
class ListRuns(Request[tuple[Run, ...]]):
    """Runs of a job, the latest instant first; for a minute after it was removed too. Raises UnknownJob, NotYourJob."""

    max_bytes: ClassVar[int] = LARGEST
    id: str
    limit: Annotated[int, described("Most runs.", ge=1, le=MOST_SHOWN)] = 20
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


@endpoint("POST", "/api/cron/jobs/{id}/run", status=201)
@final
@attrs.frozen(kw_only=True)
class RunNow(Request[Run]):
    """Run a job now, beside its plan. Raises AlreadyRunning, UnknownJob, NotYourJob, CronFailed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


@final
@attrs.frozen(kw_only=True)
class Reason(Data):
    """Why a job did, or did not, or will run at one instant."""

    instant: datetime
    state: RunState
    text: str
    """In words, with local times."""
    session: str | None


@final
@attrs.frozen(kw_only=True)
class Explanation(Data):
    """Why a job runs when it does."""

    job: str
    name: str
    timezone: str
    text: str
    """How it stands, in a sentence or two."""
    last: tuple[Reason, ...]
    """The latest first."""
    next: tuple[Reason, ...]
    """The soonest first."""


@endpoint("GET", "/api/cron/jobs/{id}/why")
@final
@attrs.frozen(kw_only=True)
class Why(Request[Explanation]):
    """Why a job did or did not run at its last instants, and when it will next. Raises UnknownJob, NotYourJob."""

    id: str
    count: Annotated[int, described("So many instants back, and so many ahead.", ge=1, le=100)] = 5
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


@final
@attrs.frozen(kw_only=True)
class Previewed(Data):
    timezone: str
    words: str
    """The schedule in words."""
    instants: tuple[datetime, ...]
    """The next ones; fewer where the schedule ends."""


@endpoint("POST", "/api/cron/preview")
@final
@attrs.frozen(kw_only=True)
class Preview(Request[Previewed]):
    """When a schedule would run next. Raises BadJob as making a job of it would."""

    schedule: Schedule
    timezone: Annotated[str | None, described("IANA name; the agent's when it is left out.")] = None
    count: Annotated[int, described(ge=1, le=100)] = 5
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


@final
@attrs.frozen(kw_only=True)
class Entry(Data):
    """One instant of one job in a calendar."""

    job: str
    name: str
    user_id: str
    instant: datetime
    state: RunState
    session: str | None
    why: str


@endpoint("GET", "/api/cron/calendar")
@final
@attrs.frozen(kw_only=True)
class Calendar(Request[tuple[Entry, ...]]):
    """What ran and what will, between two times, in their order: at most 50 instants a job and 2000 in all."""

    max_bytes: ClassVar[int] = LARGEST
    start: datetime
    end: datetime
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]
