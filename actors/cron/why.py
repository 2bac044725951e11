"""Why a job did, or did not, or will run at an instant, in words with local times. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from actors.cron import schedule as schedules
from actors.cron.messages import Explanation, Job, Reason, Run, RunState
from actors.cron.rows import Kept

LATE: Final = 60
"""Seconds by which a run may begin after its time without anybody wondering."""
_UNITS: Final = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def explain(
    job: Kept, shown: Job, runs: Sequence[Run], coming: Sequence[datetime], now: datetime, places: int
) -> Explanation:
    """How a job stands.

    Args:
      job: as it is stored.
      shown: as it is told.
      runs: its latest ones, the latest first, those that are to come included.
      coming: its next instants, as it is planned.
      now: wall time.
      places: how many runs may be under way at once.
    """
    zone = job.timezone
    past = [run for run in runs if run.state != "planned"]
    return Explanation(
        job=job.id,
        name=job.name,
        timezone=zone,
        text=_standing(job, shown, now),
        last=tuple(
            Reason(instant=run.instant, state=run.state, text=_reason(run, job, places), session=run.session)
            for run in past
        ),
        next=tuple(
            Reason(instant=instant, state="planned", text=_coming(instant, job), session=None)
            for instant in coming
        ),
    )


def local(instant: datetime, zone: str) -> str:
    """An instant as the clock on the wall shows it there; in UTC where there is no such zone any more."""
    try:
        wall = schedules.zone_of(zone)
    except schedules.BadSchedule:  # the database of zones is not what it was
        wall = schedules.zone_of("UTC")
    return f"{instant.astimezone(wall):%a %d %b %Y, %H:%M:%S %Z}"


def length(seconds: float) -> str:
    """A length of time in the two greatest units that it has."""
    left, parts = max(0, round(seconds)), list[str]()
    for size, unit in _UNITS:
        if left >= size and len(parts) < 2:
            parts.append(f"{left // size} {unit}")
            left %= size
    return " ".join(parts) or "less than a second"


def _standing(job: Kept, shown: Job, now: datetime) -> str:
    text = f"It runs {shown.words}."
    if shown.running:
        text += " A run is under way now."
    if shown.retry_at is not None:
        text += f" Its latest run failed and is tried again at {local(shown.retry_at, job.timezone)}."
    if shown.next_run_at is not None:
        return f"{text} The next run is at {local(shown.next_run_at, job.timezone)}."
    if job.enabled or shown.running or job.builtin in {"boot", "bootstrap"}:
        return f"{text} Nothing is planned after that."
    if job.builtin == "heartbeat":
        return f"{text} Nothing is planned: HEARTBEAT.md says nothing."
    over = job.following(now) is None
    return f"{text} {'It is over.' if over else 'It is paused: nothing is planned until somebody switches it on.'}"


def _coming(instant: datetime, job: Kept) -> str:
    jitter = f", up to {length(job.jitter_secs)} later" if job.jitter_secs else ""
    return f"{local(instant, job.timezone)}: will run{jitter}."


def _reason(run: Run, job: Kept, places: int) -> str:
    asked = " (somebody asked for it)" if run.manual else ""
    return f"{local(run.instant, job.timezone)}{asked}: {_fate(run, job, places)}."


def _fate(run: Run, job: Kept, places: int) -> str:
    done: Mapping[RunState, str] = {
        "planned": "will run",
        "waiting": "waits for the run before to end",
        "claimed": f"is about to run: it waits for one of {places} places for runs{_because(run)}",
        "accepted": f"runs now{_lateness(run)}{_because(run)}",
        "retrying": f"failed{_attempts(run)}{_because(run)}; tried again at {local(run.due_at, job.timezone)}",
        "done": f"ran{_lateness(run)}{_took(run)}",
        "failed": f"failed{_lateness(run)}{_attempts(run)}{_because(run)}",
        "late": f"did not run: {run.why}",
        "skipped": f"did not run: {run.why}",
        "collapsed": "was missed, another run stood for it",
    }
    if run.collapsed_into is not None:
        return f"was missed, the run of {local(run.collapsed_into, job.timezone)} stood for it"
    return done[run.state]


def _lateness(run: Run) -> str:
    late = 0.0 if run.started_at is None else (run.started_at - run.instant).total_seconds()
    return f" {length(late)} late" if late > LATE else ""


def _took(run: Run) -> str:
    if run.started_at is None or run.ended_at is None:
        return ""
    tries = f", at the attempt number {len(run.attempts)}" if len(run.attempts) > 1 else ""
    return f", in {length((run.ended_at - run.started_at).total_seconds())}{tries}"


def _attempts(run: Run) -> str:
    return f" after {len(run.attempts)} attempts" if len(run.attempts) > 1 else ""


def _because(run: Run) -> str:
    reasons = "; ".join(filter(None, (run.why, (run.error or "").rstrip("."))))
    return f" ({reasons})" if reasons else ""
