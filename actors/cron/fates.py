"""What becomes of instants that are due, before anything is run: policies for missed and overlapping runs. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, final

import attrs

from actors.cron.messages import Missed, Overlap
from bus import Data

CAUGHT_UP: Final = 10
"""Missed instants that run where all are to."""
MOST_WAITING: Final = 10
"""Runs of one job that wait for the one before."""
BACKOFF: Final = (30, 60, 300, 900, 3600)
"""Seconds from a failed attempt to the next; the last one from then on."""

Under = Literal["nothing", "retry", "run"]
"""What of a job is under way: nothing, a run that waits for its next attempt, or one that runs or is about to."""


@final
@attrs.frozen
class Fate(Data):
    """What becomes of one instant."""

    instant: datetime
    state: Literal["claimed", "waiting", "late", "collapsed", "skipped"]
    why: str = ""
    into: datetime | None = None
    """The instant that stands for it."""


def backoff(failures: int) -> timedelta:
    """Time until the next attempt after so many that failed, at least one."""
    return timedelta(seconds=BACKOFF[min(failures, len(BACKOFF)) - 1])


def fates(
    due: Sequence[datetime],
    now: datetime,
    *,
    missed: Missed,
    missed_secs: int,
    jitter: timedelta,
    overlap: Overlap,
    under: Under,
    waiting: int,
) -> list[Fate]:
    """Decide on instants that are due, in their order, at least one.

    Args:
      due: ascending; more than one where nobody looked for a while.
      now: wall time.
      missed: policy for what nobody ran in time.
      missed_secs: age from which an instant is too old, where that is the policy.
      jitter: how much later than its instant a run may begin anyway.
      overlap: policy for a job of which a run is under way.
      under: what is under way.
      waiting: runs of the job that wait already.
    """
    found: list[Fate] = []
    left = list(due)
    if missed == "skip_older_than":
        limit = now - timedelta(seconds=missed_secs) - jitter
        found = [
            Fate(each, "late", f"found more than {missed_secs} s late, as the agent was not running")
            for each in left
            if each < limit
        ]
        left = left[len(found) :]
    running = left[-CAUGHT_UP:] if missed == "all" else left[-1:]
    if running:
        found += [Fate(each, "collapsed", into=running[0]) for each in left[: -len(running)]]
    return found + [
        _begun(each, overlap=overlap, under=under, waiting=waiting, behind=n)
        for n, each in enumerate(running)
    ]


def _begun(instant: datetime, *, overlap: Overlap, under: Under, waiting: int, behind: int) -> Fate:
    """Whether a run begins, waits or is left out; `behind` so many that begin with it."""
    ahead = waiting + behind
    if under != "run" and not ahead:
        return Fate(instant, "claimed")
    if behind or overlap == "queue":
        if ahead < MOST_WAITING:
            return Fate(instant, "waiting")
        return Fate(instant, "skipped", f"{MOST_WAITING} runs of this job were waiting already")
    return Fate(instant, "skipped", "the run before was still under way")
