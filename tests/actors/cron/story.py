"""What the agent, its disk and the people around it do in a simulated year, as it is noted."""

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, final

import attrs

from actors.cron.ledger import Outcome
from actors.cron.rows import Kept
from tests.actors.cron.oracle import Instants

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
"""Microseconds, as all times here."""
ZONES: Final = ("Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
EXPRESSIONS: Final = (
    "0 9 * * 1",
    "@weekly",
    "@monthly",
    "0 0 1 * *",
    "0 6 l * *",
    "0 12 29 2 *",
    "45 23 13 * 5",
    "10 4 */5 * *",
    "30 15 8 * * 1",
    "0 8 * jan,jul mon-fri",
    "0 17 * 1,6,11 sat-mon",
    "15 * 1 1,4,7,10 *",
    "0,30 1-3 * 3,4,10,11 0",
    "*/30 2 * * sun",
    "30 2 * 3,4,10,11 *",
)
"""Not often, but where clocks change."""
HISTORY: Final = """
CREATE TEMP TABLE history (
    tx INTEGER, job TEXT, instant INTEGER, manual INTEGER, old TEXT, new TEXT, attempt INTEGER, collapsed_into INTEGER,
    due_at INTEGER
);
CREATE TEMP TRIGGER inserted AFTER INSERT ON main.runs BEGIN
    INSERT INTO history SELECT tx(), new.job, new.instant, new.manual, NULL, new.state, new.attempt,
        new.collapsed_into, new.due_at;
END;
CREATE TEMP TRIGGER updated AFTER UPDATE OF state ON main.runs BEGIN
    INSERT INTO history SELECT tx(), new.job, new.instant, new.manual, old.state, new.state, new.attempt,
        new.collapsed_into, new.due_at;
END;
CREATE TEMP TRIGGER deleted AFTER DELETE ON main.runs BEGIN
    INSERT INTO history SELECT tx(), old.job, old.instant, old.manual, old.state, NULL, old.attempt, NULL, old.due_at;
END;
"""
"""Has the database note what is written of runs, in which transaction."""


class Killed(Exception):
    """The process is no more."""


class Refused(sqlite3.OperationalError):
    """The disk did not take a transaction."""


@final
class Fragile(sqlite3.Connection):
    """Refuses one of its statements, if it is told which."""

    left: int | None = None
    """Statements until then."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Refused
        return super().execute(sql, parameters)


@final
@attrs.define(eq=False)
class Turn:
    """What the agent has accepted: one attempt of a run."""

    job: str
    instant: datetime
    attempt: int
    begun: int
    ends: int
    outcome: Outcome
    over: bool = False
    waiter: Callable[[], None] = lambda: None


@final
@attrs.frozen(kw_only=True)
class Transaction:
    """One that was committed."""

    name: str
    at: int
    """True time."""
    wall: datetime
    smooth: bool
    """Whether nothing has disturbed the scheduler since its last look."""


@final
@attrs.define(kw_only=True)
class Plan:
    """A time in which a job was enabled and its schedule the same."""

    kept: Kept
    instants: Instants
    since: datetime
    """On the wall, as the others."""
    low: datetime
    reach: datetime
    """The earliest and the latest time at which somebody looked."""
    left: datetime | None = None
    """When somebody made another of it."""


@final
@attrs.define
class Story:
    """All that was done to a job, by people."""

    kept: Kept
    quick: float
    """How long its runs take, about, in seconds."""
    weak: float
    """How many of its attempts fail."""
    versions: list[tuple[int, Kept]] = attrs.field(factory=list[tuple[int, Kept]])
    """With the number of the transaction from which on they held."""
    plans: list[Plan] = attrs.field(factory=list[Plan])
    removed: bool = False

    @property
    def plan(self) -> Plan | None:
        return self.plans[-1] if self.plans and not self.removed and self.kept.enabled else None
