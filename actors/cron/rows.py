"""Jobs and runs as they are stored, and as they are told."""

import json
import sqlite3
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Final, final

import attrs

from actors import jsontext
from actors.cron import schedule as schedules
from actors.cron.messages import (
    Attempt,
    Builtin,
    CronExpression,
    Interval,
    Job,
    Missed,
    OneShot,
    Overlap,
    Run,
    Schedule,
    SessionMode,
    UnknownJob,
)
from actors.shapes import dump, shape_of
from actors.storage import micros, moment
from bus import Data

SCHEDULE: Final = shape_of(Interval | CronExpression | OneShot)
OPEN: Final = "state IN ('planned', 'waiting', 'claimed', 'accepted', 'retrying')"
UNDER_WAY: Final = "state IN ('claimed', 'accepted')"


@final
@attrs.frozen(kw_only=True)
class Kept(Data):
    """A job as it is stored."""

    id: str
    owner: str
    name: str
    prompt: str
    schedule: Schedule
    timezone: str
    anchor: datetime
    enabled: bool = True
    delete_after_run: bool = False
    session_mode: SessionMode = "isolated"
    max_retries: int = 3
    timeout_secs: int = 7200
    missed: Missed = "run_once"
    missed_secs: int = 3600
    overlap: Overlap = "skip"
    jitter_secs: int = 0
    budget_usd: float = 0.0
    model: str | None = None
    builtin: Builtin | None = None
    preface: str = ""
    """What its next run is told before its prompt, once."""
    created_at: datetime
    removed: bool = False
    """Whether only its last run is waited for, until that has ended and was told of."""

    @property
    def words(self) -> str:
        """When it runs."""
        if self.builtin in {"boot", "bootstrap"}:
            return (
                "when the agent is started"
                if self.builtin == "boot"
                else "when the agent is started for the first time"
            )
        try:
            return schedules.words(self.schedule, self.timezone)
        except schedules.BadSchedule as error:
            return f"never: {error}"

    def following(self, after: datetime) -> datetime | None:
        """Its first instant after a time; None where there is none, or what was checked cannot be read any more."""
        try:
            return schedules.following(self.schedule, self.timezone, self.anchor, after)
        except schedules.BadSchedule:  # by this version, on this machine
            return None

    def between(self, first: datetime, last: datetime, most: int) -> list[datetime]:
        """Its latest instants from `first` to `last`, both included, ascending."""
        try:
            return schedules.between(self.schedule, self.timezone, self.anchor, first, last, most)
        except schedules.BadSchedule:
            return []

    def due(self, instant: datetime) -> datetime:
        """When the run of an instant is to begin: later by a jitter that is the same each time it is asked for."""
        if not self.jitter_secs:
            return instant
        drawn = blake2b(f"{self.id} {micros(instant)}".encode(), digest_size=8).digest()
        return instant + timedelta(milliseconds=int.from_bytes(drawn) % (self.jitter_secs * 1000))


UNREADABLE: Final = CronExpression(expr="(damaged)")
"""In place of a schedule that cannot be read: it has no instants, and says so."""


def values_of(job: Kept) -> dict[str, Any]:
    """What is stored of a job, by column."""
    values = attrs.asdict(job, recurse=False)
    values["schedule"] = json.dumps(dump(job.schedule))
    for name in ("anchor", "created_at"):
        values[name] = micros(values[name])
    return values


def kept(row: sqlite3.Row) -> Kept:
    """The other way. A schedule that cannot be read is its job's trouble: the others are run, and all are listed."""
    values: dict[str, Any] = {field.name: row[field.name] for field in attrs.fields(Kept)}
    values |= {
        "schedule": _schedule(row["schedule"]),
        "anchor": moment(row["anchor"]),
        "created_at": moment(row["created_at"]),
        "enabled": bool(row["enabled"]),
        "delete_after_run": bool(row["delete_after_run"]),
        "removed": bool(row["removed"]),
    }
    return Kept(**values)


def _schedule(text: str) -> Schedule:
    """When a job runs: never, where that cannot be read any more."""
    try:
        schedule: Schedule = SCHEDULE.load(jsontext.read(text))
    except ValueError:
        return UNREADABLE
    return schedule


JOBS: Final = f"""
SELECT jobs.*, planned.instant AS next_instant, last.started_at AS last_started, last.state AS last_state,
    last.attempt AS last_attempt, last.error AS last_error, last.due_at AS last_due,
    (SELECT session FROM attempts WHERE run = last.id ORDER BY n DESC LIMIT 1) AS last_session,
    EXISTS (SELECT 1 FROM runs WHERE job = jobs.id AND {UNDER_WAY}) AS running
FROM jobs
LEFT JOIN runs AS planned ON planned.job = jobs.id AND planned.state = 'planned'
LEFT JOIN runs AS last ON last.id =
    (SELECT id FROM runs WHERE job = jobs.id AND attempt > 0 ORDER BY instant DESC LIMIT 1)
"""  # noqa: S608 - constants


def job_of(row: sqlite3.Row) -> Job:
    """A job with how it stands, from a row of ``JOBS``."""
    job = kept(row)
    failing = row["last_state"] in {"retrying", "failed"}
    return Job(
        id=job.id,
        name=job.name,
        user_id=job.owner,
        prompt=job.prompt,
        schedule=job.schedule,
        timezone=job.timezone,
        words=job.words,
        enabled=job.enabled,
        delete_after_run=job.delete_after_run,
        session_mode=job.session_mode,
        max_retries=job.max_retries,
        timeout_secs=job.timeout_secs,
        missed=job.missed,
        missed_secs=job.missed_secs,
        overlap=job.overlap,
        jitter_secs=job.jitter_secs,
        budget_usd=job.budget_usd,
        model=job.model,
        builtin=job.builtin,
        created_at=job.created_at,
        next_run_at=_moment(row["next_instant"]),
        last_run_at=_moment(row["last_started"]),
        last_state=row["last_state"],
        last_session=row["last_session"],
        last_error=row["last_error"] if failing else None,
        retry_count=row["last_attempt"] if failing else 0,
        retry_at=_moment(row["last_due"]) if row["last_state"] == "retrying" else None,
        running=bool(row["running"]),
    )


RUNS: Final = "SELECT runs.*, jobs.name FROM runs JOIN jobs ON jobs.id = runs.job"
ATTEMPTS: Final = "SELECT * FROM attempts WHERE run = ? ORDER BY n"


def run_of(row: sqlite3.Row, attempts: list[sqlite3.Row]) -> Run:
    """A run, from a row of ``RUNS`` and its attempts."""
    return Run(
        id=str(row["id"]),
        job=row["job"],
        name=row["name"],
        instant=moment(row["instant"]),
        manual=bool(row["manual"]),
        state=row["state"],
        why=row["why"],
        collapsed_into=_moment(row["collapsed_into"]),
        due_at=moment(row["due_at"]),
        started_at=_moment(row["started_at"]),
        ended_at=_moment(row["ended_at"]),
        session=(attempts[-1]["session"] or None) if attempts else None,
        summary=row["summary"],
        error=row["error"],
        attempts=tuple(map(attempt_of, attempts)),
    )


def attempt_of(row: sqlite3.Row) -> Attempt:
    """One of its attempts."""
    return Attempt(
        n=row["n"],
        session=row["session"],
        turn=row["turn"],
        started_at=moment(row["started_at"]),
        ended_at=_moment(row["ended_at"]),
        outcome=row["outcome"],
        error=row["error"],
    )


def _moment(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


def job_by_id(connection: sqlite3.Connection, id: str) -> Kept:
    """A job that is there, or is removed and not gone yet. Raises UnknownJob."""
    row = connection.execute("SELECT * FROM jobs WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise UnknownJob(job=id)
    return kept(row)


def count(connection: sqlite3.Connection, job: Kept, condition: str, *values: object) -> int:
    """How many runs of a job are as `condition` says."""
    (found,) = connection.execute(
        f"SELECT count(*) FROM runs WHERE job = ? AND {condition}",  # noqa: S608 - constants
        (job.id, *values),
    ).fetchone()
    return int(found)
