"""Jobs in their database: made, changed, removed, found. Each function is one transaction."""
# ruff: noqa: S608 - statements are put together from constants; values are parameters

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from actors.cron import afterwards, ledger
from actors.cron.messages import (
    AlreadyRunning,
    BadJob,
    Job,
    JobExists,
    NotYourJob,
    Run,
    TooManyJobs,
    UnknownJob,
)
from actors.cron.rows import ATTEMPTS, JOBS, OPEN, RUNS, Kept, job_by_id, job_of, kept, run_of, values_of
from actors.cron.why import local
from actors.storage import clean, micros
from actors.vocabulary import Role

REPLANNED: Final = frozenset({"schedule", "timezone", "jitter_secs", "enabled"})
"""What a change of asks for another plan."""


# --- finding ----------------------------------------------------------------------------------------------


def owned(connection: sqlite3.Connection, id: str, user: str, role: Role, *, removed: bool = False) -> Kept:
    """A job by its id, for its owner or an admin; one that is removed only if it is asked for.

    Raises UnknownJob, NotYourJob.
    """
    job = job_by_id(connection, clean(id))
    if job.removed and not removed:
        raise UnknownJob(job=id)
    if role != "admin" and job.owner != user:
        raise NotYourJob(job=id)
    return job


def named(connection: sqlite3.Connection, name: str, user: str) -> Kept:
    """A job of a user by its name. Raises UnknownJob."""
    row = connection.execute(
        "SELECT * FROM jobs WHERE owner = ? AND name = ? AND builtin IS NULL AND NOT removed",
        (user, clean(name)),
    ).fetchone()
    if row is None:
        raise UnknownJob(job=name)
    return kept(row)


def builtin(connection: sqlite3.Connection, name: str) -> Kept | None:
    """A job of the agent itself."""
    row = connection.execute("SELECT * FROM jobs WHERE builtin = ?", (name,)).fetchone()
    return None if row is None else kept(row)


def get(connection: sqlite3.Connection, id: str, user: str, role: Role) -> Job:
    """Raises UnknownJob, NotYourJob."""
    owned(connection, id, user, role)
    return _shown(connection, clean(id))


def listed(
    connection: sqlite3.Connection, user: str, role: Role, *, builtin: bool = False
) -> tuple[Job, ...]:
    """The jobs of a user, for an admin everybody's, by name."""
    conditions = ["NOT jobs.removed"] if role == "admin" else ["NOT jobs.removed", "jobs.owner = :user"]
    if not (builtin and role == "admin"):
        conditions.append("jobs.builtin IS NULL")
    rows = connection.execute(
        f"{JOBS} WHERE {' AND '.join(conditions)} ORDER BY jobs.name, jobs.owner", {"user": user}
    )
    return tuple(map(job_of, rows.fetchall()))


def runs(
    connection: sqlite3.Connection, id: str, user: str, role: Role, limit: int
) -> tuple[Kept, tuple[Run, ...]]:
    """A job and its runs, the latest instant first; for a while after it was removed too.

    Raises UnknownJob, NotYourJob.
    """
    job = owned(connection, id, user, role, removed=True)
    rows = connection.execute(f"{RUNS} WHERE job = ? ORDER BY instant DESC LIMIT ?", (job.id, limit))
    return job, tuple(_run(connection, row) for row in rows.fetchall())


def run(connection: sqlite3.Connection, number: int) -> Run:
    """One run that is there."""
    return _run(connection, connection.execute(f"{RUNS} WHERE runs.id = ?", (number,)).fetchone())


def _run(connection: sqlite3.Connection, row: sqlite3.Row) -> Run:
    return run_of(row, connection.execute(ATTEMPTS, (row["id"],)).fetchall())


def _shown(connection: sqlite3.Connection, id: str) -> Job:
    return job_of(connection.execute(f"{JOBS} WHERE jobs.id = ?", (id,)).fetchone())


# --- changing ---------------------------------------------------------------------------------------------


def add(connection: sqlite3.Connection, job: Kept, now: datetime, most: int) -> Job:
    """Keep a new job and plan it. Raises JobExists, TooManyJobs."""
    (there,) = connection.execute(
        "SELECT count(*) FROM jobs WHERE owner = ? AND builtin IS NULL AND NOT removed", (job.owner,)
    ).fetchone()
    while there >= most and job.builtin is None:
        if not _made_room(connection, job.owner, now):
            raise TooManyJobs(most=most)
        there -= 1
    values = values_of(job)
    names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
    try:
        connection.execute(f"INSERT INTO jobs ({names}) VALUES ({marks})", values)
    except sqlite3.IntegrityError as error:
        raise JobExists(name=job.name) from error
    ledger.plan(connection, job, now)
    return _shown(connection, job.id)


def _made_room(connection: sqlite3.Connection, owner: str, now: datetime) -> bool:
    """Forget the job of an owner that has happened once and for all, the longest ago; False where there is none."""
    rows = connection.execute(
        "SELECT jobs.* FROM jobs JOIN runs ON runs.job = jobs.id WHERE owner = ? AND NOT removed AND NOT enabled"
        " AND json_extract(schedule, '$.kind') = 'one_shot' GROUP BY jobs.id"
        f" HAVING sum({OPEN} OR told = 0) = 0 ORDER BY max(ended_at), jobs.id",
        (owner,),
    )
    over = next((job for job in map(kept, rows) if job.following(now) is None), None)
    if over is not None:
        afterwards.forget_job(connection, over.id)
    return over is not None


def change(connection: sqlite3.Connection, before: Kept, changes: Mapping[str, Any], now: datetime) -> Job:
    """Change a job, and plan it anew where that is another plan. Raises UnknownJob, BadJob, JobExists."""
    job = job_by_id(connection, before.id)  # what was checked before may have been changed meanwhile
    if job != before:
        raise BadJob("the job was changed by somebody else just now: try again")
    changed = attrs.evolve(job, **changes)
    if changed == job:
        return _shown(connection, job.id)
    if changed.schedule != job.schedule:
        changed = attrs.evolve(changed, anchor=now.replace(microsecond=0))
    values = values_of(changed)
    assignments = ", ".join(f"{name} = :{name}" for name in values)
    try:
        connection.execute(f"UPDATE jobs SET {assignments} WHERE id = :id", values)
    except sqlite3.IntegrityError as error:
        raise JobExists(name=changed.name) from error
    if job.enabled and not changed.enabled:
        ledger.pause(connection, job, now)
    elif any(getattr(job, name) != getattr(changed, name) for name in REPLANNED):
        ledger.unplan(connection, job, now, "the job was changed before it began")
        ledger.plan(connection, changed, now)
    return _shown(connection, job.id)


def set_up(connection: sqlite3.Connection, wanted: Kept, now: datetime) -> None:
    """Have a job of the agent itself planned as it is wanted; one that is not there and is not enabled is not made."""
    there = builtin(connection, wanted.builtin or "")
    if there is not None:
        change(connection, there, {"enabled": wanted.enabled, "schedule": wanted.schedule}, now)
    elif wanted.enabled:
        add(connection, wanted, now, 0)


def has_open(connection: sqlite3.Connection, job: Kept) -> bool:
    """Whether a run of a job is planned or under way."""
    row = connection.execute(f"SELECT 1 FROM runs WHERE job = ? AND {OPEN} LIMIT 1", (job.id,)).fetchone()
    return row is not None


def has_done(connection: sqlite3.Connection, job: Kept) -> bool:
    """Whether a run of a job has ever succeeded."""
    row = connection.execute(
        "SELECT 1 FROM runs WHERE job = ? AND state = 'done' LIMIT 1", (job.id,)
    ).fetchone()
    return row is not None


def run_now(connection: sqlite3.Connection, job: Kept, now: datetime) -> int:
    """Take up a run beside the plan: its number. Raises AlreadyRunning."""
    run = ledger.run_now(connection, job, now)
    if run is None:
        raise AlreadyRunning(name=job.name)
    return run


def boot(connection: sqlite3.Connection, job: Kept, process: str, now: datetime) -> None:
    """Run a job of the agent's start, once in the life of a process; the very first one only until it has succeeded."""
    if job.builtin == "bootstrap" and (has_done(connection, job) or has_open(connection, job)):
        return

    def act() -> str:
        ledger.run_now(connection, job, now)
        return ""

    _once(connection, f"{job.builtin}:{process}", now, act)


# --- calls of tools, once each ----------------------------------------------------------------------------


def answer(connection: sqlite3.Connection, call: str) -> str | None:
    """What a call was answered with before."""
    row = connection.execute("SELECT answer FROM applied WHERE call = ?", (call,)).fetchone()
    return None if row is None else str(row["answer"])


def _once(connection: sqlite3.Connection, call: str, now: datetime, act: Callable[[], str]) -> str:
    """What `act` answers; the same call once more gets the same answer and changes nothing."""
    known = answer(connection, call)
    if known is None:
        known = act()
        connection.execute("INSERT INTO applied VALUES (?, ?, ?)", (call, known, micros(now)))
    return known


def add_once(connection: sqlite3.Connection, call: str, job: Kept, now: datetime, most: int) -> str:
    """Raises JobExists, TooManyJobs."""

    def act() -> str:
        made = add(connection, job, now, most)
        return f"Job {made.name} ({made.id[:8]}) is made: {made.words}.{_next(made)}"

    return _once(connection, call, now, act)


def change_once(
    connection: sqlite3.Connection, call: str, job: Kept, changes: Mapping[str, Any], now: datetime
) -> str:
    """Raises BadJob."""

    def act() -> str:
        changed = change(connection, job, changes, now)
        paused = "" if changed.enabled else " It is paused."
        return f"Job {changed.name} is changed: {changed.words}.{paused}{_next(changed)}"

    return _once(connection, call, now, act)


def remove_once(connection: sqlite3.Connection, call: str, name: str, user: str, now: datetime) -> str:
    """Raises UnknownJob."""

    def act() -> str:
        under_way = afterwards.remove(connection, named(connection, name, user))
        return (
            f"Job {name} is removed.{' Its run that is under way goes on to its end.' if under_way else ''}"
        )

    return _once(connection, call, now, act)


def run_once(connection: sqlite3.Connection, call: str, name: str, user: str, now: datetime) -> str:
    """Raises UnknownJob, AlreadyRunning."""

    def act() -> str:
        run_now(connection, named(connection, name, user), now)
        return f"Job {name} runs now, by itself, and the person gets its answer. Do not carry out its prompt here."

    return _once(connection, call, now, act)


def wake_once(
    connection: sqlite3.Connection, call: str, now: datetime, message: str, *, at_once: bool
) -> str:
    """Raises UnknownJob where there is no heartbeat, AlreadyRunning."""

    def act() -> str:
        job = builtin(connection, "heartbeat")
        if at_once and (job is None or not job.enabled):
            raise UnknownJob(job="heartbeat")
        if job is not None:
            preface = "\n\n".join(filter(None, (job.preface, clean(message))))
            connection.execute("UPDATE jobs SET preface = ? WHERE id = ?", (preface, job.id))
        if job is None or not job.enabled:
            return "There is no heartbeat now: HEARTBEAT.md says nothing."
        if at_once:
            run_now(connection, job, now)
            return "The heartbeat happens now."
        return f"The next heartbeat knows.{_next(_shown(connection, job.id))}"

    return _once(connection, call, now, act)


def _next(job: Job) -> str:
    return "" if job.next_run_at is None else f" Next run: {local(job.next_run_at, job.timezone)}."
