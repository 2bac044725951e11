"""What people and models ask for, made into jobs or refused with every reason."""

from datetime import timedelta
from typing import Any

import attrs
import pytest

from actors.cron import forms
from actors.cron.messages import AddJob, BadJob, CronExpression, Interval, UpdateJob
from actors.cron.rows import Kept
from actors.cron.settings import Cron
from tests.actors.cron.book import HOUR, MINUTE, NINE, START, once

LATER = START + timedelta(days=3, microseconds=5)


def add(*, least: float = 60.0, **fields: Any) -> Kept:
    wanted: dict[str, Any] = {
        "name": "tea",
        "prompt": "make tea",
        "schedule": HOUR,
        "user": "ada",
        "role": "user",
        **fields,
    }
    return forms.added(
        AddJob(**wanted),
        owner="ada",
        id="j1",
        zone="Europe/Rome",
        settings=Cron(default_max_retries=7, default_timeout_secs=900),
        least=least,
        now=LATER,
    )


def change(job: Kept, *, least: float = 60.0, **fields: Any) -> dict[str, Any]:
    request = UpdateJob(id=job.id, user="ada", role="user", **fields)
    return dict(forms.changes(request, job, least=least, now=LATER))


def test_a_job_has_what_was_asked_for_and_the_rest_from_the_settings() -> None:
    job = add(name="  tea ", model="")
    assert (job.id, job.owner, job.name, job.prompt) == ("j1", "ada", "tea", "make tea")
    assert (job.timezone, job.max_retries, job.timeout_secs, job.model) == ("Europe/Rome", 7, 900, None)
    assert (job.anchor, job.created_at) == (LATER.replace(microsecond=0), LATER)
    other = add(timezone="Asia/Kolkata", max_retries=0, timeout_secs=5, model="test/one")
    assert (other.timezone, other.max_retries, other.timeout_secs) == ("Asia/Kolkata", 0, 5)
    assert other.model == "test/one"


def test_every_reason_is_told() -> None:
    with pytest.raises(BadJob) as caught:
        add(name="__boot__", prompt=" \n", schedule=CronExpression(expr="99 * * * *"))
    said = str(caught.value).split("; ")
    assert [each.partition(":")[0] for each in said[:3]] == ["name", "prompt", "schedule"]
    assert "reserved" in said[0]


@pytest.mark.parametrize("name", ["", " ", "a\nb", "tea\u202e"])
def test_a_name_is_a_line_that_can_be_seen(name: str) -> None:
    with pytest.raises(BadJob, match="one line"):
        add(name=name)


def test_a_zone_that_is_none_is_refused() -> None:
    with pytest.raises(BadJob, match=r"^timezone: "):
        add(timezone="Mars/Olympus")


def test_a_job_may_not_come_too_often() -> None:
    assert add(schedule=MINUTE).schedule == MINUTE
    with pytest.raises(BadJob, match=r"^schedule: it would run again after 59 seconds"):
        add(schedule=Interval(every_ms=59_000))
    assert add(schedule=Interval(every_ms=1000), least=forms.SHORTEST).schedule.kind == "interval"


def test_jitter_is_shorter_than_the_time_between_two_runs() -> None:
    assert add(schedule=HOUR, jitter_secs=3599).jitter_secs == 3599
    with pytest.raises(BadJob, match="schedule: "):
        add(schedule=HOUR, jitter_secs=3600)


def test_admins_may_run_jobs_each_second_and_models_may_not() -> None:
    settings = Cron(min_interval_secs=120)
    assert forms.least("admin", settings, by_model=False) == 1
    assert forms.least("admin", settings, by_model=True) == 120
    assert forms.least("user", settings, by_model=False) == 120


def test_what_is_not_given_stays() -> None:
    job = add(model="test/one")
    assert change(job) == {}
    assert change(job, name=" milk ", prompt="buy milk") == {"name": "milk", "prompt": "buy milk"}
    assert change(job, enabled=False, budget_usd=0.0) == {"enabled": False, "budget_usd": 0.0}
    assert change(job, model="") == {"model": None}
    assert change(job, model="test/two") == {"model": "test/two"}


def test_a_change_is_checked_as_a_job_is() -> None:
    job = add()
    with pytest.raises(BadJob, match="prompt: must say what to do"):
        change(job, prompt=" ")
    with pytest.raises(BadJob, match="timezone: "):
        change(job, timezone="Mars/Olympus")
    with pytest.raises(BadJob, match="schedule: "):
        change(job, schedule=Interval(every_ms=2000))
    with pytest.raises(BadJob, match="schedule: "):
        change(job, jitter_secs=4000)
    assert change(job, schedule=NINE) == {"schedule": NINE}


def test_what_was_right_once_is_refused_only_where_it_is_planned_again() -> None:
    over = attrs.evolve(add(), schedule=once(hours=1), enabled=False)
    assert change(over, prompt="other") == {"prompt": "other"}
    with pytest.raises(BadJob, match="in the past"):
        change(over, enabled=True)
    often = attrs.evolve(add(), schedule=Interval(every_ms=1000))  # as an admin made it
    assert change(often, enabled=False) == {"enabled": False}


def test_the_agents_own_jobs_are_not_changed_here() -> None:
    with pytest.raises(BadJob, match="own"):
        change(attrs.evolve(add(), name="__heartbeat__", builtin="heartbeat"), prompt="other")
