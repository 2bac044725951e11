"""A calendar: what became of instants, and those that will come. Reads the database of jobs."""
# ruff: noqa: S608 - statements are put together from constants; values are parameters

import sqlite3
from datetime import datetime, timedelta
from typing import Final

from actors.cron.messages import Entry
from actors.cron.rows import Kept, kept
from actors.storage import micros, moment
from actors.vocabulary import Role

_VISIBLE: Final = "NOT removed AND (:user IS NULL OR owner = :user)"


def calendar(
    connection: sqlite3.Connection,
    user: str,
    role: Role,
    start: datetime,
    end: datetime,
    each: int,
    most: int,
) -> tuple[Entry, ...]:
    """What is known of instants from `start` to `end`, and those that will come: `each` of a job, `most` in all."""
    owner = None if role == "admin" else user
    found = _known(connection, owner, start, end, most)
    for job, instant in _planned(connection, owner, end):
        if len(found) >= most:
            break
        found += _coming(job, instant, start, end, each)
    return tuple(sorted(found, key=lambda entry: (entry.instant, entry.name))[:most])


def _known(
    connection: sqlite3.Connection, owner: str | None, start: datetime, end: datetime, most: int
) -> list[Entry]:
    """The instants that there are rows of, those that are planned included; the latest."""
    rows = connection.execute(
        "SELECT runs.*, jobs.name, jobs.owner,"
        " (SELECT session FROM attempts WHERE run = runs.id ORDER BY n DESC LIMIT 1) AS session"
        f" FROM runs JOIN jobs ON jobs.id = job WHERE {_VISIBLE} AND instant BETWEEN :start AND :end"
        " ORDER BY instant DESC LIMIT :most",
        {"user": owner, "start": micros(start), "end": micros(end), "most": most},
    )
    return [
        Entry(
            job=row["job"],
            name=row["name"],
            user_id=row["owner"],
            instant=moment(row["instant"]),
            state=row["state"],
            session=row["session"],
            why=row["why"],
        )
        for row in rows
    ]


def _planned(connection: sqlite3.Connection, owner: str | None, end: datetime) -> list[tuple[Kept, datetime]]:
    """The jobs with an instant that is planned before `end`, the soonest first."""
    rows = connection.execute(
        "SELECT jobs.*, runs.instant FROM jobs JOIN runs ON runs.job = jobs.id AND runs.state = 'planned'"
        f" WHERE {_VISIBLE} AND runs.instant <= :end ORDER BY runs.instant",
        {"user": owner, "end": micros(end)},
    ).fetchall()
    return [(kept(row), moment(row["instant"])) for row in rows]


def _coming(job: Kept, planned: datetime, start: datetime, end: datetime, most: int) -> list[Entry]:
    """The instants of a job after the one that is planned."""
    found = list[Entry]()
    after = job.following(max(planned, start - timedelta(microseconds=1)))
    while after is not None and after <= end and len(found) < most:
        found.append(
            Entry(
                job=job.id,
                name=job.name,
                user_id=job.owner,
                instant=after,
                state="planned",
                session=None,
                why="",
            )
        )
        after = job.following(after)
    return found
