"""What people and models ask for, checked and made into jobs. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from actors.cron import schedule as schedules
from actors.cron.messages import AddJob, BadJob, UpdateJob
from actors.cron.rows import Kept
from actors.cron.settings import Cron
from actors.cron.texts import RESERVED
from actors.storage import clean
from actors.vocabulary import UNCHANGED, Role, is_one_line, quoted

SHORTEST: Final = 1.0
"""Seconds between two runs that an admin may ask for."""
_OPTIONAL: Final = (
    "name",
    "prompt",
    "schedule",
    "timezone",
    "enabled",
    "delete_after_run",
    "session_mode",
    "max_retries",
    "timeout_secs",
    "missed",
    "missed_secs",
    "overlap",
    "jitter_secs",
    "budget_usd",
)
"""Fields of a change that stay as they are where they are None."""


def least(role: Role, settings: Cron, *, by_model: bool) -> float:
    """Seconds that must lie between two runs of a job."""
    return SHORTEST if role == "admin" and not by_model else float(settings.min_interval_secs)


def added(
    request: AddJob, *, owner: str, id: str, zone: str, settings: Cron, least: float, now: datetime
) -> Kept:
    """The job that is asked for. `zone` is used where the request names none. Raises BadJob."""
    start = now.replace(microsecond=0)
    job = Kept(
        id=id,
        owner=owner,
        name=clean(request.name).strip(),
        prompt=clean(request.prompt),
        schedule=request.schedule,
        timezone=request.timezone or zone,
        anchor=start,
        enabled=request.enabled,
        delete_after_run=request.delete_after_run,
        session_mode=request.session_mode,
        max_retries=settings.default_max_retries if request.max_retries is None else request.max_retries,
        timeout_secs=settings.default_timeout_secs if request.timeout_secs is None else request.timeout_secs,
        missed=request.missed,
        missed_secs=request.missed_secs,
        overlap=request.overlap,
        jitter_secs=request.jitter_secs,
        budget_usd=request.budget_usd,
        model=request.model or None,
        created_at=now,
    )
    _check(job, None, least, now)
    return job


def changes(request: UpdateJob, job: Kept, *, least: float, now: datetime) -> Mapping[str, Any]:
    """What a request changes of a job. Raises BadJob."""
    if job.builtin is not None:
        raise BadJob(
            f"{job.name} is the agent's own: it is set up by its file and the settings of the heartbeat"
        )
    found = {name: value for name in _OPTIONAL if (value := getattr(request, name)) is not None}
    for name in ("name", "prompt"):
        if name in found:
            found[name] = clean(found[name])
    if "name" in found:
        found["name"] = found["name"].strip()
    if request.model != UNCHANGED:
        found["model"] = request.model or None
    _check(attrs.evolve(job, **found), job, least, now)
    return found


def _check(job: Kept, before: Kept | None, least: float, now: datetime) -> None:
    """Raise BadJob with all that is wrong with a job, of one that is changed only what is new."""
    problems = list(_problems(job))
    planned = ("schedule", "timezone", "jitter_secs")
    resumed = before is not None and job.enabled and not before.enabled
    if before is None or resumed or any(getattr(job, name) != getattr(before, name) for name in planned):
        problems += _unplannable(job, least, now)
    if problems:
        raise BadJob("; ".join(problems))


def _problems(job: Kept) -> Iterator[str]:
    if not is_one_line(job.name):
        yield "name: must be one line of text that can be seen"
    elif job.name.startswith(RESERVED):
        yield f"name: {quoted(job.name)} is reserved for the agent's own jobs, as all that begins with {RESERVED}"
    if not job.prompt.strip():
        yield "prompt: must say what to do"


def _unplannable(job: Kept, least: float, now: datetime) -> Iterable[str]:
    try:
        schedules.zone_of(job.timezone)
    except schedules.BadSchedule as error:
        return [f"timezone: {error}"]
    try:
        anchor = now.replace(microsecond=0)
        schedules.check(
            job.schedule, job.timezone, anchor=anchor, now=now, least=max(least, job.jitter_secs + 1.0)
        )
    except schedules.BadSchedule as error:
        return [f"schedule: {error}"]
    return ()
