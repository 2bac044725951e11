"""What runs say to the agent, and how its answers are read."""

from datetime import timedelta
from typing import Any

import attrs
import pytest

from actors.agent.messages import Answer
from actors.cron import texts
from actors.cron.ledger import Claimed, Outcome
from actors.session.messages import Incoming, Turn, TurnOptions
from tests.actors.cron.book import BAD, HOUR, START, Book, book


def claimed(**changes: Any) -> Claimed:
    with book() as desk:
        desk.add(schedule=HOUR, max_retries=2, timeout_secs=60)
        desk.wait(hours=1)
        (run,) = desk.claim()
    changed: Claimed = attrs.evolve(run, **changes)
    return changed


def answer(text: str = "", notice: str | None = None, **changes: Any) -> Answer:
    values: dict[str, Any] = {
        "id": "t",
        "seq": 1,
        "session": "s",
        "user": "ada",
        "role": "user",
        "channel": "scheduler",
        "key": "k",
        "state": "done",
        "outcome": "success",
        "attempt": 1,
        "text": "make tea",
        "attachments": (),
        "content": (),
        "options": TurnOptions(),
        "mode": "queue",
        "source": "cron",
        "client_message_id": None,
        "accepted_at": START,
        **changes,
    }
    return Answer(turn="t", answered_by=Turn(**values), text=text, attachments=(), notice=notice)


# --- what the model is told ---------------------------------------------------------------------------------


def test_a_turn_of_a_job_is_told_which_it_is() -> None:
    assert "This is the scheduled job 'tea'." in texts.context("tea", "cron")
    assert texts.context("tea", "hook") == ""


@pytest.mark.parametrize(
    ("name", "file"), [("heartbeat", "HEARTBEAT.md"), ("boot", "BOOT.md"), ("bootstrap", "BOOTSTRAP.md")]
)
def test_the_agents_own_jobs_are_told_of_their_files(name: Any, file: str) -> None:
    assert file in texts.context(texts.name_of(name), "cron")
    assert "scheduled job 'boot'" in texts.context("boot", "cron")  # a person's job of that name


# --- the message of a run -----------------------------------------------------------------------------------


def test_an_isolated_run_has_a_conversation_of_its_attempt() -> None:
    run = claimed()
    assert texts.incoming(run, "make tea", "user") == Incoming(
        text="make tea",
        user="ada",
        role="user",
        channel="scheduler",
        key=run.key,
        mode="queue",
        source="cron",
        client_message_id=run.key,
        triggered_by="tea",
        options=TurnOptions(model=None, deadline_s=60.0, budget_usd=None),
    )
    assert run.key == f"cron:ada-tea:{int((START + timedelta(hours=1)).timestamp())}000000:1"


def test_a_run_in_main_is_a_message_in_the_persons_conversation() -> None:
    run = claimed()
    job = attrs.evolve(run.job, session_mode="main", budget_usd=0.5, model="test/one")
    message = texts.incoming(attrs.evolve(run, job=job), "make tea", "admin")
    assert (message.channel, message.key, message.client_message_id) == ("main", "main", run.key)
    assert (message.options.budget_usd, message.options.model) == (0.5, "test/one")


def test_another_attempt_says_why_the_one_before_failed() -> None:
    again = texts.incoming(claimed(attempt=2, error="no model.", preface="Hurry."), "make tea", "user")
    assert again.text.startswith("Hurry.\n\nmake tea\n\n(This is attempt 2 of 3. ")
    assert "failed: no model. Some of it" in again.text
    assert texts.incoming(claimed(attempt=2), "make tea", "user").text == "make tea"


# --- what became of a turn ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("job", "manual", "role", "prompt", "why"),
    [
        ({}, False, "user", "x", ""),
        ({"enabled": False}, True, "user", "x", ""),
        ({"enabled": False}, False, "user", "x", "paused"),
        ({"removed": True, "enabled": False}, True, "user", "x", "removed"),
        ({}, False, None, "x", "not let in"),
        ({}, False, "user", "", "nothing to do"),
    ],
)
def test_what_is_in_the_way_of_a_run_is_said(job: Any, manual: Any, role: Any, prompt: str, why: str) -> None:
    run = claimed(manual=manual)
    said = texts.hindrance(attrs.evolve(run, job=attrs.evolve(run.job, **job)), role, prompt)
    assert why in said
    assert bool(said) is bool(why)


def test_a_turn_that_succeeded_is_a_run_that_did() -> None:
    assert texts.outcome(answer("tea is made"), None) == Outcome(
        outcome="success", success=True, text="tea is made"
    )
    assert texts.outcome(answer("tea is", "It was cut."), None).text == "tea is\n\nIt was cut."


@pytest.mark.parametrize(
    ("fields", "notice", "error", "again"),
    [
        ({"outcome": "error", "state": "failed"}, "No model answers.", "No model answers.", True),
        ({"outcome": "deadline", "state": "failed"}, None, "The turn ended with deadline.", True),
        ({"outcome": "cancelled", "state": "cancelled"}, None, "It was cancelled.", False),
        ({"outcome": None, "state": "cancelled"}, None, "It was cancelled.", False),
        ({"outcome": "budget", "state": "failed"}, None, "The turn ended with budget.", False),
    ],
)
def test_one_that_did_not_says_why_and_whether_another_may_help(
    fields: dict[str, Any], notice: str | None, error: str, *, again: bool
) -> None:
    found = texts.outcome(answer("half", notice, **fields), "heartbeat")
    assert (found.success, found.text, found.error, found.again) == (False, "half", error, again)


def test_a_heartbeat_that_has_nothing_to_say_is_quiet() -> None:
    silent = texts.outcome(answer(" **HEARTBEAT_OK**. "), "heartbeat")
    assert (silent.quiet, silent.success, silent.text) == (True, True, "")
    assert not texts.outcome(answer("HEARTBEAT_OK"), None).quiet
    assert not texts.outcome(answer("HEARTBEAT_OK, but the mail is late"), "heartbeat").quiet


# --- what tools answer --------------------------------------------------------------------------------------


def fail_once(desk: Book) -> None:
    desk.wait(hours=1)
    desk.carry_out(desk.claim()[0], BAD)


def test_a_model_sees_how_a_job_stands() -> None:
    with book() as desk:
        job = desk.add(schedule=HOUR)
        fail_once(desk)
        listed = texts.listed(desk.shown(job))
    assert (listed.name, listed.schedule, listed.timezone, listed.enabled) == (
        "tea",
        "every hour",
        "UTC",
        True,
    )
    assert (listed.retry_count, listed.last_error) == (1, "no model")
    assert listed.retry_at == desk.now + timedelta(seconds=30)
    assert listed.last_run_at == desk.now
    assert listed.next_run_at == desk.now + timedelta(hours=1)


def test_a_model_sees_what_became_of_a_run() -> None:
    with book() as desk:
        job = desk.add(schedule=HOUR)
        fail_once(desk)
        told = texts.told(desk.runs(job)[-1])
        assert (told.status, told.result_summary, told.why) == ("retrying", "no model", "")
        assert (told.planned_for, told.started_at, told.completed_at) == (desk.now, desk.now, None)
        desk.wait(seconds=30)
        desk.carry_out(desk.claim()[0])
        assert texts.told(desk.runs(job)[-1]).result_summary == "all is well"
