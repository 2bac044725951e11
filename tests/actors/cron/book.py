"""A ledger in memory, and time that passes as a test says."""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs

from actors.cron import afterwards, jobs, ledger, rows
from actors.cron.ledger import Claimed, Outcome
from actors.cron.messages import CronExpression, Interval, Job, OneShot, Run, Schedule
from actors.cron.rows import Kept
from actors.cron.scheduler import MIGRATIONS
from actors.storage import empty, numbered

START: Final = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday."""
MINUTE: Final = Interval(every_ms=60_000)
HOUR: Final = Interval(every_ms=3_600_000)
NINE: Final = CronExpression(expr="0 9 * * *")
GOOD: Final = Outcome(outcome="success", success=True, text="all is well")
BAD: Final = Outcome(outcome="error", success=False, error="no model")


def once(**after: float) -> OneShot:
    """A schedule that comes so much after START."""
    return OneShot(at=(START + timedelta(**after)).isoformat())


class Book:
    """A ledger whose clock is moved by hand."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.now = START
        self.keep = 100

    def add(self, name: str = "tea", schedule: Schedule = HOUR, **options: Any) -> Kept:
        values: dict[str, Any] = {"owner": "ada", "prompt": "make tea", "timezone": "UTC", **options}
        job = Kept(
            id=f"{values['owner']}-{name}",
            name=name,
            schedule=schedule,
            anchor=self.now,
            created_at=self.now,
            **values,
        )
        jobs.add(self.connection, job, self.now, 1000)
        return job

    def change(self, job: Kept, **changes: Any) -> Kept:
        jobs.change(self.connection, self.kept(job), changes, self.now)
        return self.kept(job)

    def kept(self, job: Kept) -> Kept:
        return rows.job_by_id(self.connection, job.id)

    def shown(self, job: Kept) -> Job:
        return jobs.get(self.connection, job.id, job.owner, "user")

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)

    def claim(self) -> tuple[Claimed, ...]:
        """Take up what is due: what is claimed by then."""
        ledger.claim(self.connection, self.now, self.keep)
        return tuple(each for each in ledger.opened(self.connection) if self.state(each) == "claimed")

    def accept(self, claimed: Claimed) -> bool:
        return ledger.accepted(
            self.connection, claimed, f"s-{claimed.key}", f"t-{claimed.key}", self.now, own=True
        )

    def end(self, claimed: Claimed, outcome: Outcome = GOOD) -> None:
        ledger.ended(self.connection, claimed, outcome, self.now, self.keep)

    def carry_out(self, claimed: Claimed, outcome: Outcome = GOOD) -> None:
        assert self.accept(claimed)
        self.end(claimed, outcome)

    def next(self) -> float | None:
        """Seconds until something is due."""
        due = ledger.next_due(self.connection)
        return None if due is None else (due - self.now).total_seconds()

    def runs(self, job: Kept) -> list[Run]:
        """Of a job, the latest first."""
        return list(jobs.runs(self.connection, job.id, job.owner, "user", 10_000)[1])

    def states(self, job: Kept) -> list[str]:
        """Of the runs of a job, the earliest first, without the one that is planned."""
        return [run.state for run in reversed(self.runs(job)) if run.state != "planned"]

    def state(self, claimed: Claimed) -> str:
        return jobs.run(self.connection, claimed.run).state

    def untold(self) -> list[str]:
        """What owners do not know yet; they do now."""
        there = afterwards.untold(self.connection)
        for each in there:
            afterwards.told(self.connection, each, self.keep)
        return [f"{each.job.name}: {each.text}" for each in there]


def book() -> Any:
    """A context manager that gives an empty one."""
    return _Opened()


@attrs.define
class _Opened:
    _manager: Any = None

    def __enter__(self) -> Book:
        self._manager = empty(numbered(MIGRATIONS))
        connection = self._manager.__enter__()
        connection.execute("PRAGMA foreign_keys = ON")
        return Book(connection)

    def __exit__(self, *error: object) -> None:
        self._manager.__exit__(*error)
