"""What the model may do with jobs: those of the person it works for, and no others."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal, final

import attrs

from actors.shapes import described
from actors.tooling import from_context, tool
from actors.vocabulary import Role
from bus import Abandon, Data, Request

from . import jobs
from .jobs import LARGEST, SessionMode
from .schedules import Schedule


@tool(
    "CronAdd",
    "Schedule work for later, once or repeatedly: a reminder, a report, a check. At its time you get the prompt, and "
    "your answer goes to the person.",
    effect="local",
)
@final
@attrs.frozen(kw_only=True)
class CronAdd(Request[str]):
    """Raises BadJob, JobExists, TooManyJobs, CronFailed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: Annotated[str, jobs.NAME]
    prompt: Annotated[str, jobs.PROMPT]
    schedule: Schedule
    timezone: Annotated[str | None, jobs.ZONE] = None
    delete_after_run: Annotated[bool, jobs.DELETE] = False
    session_mode: Annotated[SessionMode, jobs.MODE] = "isolated"
    max_retries: Annotated[int | None, jobs.RETRIES] = None
    timeout_secs: Annotated[int | None, jobs.TIMEOUT] = None
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]
    call: Annotated[str, from_context("call")]


@final
@attrs.frozen(kw_only=True)
class Listed(Data):
    """One job, as the model sees it."""

    name: str
    prompt: str
    schedule: str
    """In words."""
    timezone: str
    enabled: bool
    session_mode: SessionMode
    max_retries: int
    timeout_secs: int
    last_run_at: datetime | None
    next_run_at: datetime | None
    retry_count: int
    last_error: str | None
    retry_at: datetime | None


@tool("CronList", "List the person's scheduled jobs.", effect="pure")
@final
@attrs.frozen(kw_only=True)
class CronList(Request[tuple[Listed, ...]]):
    max_bytes: ClassVar[int] = LARGEST
    user: Annotated[str, from_context("user")]


@tool("CronRemove", "Remove a scheduled job.", effect="local", offer="searched")
@final
@attrs.frozen(kw_only=True)
class CronRemove(Request[str]):
    """Raises UnknownJob, CronFailed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: Annotated[str, jobs.NAME]
    user: Annotated[str, from_context("user")]
    call: Annotated[str, from_context("call")]


@final
@attrs.frozen(kw_only=True)
class PastRun(Data):
    """One run, as the model sees it."""

    planned_for: datetime
    status: str
    started_at: datetime | None
    completed_at: datetime | None
    result_summary: str
    why: str


@tool("CronRuns", "What became of a job's last runs, and why.", effect="pure", offer="searched", outside=True)
@final
@attrs.frozen(kw_only=True)
class CronRuns(Request[tuple[PastRun, ...]]):
    """Raises UnknownJob."""

    name: Annotated[str, jobs.NAME]
    limit: Annotated[int, described("Most runs.", ge=1, le=100)] = 10
    user: Annotated[str, from_context("user")]


@tool(
    "CronRun",
    "Run a job now, beside its plan: by itself, with its answer going to the person.",
    effect="local",
    offer="searched",
)
@final
@attrs.frozen(kw_only=True)
class CronRun(Request[str]):
    """Raises UnknownJob, AlreadyRunning, CronFailed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: Annotated[str, jobs.NAME]
    user: Annotated[str, from_context("user")]
    call: Annotated[str, from_context("call")]


@tool(
    "CronUpdate",
    "Change, pause or resume a job; fields are those of CronAdd.",
    effect="local",
    like=CronAdd,
    offer="searched",
)
@final
@attrs.frozen(kw_only=True)
class CronUpdate(Request[str]):
    """Raises BadJob, UnknownJob, CronFailed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: Annotated[str, jobs.NAME]
    prompt: Annotated[str | None, jobs.PROMPT] = None
    schedule: Schedule | None = None
    timezone: Annotated[str | None, jobs.ZONE] = None
    enabled: Annotated[bool | None, jobs.ENABLED] = None
    max_retries: Annotated[int | None, jobs.RETRIES] = None
    timeout_secs: Annotated[int | None, jobs.TIMEOUT] = None
    session_mode: Annotated[SessionMode | None, jobs.MODE] = None
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]
    call: Annotated[str, from_context("call")]


@tool(
    "HeartbeatWake",
    "Have your heartbeat (the regular look at HEARTBEAT.md) now, or tell the next one something.",
    effect="local",
    offer="searched",
)
@final
@attrs.frozen(kw_only=True)
class HeartbeatWake(Request[str]):
    """Raises UnknownJob where there is no heartbeat, NotYourJob for who is no admin, CronFailed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    mode: Annotated[Literal["now", "next"], described()] = "next"
    message: Annotated[str | None, described("What that one is told beforehand.", max_length=4000)] = None
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]
    call: Annotated[str, from_context("call")]
