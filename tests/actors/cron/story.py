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
