"""How jobs are shown. Times are those of the machine, so tests that show one compare with what it makes of them."""

from typing import Any

import pytest

from starpod.cli.jobview import job_lines, job_row, next_run, result, run_row, there, why_lines
from starpod.cli.output import when

AT = "2026-11-30T08:00:00+00:00"
LATER = "2026-11-30T08:03:20+00:00"
JOB: dict[str, Any] = {
    "id": "j1",
    "name": "morning",
    "user_id": "admin",
    "prompt": "Look at the mail.\n\nThen at the sea.",
    "schedule": {"kind": "cron", "expr": "0 9 * * *"},
    "timezone": "Europe/Rome",
    "words": "at 09:00",
    "enabled": True,
    "delete_after_run": False,
    "session_mode": "isolated",
    "max_retries": 3,
    "timeout_secs": 7200,
    "missed": "run_once",
    "missed_secs": 3600,
    "overlap": "skip",
    "jitter_secs": 0,
    "budget_usd": 0.0,
    "model": None,
    "builtin": None,
    "created_at": AT,
    "next_run_at": AT,
    "last_run_at": None,
    "last_state": None,
    "last_session": None,
    "last_error": None,
    "retry_count": 0,
    "retry_at": None,
    "running": False,
}
RUN: dict[str, Any] = {
    "instant": AT,
    "state": "done",
    "why": "",
    "started_at": AT,
    "ended_at": LATER,
    "session": "0123456789",
    "summary": "All is\nwell.",
    "error": None,
    "attempts": [{}],
}


def test_a_job_that_has_not_run_yet() -> None:
    assert job_row(JOB) == ["morning", "admin", "at 09:00", when(AT), ("never", "dim"), ""]


def test_a_job_that_is_off_and_has_run() -> None:
    job = {**JOB, "enabled": False, "next_run_at": None, "last_run_at": AT, "last_state": "failed"}
    assert job_row(job) == [
        ("morning", "dim"),
        "admin",
        "at 09:00",
        ("off", "dim"),
        when(AT),
        ("failed", "red"),
    ]


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"running": True}, ("now", "cyan")),
        ({"retry_at": AT}, (f"{when(AT)} again", "yellow")),
        ({}, when(AT)),
        ({"next_run_at": None}, ("never", "dim")),
        ({"next_run_at": None, "enabled": False}, ("off", "dim")),
    ],
)
def test_when_it_runs_next(changes: dict[str, Any], shown: Any) -> None:
    assert next_run({**JOB, **changes}) == shown


def test_all_there_is_to_know_of_a_simple_job() -> None:
    assert list(job_lines(JOB)) == [
        "morning",
        "  runs          at 09:00",
        "  zone          Europe/Rome",
        "  next          Mon 2026-11-30 09:00:00 CET",
        "  whose         admin",
        "  speaks in     a conversation of its own",
        "  attempts      4",
        "  may take      2h 0m",
        "  times missed  one run makes up for all",
        "  overlap       skip",
        "  id            j1",
        "",
        "Look at the mail.\n\nThen at the sea.",
    ]


def test_all_there_is_to_know_of_one_with_everything() -> None:
    job = {
        **JOB,
        "session_mode": "main",
        "missed": "skip_older_than",
        "jitter_secs": 300,
        "budget_usd": 0.5,
        "model": "openai/x",
        "delete_after_run": True,
        "retry_at": AT,
        "last_run_at": AT,
        "last_state": "retrying",
        "last_error": "no\nmodel",
        "last_session": "s1",
    }
    assert list(job_lines(job))[1:-2] == [
        "  runs          at 09:00",
        "  zone          Europe/Rome",
        "  next          Mon 2026-11-30 09:00:00 CET again",
        "  last          Mon 2026-11-30 09:00:00 CET",
        "  result        retrying",
        "  error         no model",
        "  conversation  s1",
        "  whose         admin",
        "  speaks in     main",
        "  attempts      4",
        "  may take      2h 0m",
        "  may cost      $0.5000",
        "  model         openai/x",
        "  times missed  those more than 1h 0m late are left out",
        "  overlap       skip",
        "  begins        up to 5m 0s later",
        "  once          removed after its run",
        "  id            j1",
    ]


def test_a_run_that_is_over() -> None:
    assert run_row(RUN) == [when(AT), ("done", "green"), "3m 20s", "1", "01234567", "All is well."]


def test_a_run_that_is_to_come() -> None:
    run: dict[str, Any] = {
        **RUN,
        "state": "waiting",
        "started_at": None,
        "ended_at": None,
        "session": None,
        "summary": "",
        "attempts": [],
    }
    assert run_row(run) == [when(AT), "waiting", "", "", "", ""]


def test_what_came_of_a_run_is_first_of_all_why_it_failed() -> None:
    assert result({**RUN, "error": "no\nmodel", "why": "late"}) == "no model"
    assert result(RUN) == "All is well."
    assert result({**RUN, "summary": "", "why": "late"}) == "late"


def test_why_it_runs() -> None:
    explanation = {
        "name": "morning",
        "timezone": "Europe/Rome",
        "text": "It runs at 09:00.",
        "last": [{"state": "done", "text": "ran"}, {"state": "claimed", "text": "waits"}],
        "next": [],
    }
    assert list(why_lines(explanation)) == [
        "morning  Europe/Rome",
        "  It runs at 09:00.",
        "",
        "Last",
        "  ran",
        "  waits",
    ]


def test_a_time_is_that_of_the_zone() -> None:
    assert there(AT, "Europe/Rome") == "Mon 2026-11-30 09:00:00 CET"
    assert there(AT, "Asia/Kolkata") == "Mon 2026-11-30 13:30:00 IST"
