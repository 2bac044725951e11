"""The ledger: one row for each planned instant of a job, which says what has become of it.

Each function is one transaction and takes the time from its caller. A row is ``planned``, is taken up (``claimed``),
becomes a turn of the agent (``accepted``), and ends; whoever dies in between leaves a row that says how to go on.
"""
# ruff: noqa: S608 - statements are put together from constants; values are parameters

import logging
import sqlite3
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final, final

import attrs

from actors.beginning import beginning_in_bytes
from actors.cron.afterwards import AT_ONCE, forget, leave_quiet
from actors.cron.fates import Under, backoff, fates
from actors.cron.messages import OneShot
from actors.cron.rows import OPEN, UNDER_WAY, Kept, count, job_by_id
from actors.notify.messages import LONGEST
from actors.storage import micros, moment
from bus import Data

SHOWN: Final = 500
"""Characters of an answer, or of an error, that are kept; until its owner was told, all of an answer is."""
FAULT: Final = "A fault in the program; its log says more."

_LOG: Final = logging.getLogger(__name__)


@final
@attrs.frozen(kw_only=True)
class Claimed(Data):
    """A run that is to be carried out, or is."""

    run: int
    job: Kept
    instant: datetime
    attempt: int
    preface: str
    """What it is told before the prompt of the job."""
    error: str | None
    """Why the attempt before failed."""
    manual: bool = False
    """Whether somebody asked for it."""
    begun: bool = False
    """Whether a turn is at it."""

    @property
    def key(self) -> str:
        """Under which its message is accepted: the same again means the same turn."""
        return _key(self.job.id, micros(self.instant), self.attempt)


def _key(job: str, instant: int, attempt: int) -> str:
    return f"cron:{job}:{instant}:{attempt}"


@final
@attrs.frozen(kw_only=True)
class Outcome(Data):
    """How an attempt came out."""

    outcome: str
    """As of the turn."""
    success: bool
    text: str = ""
    """The answer."""
    error: str = ""
    """What failed, in a sentence."""
    again: bool = True
    """Whether another attempt may help."""
    quiet: bool = False
    """Whether nobody is to be told."""


# --- planning ---------------------------------------------------------------------------------------------


def plan(connection: sqlite3.Connection, job: Kept, after: datetime) -> None:
    """Plan the first instant after a time that is not accounted for, if the job is enabled and there is one."""
    instant = _free(connection, job, after) if job.enabled else None
    if instant is not None:
        _insert(connection, job, instant, "planned")


def _free(connection: sqlite3.Connection, job: Kept, after: datetime) -> datetime | None:
    """The first instant after a time that has no row, or is planned."""
    while (instant := job.following(after)) is not None:
        if not count(connection, job, "instant = ? AND state <> 'planned'", micros(instant)):
            return instant
        after = instant
    return None


def unplan(connection: sqlite3.Connection, job: Kept, now: datetime, why: str) -> None:
    """Take back what is planned. What has passed already and had not begun is left out, and why is kept."""
    for row in connection.execute(
        "SELECT instant FROM runs WHERE job = ? AND state = 'planned' AND instant <= ?", (job.id, micros(now))
    ).fetchall():
        for instant in job.between(moment(row["instant"]), now, AT_ONCE):
            _insert(connection, job, instant, "skipped", why=why, ended_at=micros(now))
    connection.execute(
        "UPDATE runs SET state = 'skipped', why = ?, ended_at = ? WHERE job = ?"
        " AND (state = 'waiting' OR state = 'planned' AND instant <= ?)",
        (why, micros(now), job.id, micros(now)),
    )
    connection.execute("DELETE FROM runs WHERE job = ? AND state = 'planned'", (job.id,))


def replan(connection: sqlite3.Connection, now: datetime) -> None:
    """Plan what is planned farther away than it should be: the clock was set back, or may have been."""
    for row in connection.execute("SELECT id FROM jobs WHERE enabled").fetchall():
        with _alone(connection, row["id"], now):
            job = job_by_id(connection, row["id"])
            planned = connection.execute(
                "SELECT instant FROM runs WHERE job = ? AND state = 'planned'", (job.id,)
            ).fetchone()
            nearest = _free(connection, job, now)
            if planned is None or (nearest is not None and micros(nearest) < planned["instant"]):
                connection.execute("DELETE FROM runs WHERE job = ? AND state = 'planned'", (job.id,))
                plan(connection, job, now)
    retrying = "SELECT id, attempt FROM runs WHERE state = 'retrying' AND due_at > ?"
    for row in connection.execute(retrying, (micros(now),)).fetchall():
        connection.execute(
            "UPDATE runs SET due_at = min(due_at, ?) WHERE id = ?",
            (micros(now + backoff(row["attempt"])), row["id"]),
        )


@contextmanager
def _alone(connection: sqlite3.Connection, job: str, now: datetime) -> Generator[None]:
    """What cannot be worked out about one job switches that one off, and stops nothing else."""
    connection.execute("SAVEPOINT one")
    try:
        yield
    except sqlite3.Error:
        raise
    except Exception:  # noqa: BLE001 - the others are to run, whatever there is in this one
        _LOG.exception("the job %s is switched off", job)
        connection.execute("ROLLBACK TO one")
        connection.execute(
            "UPDATE runs SET state = 'failed', error = ?, ended_at = ?, told = 0"
            " WHERE job = ? AND state IN ('planned', 'retrying')",
            (FAULT, micros(now), job),
        )
        connection.execute("UPDATE jobs SET enabled = 0 WHERE id = ?", (job,))
    connection.execute("RELEASE one")


def _insert(
    connection: sqlite3.Connection, job: Kept, instant: datetime, state: str, **more: Any
) -> int | None:
    """Number of the row; None where the instant has one already."""
    values = {
        "job": job.id,
        "instant": micros(instant),
        "manual": 0,
        "state": state,
        "due_at": micros(job.due(instant)),
        **more,
    }
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    row = connection.execute(
        f"INSERT INTO runs ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING RETURNING id", values
    ).fetchone()
    return None if row is None else int(row["id"])


# --- taking up what is due --------------------------------------------------------------------------------


def next_due(connection: sqlite3.Connection) -> datetime | None:
    """When something is to be taken up next; None: nothing is planned."""
    found: int | None = connection.execute(
        "SELECT min(due_at) FROM (SELECT min(due_at) AS due_at FROM runs WHERE state = 'planned'"
        " UNION ALL SELECT min(due_at) FROM runs WHERE state = 'retrying')"
    ).fetchone()[0]
    return None if found is None else moment(found)


def claim(connection: sqlite3.Connection, now: datetime, keep: int) -> None:
    """Take up what is due, the longest due first, and plan what comes next: of AT_ONCE jobs at most.

    `keep` is how many runs a job keeps: of the instants that were missed, no more are written down.
    """
    due = connection.execute(
        "SELECT id, job, instant, state FROM runs WHERE state IN ('planned', 'retrying') AND due_at <= ?"
        " ORDER BY state = 'retrying', due_at, id LIMIT ?",  # a planned run goes before another attempt of its job
        (micros(now), AT_ONCE),
    ).fetchall()
    for row in due:
        with _alone(connection, row["job"], now):
            if row["state"] == "planned":
                _take(connection, job_by_id(connection, row["job"]), moment(row["instant"]), now, keep)
            elif _is(connection, row["id"], "retrying"):
                _begin(connection, row["id"])


def _take(connection: sqlite3.Connection, job: Kept, first: datetime, now: datetime, keep: int) -> None:
    """Decide on the instants of a job that are due, from the one that is planned on."""
    due = [each for each in job.between(first, now, keep) if job.due(each) <= now]
    # More have passed than are written down, or the job is another than when it was planned.
    if first not in due:
        due = [first, *due]
    connection.execute("DELETE FROM runs WHERE job = ? AND state = 'planned'", (job.id,))
    fresh = [each for each in due if not count(connection, job, "instant = ?", micros(each))]
    decided = fates(
        fresh,
        now,
        missed=job.missed,
        missed_secs=job.missed_secs,
        jitter=timedelta(seconds=job.jitter_secs),
        overlap=job.overlap,
        under=_under(connection, job),
        waiting=count(connection, job, "state = 'waiting'"),
    )
    for fate in decided:
        final = fate.state not in {"claimed", "waiting"}
        run = _insert(
            connection,
            job,
            fate.instant,
            "waiting" if fate.state == "claimed" else fate.state,
            why=fate.why,
            collapsed_into=None if fate.into is None else micros(fate.into),
            ended_at=micros(now) if final else None,
            told=int(not (fate.state == "late" and isinstance(job.schedule, OneShot))),
        )
        if run is not None and fate.state == "claimed":
            _give_up_retry(connection, job, now)
            _begin(connection, run)
    plan(connection, job, due[-1])
    _finish(connection, job)


def _begin(connection: sqlite3.Connection, run: int) -> None:
    """Take a run up for its next attempt. The first one is told what its job had to say to its next run."""
    connection.execute(
        "UPDATE runs SET preface = (SELECT preface FROM jobs WHERE id = runs.job)"
        " WHERE id = ? AND attempt = 0",
        (run,),
    )
    connection.execute(
        "UPDATE jobs SET preface = '' WHERE preface <> ''"
        " AND id = (SELECT job FROM runs WHERE id = ? AND attempt = 0)",
        (run,),
    )
    connection.execute(
        "UPDATE runs SET state = 'claimed', attempt = min(attempt, 1000000) + 1 WHERE id = ?", (run,)
    )


def _give_up_retry(connection: sqlite3.Connection, job: Kept, now: datetime) -> None:
    """A run that begins takes the place of one that waits for its next attempt."""
    connection.execute(
        "UPDATE runs SET state = 'failed', why = 'the next run took the place of another attempt', ended_at = ?,"
        " told = 0 WHERE job = ? AND state = 'retrying'",
        (micros(now), job.id),
    )


def _under(connection: sqlite3.Connection, job: Kept) -> Under:
    if count(connection, job, UNDER_WAY):
        return "run"
    return "retry" if count(connection, job, "state = 'retrying'") else "nothing"


def opened(connection: sqlite3.Connection, in_hand: Collection[str] = ()) -> tuple[Claimed, ...]:
    """What is claimed or accepted, the longest due first, but for what somebody has in hand, by its key."""
    rows = connection.execute(f"SELECT * FROM runs WHERE {UNDER_WAY} ORDER BY due_at, id").fetchall()
    return tuple(
        _claimed(connection, row)
        for row in rows
        if _key(row["job"], row["instant"], row["attempt"]) not in in_hand
    )


def current(connection: sqlite3.Connection, claimed: Claimed) -> Claimed | None:
    """What was claimed as it is now, its job too; None where it is over."""
    row = connection.execute(
        f"SELECT * FROM runs WHERE id = ? AND job = ? AND attempt = ? AND {UNDER_WAY}",
        (claimed.run, claimed.job.id, claimed.attempt),
    ).fetchone()
    return None if row is None else _claimed(connection, row)


def _claimed(connection: sqlite3.Connection, row: sqlite3.Row) -> Claimed:
    return Claimed(
        run=row["id"],
        job=job_by_id(connection, row["job"]),
        instant=moment(row["instant"]),
        attempt=row["attempt"],
        preface=row["preface"],
        error=row["error"],
        manual=bool(row["manual"]),
        begun=row["state"] == "accepted",
    )


# --- a run ------------------------------------------------------------------------------------------------


def run_now(connection: sqlite3.Connection, job: Kept, now: datetime) -> int | None:
    """Take up a run beside the plan: its number; None where one is under way and the job wants no other beside it."""
    instant = now if now.microsecond else now + timedelta(microseconds=1)
    while count(connection, job, "instant = ?", micros(instant)):
        instant += timedelta(microseconds=1)
    under = _under(connection, job)
    if under == "run" and job.overlap == "skip":
        return None
    run = _insert(connection, job, instant, "waiting", manual=1, due_at=micros(now))
    if run is not None and under != "run":
        _give_up_retry(connection, job, now)
        _begin(connection, run)
    return run


def accepted(
    connection: sqlite3.Connection, claimed: Claimed, session: str, turn: str, now: datetime, *, own: bool
) -> bool:
    """Note which turn is at it; whether the run is still there to be ended."""
    there = connection.execute(
        "UPDATE runs SET state = 'accepted', started_at = coalesce(started_at, ?)"
        f" WHERE id = ? AND job = ? AND attempt = ? AND {UNDER_WAY}",
        (micros(now), claimed.run, claimed.job.id, claimed.attempt),
    ).rowcount
    if there:
        connection.execute(
            "INSERT INTO attempts (run, n, session, turn, own, started_at) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (claimed.run, claimed.attempt, session, turn, own, micros(now)),
        )
    return bool(there)


def ended(
    connection: sqlite3.Connection, claimed: Claimed, outcome: Outcome, now: datetime, keep: int
) -> None:
    """Note how an attempt came out: the run is over, or is tried again later. What waited for it begins.

    Nothing changes where that is known already, or the job is gone.
    """
    row = connection.execute(
        f"SELECT * FROM runs WHERE id = ? AND job = ? AND attempt = ? AND {UNDER_WAY}",
        (claimed.run, claimed.job.id, claimed.attempt),
    ).fetchone()
    if row is None:
        return
    job = job_by_id(connection, row["job"])
    error = None if outcome.success else outcome.error[:SHOWN]
    connection.execute(
        "UPDATE attempts SET ended_at = ?, outcome = ?, error = ? WHERE run = ? AND n = ?",
        (micros(now), outcome.outcome, error, claimed.run, claimed.attempt),
    )
    waits = count(connection, job, "state = 'waiting'")
    wanted = not job.removed and (job.enabled or row["manual"])  # nobody has paused it meanwhile
    again = outcome.again and wanted and claimed.attempt <= job.max_retries and not waits
    values: dict[str, object] = {"error": error, "summary": outcome.text[:SHOWN]}
    if not outcome.success and again:
        values |= {"state": "retrying", "due_at": micros(now + backoff(claimed.attempt))}
    else:
        state = "done" if outcome.success else "failed"
        answer = beginning_in_bytes(outcome.text, LONGEST) if outcome.success and not outcome.quiet else ""
        values |= {"state": state, "ended_at": micros(now), "told": int(outcome.quiet), "answer": answer}
    _update(connection, claimed.run, values)
    if outcome.quiet:
        leave_quiet(connection, job, claimed.run)
    if values["state"] != "retrying":
        _next_waiting(connection, job)
    forget(connection, job, keep)
    _finish(connection, job)


def skipped(connection: sqlite3.Connection, claimed: Claimed, why: str, now: datetime, keep: int) -> None:
    """Leave out a run that was taken up, before a turn was at it."""
    changed = connection.execute(
        "UPDATE runs SET state = 'skipped', why = ?, ended_at = ?"
        " WHERE id = ? AND job = ? AND attempt = ? AND state = 'claimed'",
        (why, micros(now), claimed.run, claimed.job.id, claimed.attempt),
    ).rowcount
    if changed:
        _next_waiting(connection, claimed.job)
        forget(connection, claimed.job, keep)
        _finish(connection, claimed.job)


def pause(connection: sqlite3.Connection, job: Kept, now: datetime) -> None:
    """A job is not to run any more for now. What is under way goes on to its end."""
    unplan(connection, job, now, "the job was paused")
    connection.execute(
        "UPDATE runs SET state = 'failed', why = 'the job was paused before another attempt', ended_at = ?, told = 0"
        " WHERE job = ? AND state = 'retrying'",
        (micros(now), job.id),
    )


def _update(connection: sqlite3.Connection, run: int, values: Mapping[str, object]) -> None:
    assignments = ", ".join(f"{name} = :{name}" for name in values)
    connection.execute(f"UPDATE runs SET {assignments} WHERE id = :id", {**values, "id": run})


def _next_waiting(connection: sqlite3.Connection, job: Kept) -> None:
    row = connection.execute(
        "SELECT id FROM runs WHERE job = ? AND state = 'waiting' ORDER BY instant LIMIT 1", (job.id,)
    ).fetchone()
    if row is not None and _under(connection, job) == "nothing":
        _begin(connection, row["id"])


def _finish(connection: sqlite3.Connection, job: Kept) -> None:
    """A job of which nothing is left to come is switched off, and stays listed."""
    if not count(connection, job, OPEN):
        connection.execute("UPDATE jobs SET enabled = 0 WHERE id = ? AND enabled", (job.id,))


def _is(connection: sqlite3.Connection, run: int, state: str) -> bool:
    row = connection.execute("SELECT state FROM runs WHERE id = ?", (run,)).fetchone()
    return row is not None and row["state"] == state
