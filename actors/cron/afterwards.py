"""What follows a run: its owner is told, and what nobody needs any more is forgotten.

Each function is one transaction.
"""
# ruff: noqa: S608 - statements are put together from constants; values are parameters

import json
import sqlite3
from datetime import datetime, timedelta
from typing import Final, final

import attrs

from actors.cron.messages import OneShot
from actors.cron.rows import OPEN, UNDER_WAY, Kept, count, job_by_id
from actors.storage import micros, moment
from bus import Data

AT_ONCE: Final = 100
"""Rows that are looked at in one transaction."""
LOOKED_AT: Final = timedelta(minutes=1)
"""For how long the last run of a job that is removed can be looked at."""
REMEMBERED: Final = timedelta(days=30)
"""How long the answer to a call of a tool is known."""


@final
@attrs.frozen(kw_only=True)
class Untold(Data):
    """A run that has ended, and its owner does not know yet."""

    run: int
    job: Kept
    instant: datetime
    success: bool
    session: str | None
    text: str


def untold(connection: sqlite3.Connection) -> tuple[Untold, ...]:
    """Runs that have ended without their owners' knowledge, in their order."""
    rows = connection.execute(
        "SELECT runs.*, (SELECT session FROM attempts WHERE run = runs.id ORDER BY n DESC LIMIT 1) AS session"
        " FROM runs WHERE told = 0 ORDER BY id LIMIT ?",
        (AT_ONCE,),
    ).fetchall()
    return tuple(
        Untold(
            run=row["id"],
            job=job_by_id(connection, row["job"]),
            instant=moment(row["instant"]),
            success=row["state"] == "done",
            session=row["session"],
            text=row["answer"] or row["summary"] if row["state"] == "done" else row["error"] or row["why"],
        )
        for row in rows
    )


def told(connection: sqlite3.Connection, each: Untold, keep: int) -> None:
    """The owner knows. A job that was to be removed after its run goes, unless it was put off meanwhile."""
    connection.execute(
        "UPDATE runs SET told = 1, answer = '' WHERE id = ? AND job = ?", (each.run, each.job.id)
    )
    forget(connection, each.job, keep)
    done = (
        "state IN ('done', 'failed') AND why = ''"  # not given up for another run, or because it was paused
    )
    over = count(connection, each.job, done) and not count(connection, each.job, UNDER_WAY)
    put_off = isinstance(each.job.schedule, OneShot) and count(
        connection, each.job, "state = 'planned' AND id > ?", each.run
    )
    if each.job.delete_after_run and over and not put_off:
        _mark_removed(connection, each.job)


def remove(connection: sqlite3.Connection, job: Kept) -> bool:
    """Remove a job with all that is known of its runs.

    Whether one is under way: that goes on to its end, and is told of before the job is gone.
    """
    under_way = count(connection, job, UNDER_WAY) > 0
    if under_way:
        _mark_removed(connection, job)
    else:
        forget_job(connection, job.id)
    return under_way


def _mark_removed(connection: sqlite3.Connection, job: Kept) -> None:
    connection.execute(
        "DELETE FROM runs WHERE job = ? AND state IN ('planned', 'waiting', 'retrying')", (job.id,)
    )
    connection.execute("UPDATE jobs SET removed = 1, enabled = 0 WHERE id = ?", (job.id,))


def removed(connection: sqlite3.Connection, now: datetime) -> tuple[str, ...]:
    """Jobs that are removed and of which nobody wants to know anything any more, some at a time."""
    rows = connection.execute(
        "SELECT id FROM jobs WHERE removed AND NOT EXISTS"
        f" (SELECT 1 FROM runs WHERE job = jobs.id AND ({UNDER_WAY} OR told = 0 OR ended_at > ?)) LIMIT ?",
        (micros(now - LOOKED_AT), AT_ONCE),
    ).fetchall()
    return tuple(row["id"] for row in rows)


def forget_job(connection: sqlite3.Connection, id: str) -> None:
    """Delete a job with all that is known of its runs."""
    connection.execute("DELETE FROM jobs WHERE id = ?", (id,))


def forget(connection: sqlite3.Connection, job: Kept, keep: int) -> None:
    """Forget the oldest runs of a job beyond those it keeps, `keep` that ran and as many that did not.

    Their conversations are left over.
    """
    for kind in ("attempt > 0", "attempt = 0"):
        rows = connection.execute(
            f"SELECT id FROM runs WHERE job = ? AND {kind} AND NOT ({OPEN}) AND told"
            " ORDER BY instant DESC LIMIT -1 OFFSET ?",
            (job.id, keep),
        ).fetchall()
        if not rows:
            continue
        gone = json.dumps([row["id"] for row in rows])
        connection.execute(
            "INSERT INTO leftovers (session, owner) SELECT session, ? FROM attempts WHERE own"
            " AND run IN (SELECT value FROM json_each(?)) ON CONFLICT DO NOTHING",
            (job.owner, gone),
        )
        connection.execute("DELETE FROM runs WHERE id IN (SELECT value FROM json_each(?))", (gone,))


def leave_quiet(connection: sqlite3.Connection, job: Kept, run: int) -> None:
    """Of runs that had nothing to say only the latest keeps its conversation: there are many of them."""
    quiet = (
        "own AND run IN (SELECT id FROM runs WHERE job = ? AND state = 'done' AND summary = '' AND id <> ?)"
    )
    connection.execute(
        "INSERT INTO leftovers (session, owner)"
        f" SELECT session, ? FROM attempts WHERE {quiet} ON CONFLICT DO NOTHING",
        (job.owner, job.id, run),
    )
    connection.execute(f"UPDATE attempts SET own = 0, session = '' WHERE {quiet}", (job.id, run))


def leftovers(connection: sqlite3.Connection) -> tuple[tuple[str, str], ...]:
    """Conversations of forgotten runs with their owners, some at a time."""
    rows = connection.execute("SELECT session, owner FROM leftovers LIMIT ?", (AT_ONCE,)).fetchall()
    return tuple((row["session"], row["owner"]) for row in rows)


def cleared(connection: sqlite3.Connection, session: str, now: datetime) -> None:
    """A conversation is gone, or stays for good."""
    connection.execute("DELETE FROM leftovers WHERE session = ?", (session,))
    connection.execute("DELETE FROM applied WHERE at < ?", (micros(now - REMEMBERED),))
