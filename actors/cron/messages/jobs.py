"""Jobs: what there is to do, and when. A job belongs to a user, who alone sees it beside the admins."""

from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal, final

import attrs

from actors.context import from_context
from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import UNCHANGED, Role
from bus import Abandon, Data, Request

from .schedules import Schedule

LONGEST_NAME: Final = 100
"""Characters."""
LONGEST_PROMPT: Final = 32_000
"""Characters."""
LONGEST_TIMEOUT: Final = 7 * 24 * 3600
"""Seconds."""
MOST_RETRIES: Final = 20
LATEST: Final = 366 * 24 * 3600
"""Seconds by which a run may be late at most."""
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a list of jobs."""

SessionMode = Literal["isolated", "main"]
"""Whether each run has a conversation of its own, or is a message in the owner's conversation ``main``."""
Missed = Literal["run_once", "skip_older_than", "all"]
"""What becomes of instants at which nobody was there to run: the latest runs and stands for the others; it runs unless
it is older than `missed_secs`; or each of the last ten runs, one after the other."""
Overlap = Literal["skip", "queue"]
"""What becomes of an instant at which the run before is still under way: it is skipped, or waits."""
Builtin = Literal["heartbeat", "boot", "bootstrap"]
"""Jobs of the agent itself, whose prompts are files."""

NAME: Final = described(max_length=LONGEST_NAME)
PROMPT: Final = described("What to do; it must be clear by itself.", max_length=LONGEST_PROMPT)
ENABLED: Final = described("False pauses it.")
ZONE: Final = described("IANA name; by default the agent's.", max_length=64)
RETRIES: Final = described("Further attempts after a failure.", ge=0, le=MOST_RETRIES)
TIMEOUT: Final = described("Seconds for a run.", ge=1, le=LONGEST_TIMEOUT)
MODE: Final = described("isolated: a conversation for each run; main: in the person's main one.")
DELETE: Final = described("Remove it after its first run.")
MISSED: Final = described(
    "What happens to times at which the agent was not running: run_once makes up for all with one run, skip_older_than "
    "leaves out those more than missed_secs late, all runs each of the last ten."
)
MISSED_SECS: Final = described("Seconds, for skip_older_than.", ge=1, le=LATEST)
OVERLAP: Final = described("What happens at a time at which the run before is not over: skip, or queue.")
JITTER: Final = described(
    "Seconds by which a run may begin later, at random, so that not all begin at once.", ge=0, le=86_400
)
BUDGET: Final = described("US dollars that one run may cost; 0 for no limit.", ge=0)
MODEL: Final = described("provider/model for its runs; the agent's when it is left out.", max_length=200)


@final
@attrs.frozen(kw_only=True)
class Job(Data):
    """A job as it stands."""

    id: str
    name: str
    """Unique among those of its owner."""
    user_id: str
    """Its owner."""
    prompt: str
    schedule: Schedule
    timezone: str
    """IANA name."""
    words: str
    """The schedule in words."""
    enabled: bool
    delete_after_run: bool
    session_mode: SessionMode
    max_retries: int
    timeout_secs: int
    missed: Missed
    missed_secs: int
    overlap: Overlap
    jitter_secs: int
    budget_usd: float
    model: str | None
    builtin: Builtin | None
    created_at: datetime
    next_run_at: datetime | None
    """The next planned instant."""
    last_run_at: datetime | None
    """When its latest run was begun."""
    last_state: str | None
    """What has become of that, as in :class:`Run`."""
    last_session: str | None
    """Its conversation."""
    last_error: str | None
    """Why it failed, until one succeeds."""
    retry_count: int
    """Attempts of its latest run that failed, until one succeeds."""
    retry_at: datetime | None
    running: bool


@endpoint("GET", "/api/cron/jobs")
@final
@attrs.frozen(kw_only=True)
class ListJobs(Request[tuple[Job, ...]]):
    """The jobs of the user, for an admin everybody's, by name."""

    max_bytes: ClassVar[int] = LARGEST
    builtin: Annotated[bool, described("Whether those of the agent itself are among them, for an admin.")] = (
        False
    )
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


@endpoint("GET", "/api/cron/jobs/{id}")
@final
@attrs.frozen(kw_only=True)
class GetJob(Request[Job]):
    """One job. Raises UnknownJob, NotYourJob."""

    id: str
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


@endpoint("POST", "/api/cron/jobs", status=201)
@final
@attrs.frozen(kw_only=True)
class AddJob(Request[Job]):
    """Make a job. Raises BadJob, JobExists, TooManyJobs, NotYourJob for another's; CronFailed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    name: Annotated[str, NAME]
    prompt: Annotated[str, PROMPT]
    schedule: Schedule
    timezone: Annotated[str | None, ZONE] = None
    enabled: Annotated[bool, ENABLED] = True
    delete_after_run: Annotated[bool, DELETE] = False
    session_mode: Annotated[SessionMode, MODE] = "isolated"
    max_retries: Annotated[int | None, RETRIES] = None
    timeout_secs: Annotated[int | None, TIMEOUT] = None
    missed: Annotated[Missed, MISSED] = "run_once"
    missed_secs: Annotated[int, MISSED_SECS] = 3600
    overlap: Annotated[Overlap, OVERLAP] = "skip"
    jitter_secs: Annotated[int, JITTER] = 0
    budget_usd: Annotated[float, BUDGET] = 0.0
    model: Annotated[str | None, MODEL] = None
    owner: Annotated[
        str | None, described("Whose it is to be, for an admin; who asks when it is left out.")
    ] = None
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


@endpoint("PUT", "/api/cron/jobs/{id}")
@final
@attrs.frozen(kw_only=True)
class UpdateJob(Request[Job]):
    """Change what is given of a job and plan it anew. Raises BadJob, JobExists, UnknownJob, NotYourJob, CronFailed."""

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str
    name: Annotated[str | None, NAME] = None
    prompt: Annotated[str | None, PROMPT] = None
    schedule: Schedule | None = None
    timezone: Annotated[str | None, ZONE] = None
    enabled: Annotated[bool | None, ENABLED] = None
    delete_after_run: Annotated[bool | None, DELETE] = None
    session_mode: Annotated[SessionMode | None, MODE] = None
    max_retries: Annotated[int | None, RETRIES] = None
    timeout_secs: Annotated[int | None, TIMEOUT] = None
    missed: Annotated[Missed | None, MISSED] = None
    missed_secs: Annotated[int | None, MISSED_SECS] = None
    overlap: Annotated[Overlap | None, OVERLAP] = None
    jitter_secs: Annotated[int | None, JITTER] = None
    budget_usd: Annotated[float | None, BUDGET] = None
    model: Annotated[str | None, MODEL] = UNCHANGED
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]


@endpoint("DELETE", "/api/cron/jobs/{id}", status=204)
@final
@attrs.frozen(kw_only=True)
class RemoveJob(Request[None]):
    """Remove a job and what is known of its runs; one that is under way goes on to its end, and its owner hears of it.

    Raises UnknownJob, NotYourJob, BadJob for one of the agent itself, CronFailed.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str
    user: Annotated[str, from_context("user")]
    role: Annotated[Role, from_context("role")]
