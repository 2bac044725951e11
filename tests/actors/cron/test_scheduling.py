"""Jobs run by the scheduler with the real agent and the real stores, in virtual time."""

from datetime import timedelta
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.agent import messages as agent
from actors.cron import messages as cron
from actors.cron.messages import AddJob, CronExpression, Interval
from actors.cron.settings import Cron, Settings
from actors.session import messages as session
from actors.tooling import tool_of
from actors.vocabulary import ADMIN
from bus.message.clock import VIRTUAL_START
from tests.actors.agent import world as worlds
from tests.actors.agent.world import Gate, after, fail, say
from tests.actors.cron.desk import HOURLY, Desk

HOUR = timedelta(hours=1)

# --- a run --------------------------------------------------------------------------------------------------


async def test_a_job_runs_at_its_time_in_a_conversation_of_its_own(
    desk: Desk, autojump_clock: MockClock
) -> None:
    async with desk.running():
        job = await desk.add(max_retries=0)
        assert (job.next_run_at, job.timezone) == (
            job.created_at.replace(microsecond=0) + HOUR,
            "Europe/Rome",
        )
        await trio.sleep(3605)
        (run,) = await desk.runs(job)
        assert (run.state, run.summary, run.instant) == ("done", "echo make tea", job.next_run_at)
        assert run.session is not None
        found = await desk.mesh.bus.ask(session.Get(session=run.session, user=ADMIN))
        assert (found.channel, found.is_read, found.triggered_by) == ("scheduler", False, "tea")
        assert desk.told() == ["tea: echo make tea"]
        (turn,) = await desk.mesh.bus.ask(session.ListTurns(session=run.session, user=ADMIN))
        assert (turn.id, turn.role, turn.source) == (run.attempts[0].turn, "admin", "cron")
        told = "\n".join(text.text for text in desk.world.requests[-1].system)
        assert "--- EXECUTION CONTEXT ---\nThis is the scheduled job 'tea'" in told


async def test_a_conversation_of_a_person_is_told_nothing_of_jobs(
    desk: Desk, autojump_clock: MockClock
) -> None:
    async with desk.running():
        await desk.world.turn("hello")
        assert "EXECUTION CONTEXT" not in "".join(text.text for text in desk.world.requests[-1].system)


async def test_each_run_has_its_own_conversation_and_main_is_one(
    desk: Desk, autojump_clock: MockClock
) -> None:
    async with desk.running():
        tea = await desk.add("tea")
        milk = await desk.add("milk", session_mode="main")
        person = await desk.world.send("hello")
        await trio.sleep(2 * 3600 + 5)
        assert len({run.session for run in await desk.runs(tea)}) == 2
        assert {run.session for run in await desk.runs(milk)} == {person.session}


async def test_a_long_run_delays_nobody(desk: Desk, autojump_clock: MockClock) -> None:
    async with desk.running():
        desk.world.by_prompt["'slow'"] = after(1800, say("at last"))
        await desk.add("slow", desk.once(60))
        quick = await desk.add("quick", Interval(every_ms=300_000))
        await trio.sleep(1700)
        found = await desk.runs(quick)
        assert [run.state for run in found] == ["done"] * 5
        assert all((run.started_at - run.instant).total_seconds() < 0.05 for run in found if run.started_at)


async def test_no_more_run_at_once_than_may(desk: Desk, autojump_clock: MockClock) -> None:
    desk.settings = Settings(cron=Cron(max_concurrent_runs=2))
    async with desk.running():
        for n in range(5):
            await desk.add(f"job{n}", desk.once(60))
        desk.world.script.extend([after(100, say("done")) for _ in range(5)])
        await trio.sleep(65)
        assert len(desk.world.requests) == 2
        await trio.sleep(100)
        assert len(desk.world.requests) == 4
        await trio.sleep(400)
        assert len(desk.told()) == 5


async def test_a_run_past_its_time_is_cancelled_and_tried_again(
    desk: Desk, autojump_clock: MockClock
) -> None:
    async with desk.running():
        job = await desk.add(schedule=desk.once(60), timeout_secs=100, max_retries=1)
        desk.world.script.extend([after(10_000, say("too late")), say("in time")])
        await trio.sleep(300)
        (run,) = await desk.runs(job)
        assert (run.state, run.summary) == ("done", "in time")
        assert [attempt.outcome for attempt in run.attempts] == ["deadline", "success"]


async def test_an_attempt_knows_which_it_is_and_why_the_one_before_failed(
    desk: Desk, autojump_clock: MockClock
) -> None:
    async with desk.running():
        job = await desk.add(schedule=desk.once(60), max_retries=1)
        desk.world.script.extend([fail(ValueError("a bug"))] * 9)
        await trio.sleep(600)
        (run,) = await desk.runs(job)
        said = [await desk.world.said(attempt.session) for attempt in run.attempts]
        assert len(said) == 2
        assert said[0] == ["make tea"]
        assert "attempt 2 of 2" in said[1][0]


async def test_a_run_that_a_person_cancels_is_not_tried_again(desk: Desk, autojump_clock: MockClock) -> None:
    async with desk.running():
        gate = Gate()
        desk.world.script.append(gate.then(say("never")))
        job = await desk.add(schedule=desk.once(60))
        await gate.reached.wait()
        await trio.sleep(1)
        (run,) = await desk.runs(job)
        assert run.session is not None
        await desk.mesh.bus.ask(agent.Cancel(session=run.session, user=ADMIN))
        await trio.sleep(10)
        assert [(run.state, run.error) for run in await desk.runs(job)] == [("failed", "It was cancelled.")]


async def test_a_model_that_is_not_there_any_more_is_told_of(desk: Desk, autojump_clock: MockClock) -> None:
    async with desk.running():
        job = await desk.add(schedule=desk.once(60), model="test/two")
        desk.world.models = attrs.evolve(desk.world.models, models=desk.world.models.models[:1])
        await trio.sleep(120)
        assert await desk.states(job) == ["failed"]
        assert "test/two" in desk.told()[0]
        with pytest.raises(cron.BadJob, match="test/two"):
            await desk.add("other", model="test/two")


# --- what happens in between --------------------------------------------------------------------------------


async def test_a_run_goes_on_where_the_process_died(desk: Desk, autojump_clock: MockClock) -> None:
    gate = Gate()
    async with desk.running():
        job = await desk.add(schedule=desk.once(60))
        desk.world.script.append(gate.then(say("never")))
        await gate.reached.wait()
        await trio.sleep(1)
        desk.world.kill()
    async with desk.running():
        await trio.sleep(200)
        (run,) = await desk.runs(job)
        assert (run.state, len(run.attempts)) == ("done", 1)
        assert desk.told() == ["tea: echo make tea"]


async def test_a_day_of_downtime_is_one_run(desk: Desk, autojump_clock: MockClock) -> None:
    async with desk.running():
        job = await desk.add()
    await trio.sleep(24 * 3600)
    async with desk.running():
        await trio.sleep(5)
        states = await desk.states(job)
        assert states == ["collapsed"] * (len(states) - 1) + ["done"]
        assert len(desk.told()) == 1


async def test_a_store_that_refuses_holds_up_a_run_and_loses_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    async with desk.running():
        job = await desk.add(schedule=desk.once(60))

        async def refuse(*_args: Any, **_options: Any) -> Any:
            raise cron.CronFailed("the disk is full")

        actor = desk.mesh.cell("cron").actor
        with monkeypatch.context() as patch:
            patch.setattr(actor, "_committed", refuse)
            await trio.sleep(600)
            assert desk.world.requests == []
        await trio.sleep(60)
        assert await desk.states(job) == ["done"]


async def test_a_job_that_was_removed_while_it_ran_ends_in_peace(
    desk: Desk, autojump_clock: MockClock
) -> None:
    async with desk.running():
        gate = Gate()
        desk.world.script.append(gate.then(say("done")))
        job = await desk.add(schedule=desk.once(60))
        await gate.reached.wait()
        await desk.ask(cron.RemoveJob, id=job.id)
        gate.open.set()
        await trio.sleep(100)
        assert await desk.ask(cron.ListJobs) == ()


async def test_conversations_of_forgotten_runs_go_and_those_with_people_stay(
    desk: Desk, autojump_clock: MockClock
) -> None:
    desk.settings = Settings(cron=Cron(keep_runs=2))
    async with desk.running():
        job = await desk.add()
        await trio.sleep(3600 + 5)
        (first,) = await desk.runs(job)
        await desk.world.send("thank you", session=first.session)
        await trio.sleep(4 * 3600)
        there = await desk.mesh.bus.ask(session.List(user=ADMIN, limit=100))
        assert len(there) == 3
        assert first.session in {each.id for each in there}


# --- the agent's own ----------------------------------------------------------------------------------------


async def test_a_heartbeat_that_has_nothing_to_say_disturbs_nobody(
    desk: Desk, autojump_clock: MockClock
) -> None:
    (desk.folder / "HEARTBEAT.md").write_text("Look at the mail.")
    async with desk.running():
        desk.world.script.extend([say("HEARTBEAT_OK"), say("**HEARTBEAT_OK**"), say("There is mail.")])
        await trio.sleep(2 * 1800 + 30)
        assert desk.told() == []
        await trio.sleep(1800)
        assert desk.told() == ["heartbeat: There is mail."]
        assert await desk.ask(cron.ListJobs) == ()
        (job,) = await desk.ask(cron.ListJobs, builtin=True)
        assert [(run.state, run.session is None) for run in await desk.runs(job)] == [
            ("done", True),
            ("done", False),
            ("done", False),
        ]
        there = await desk.mesh.bus.ask(session.List(user=ADMIN, limit=100))
        assert sorted(each.is_read for each in there) == [False, True]
        assert "HEARTBEAT_OK" in "".join(text.text for text in desk.world.requests[-1].system)


async def test_a_heartbeat_begins_and_ends_with_its_file(desk: Desk, autojump_clock: MockClock) -> None:
    file = desk.folder / "HEARTBEAT.md"
    async with desk.running():
        await trio.sleep(3600)
        assert desk.world.requests == []
        file.write_text("Look at the mail.")
        await trio.sleep(31 + 1800)
        assert len(desk.world.requests) == 1
        file.write_text("# Nothing any more\n")
        await trio.sleep(2 * 3600)
        assert len(desk.world.requests) == 1


async def test_boot_files_run_the_first_once_and_the_other_at_each_start(
    desk: Desk, autojump_clock: MockClock
) -> None:
    (desk.folder / "BOOTSTRAP.md").write_text("Say hello for the first time.")
    (desk.folder / "BOOT.md").write_text("Say hello.")
    for _ in range(2):
        async with desk.running():
            await trio.sleep(100)
            desk.mesh.cell("cron")
    said = [worlds.last_text(request.messages) for request in desk.world.requests]
    assert said == ["Say hello for the first time.", "Say hello.", "Say hello."]


async def test_the_heartbeat_is_set_up_in_one_place(desk: Desk, autojump_clock: MockClock) -> None:
    async with desk.running():
        with pytest.raises(cron.BadJob, match="empty"):
            await desk.mesh.bus.ask(cron.PutHeartbeat(enabled=True, user=ADMIN))
        put = cron.PutHeartbeat(enabled=True, content="Look at the mail.", user=ADMIN)
        assert (await desk.mesh.bus.ask(put)).enabled
        assert (desk.folder / "HEARTBEAT.md").read_text() == "Look at the mail."
        (job,) = await desk.ask(cron.ListJobs, builtin=True)
        assert job.next_run_at is not None
        wake: dict[str, Any] = {"user": ADMIN, "role": "admin", "message": "The mail is late."}
        await desk.mesh.bus.ask(cron.HeartbeatWake(mode="now", call="c1", **wake))
        await trio.sleep(5)
        assert worlds.last_text(desk.world.requests[-1].messages) == "The mail is late.\n\nLook at the mail."
        with pytest.raises(cron.NotYourJob):
            await desk.mesh.bus.ask(cron.HeartbeatWake(call="c2", user="eve", role="user"))
        await desk.mesh.bus.ask(cron.PutHeartbeat(enabled=False, user=ADMIN))
        assert await desk.mesh.bus.ask(cron.GetHeartbeat()) == cron.Heartbeat(
            enabled=False, interval_minutes=30, content=""
        )


# --- doors --------------------------------------------------------------------------------------------------


async def test_what_cannot_be_a_job_is_refused_with_every_reason(
    desk: Desk, autojump_clock: MockClock
) -> None:
    async with desk.running():
        with pytest.raises(cron.BadJob) as caught:
            await desk.ask(AddJob, name="__x__", prompt=" ", schedule=CronExpression(expr="61 * * * *"))
        assert all(word in str(caught.value) for word in ("name: ", "prompt: ", "schedule: "))
        with pytest.raises(cron.BadJob, match="timezone: "):
            await desk.add(timezone="Mars/Olympus")
        with pytest.raises(cron.BadJob, match="owner: "):
            await desk.add(owner="nobody")
        with pytest.raises(cron.BadJob, match="schedule: "):
            await desk.add(schedule=desk.once(-60))
        with pytest.raises(cron.NotYourJob):
            await desk.mesh.bus.ask(
                AddJob(name="x", prompt="x", schedule=HOURLY, owner=ADMIN, user="eve", role="user")
            )


async def test_models_make_jobs_once_and_not_too_often(desk: Desk, autojump_clock: MockClock) -> None:
    async with desk.running():
        often: dict[str, Any] = {
            "name": "tea",
            "prompt": "make tea",
            "schedule": Interval(every_ms=10_000),
            "user": ADMIN,
            "role": "admin",
            "call": "t:1",
        }
        with pytest.raises(cron.BadJob, match="schedule: "):
            await desk.mesh.bus.ask(cron.CronAdd(**often))
        often["schedule"] = desk.once(30)
        wanted = cron.CronAdd(**often)
        said = await desk.mesh.bus.ask(wanted)
        await trio.sleep(60)
        assert await desk.mesh.bus.ask(wanted) == said
        (listed,) = await desk.mesh.bus.ask(cron.CronList(user=ADMIN))
        assert (listed.name, listed.enabled) == ("tea", False)
        (ran,) = await desk.mesh.bus.ask(cron.CronRuns(name="tea", user=ADMIN))
        assert tool_of(cron.CronRuns).outside, "what a run has said may come from what it has read"
        assert (ran.status, ran.result_summary) == ("done", "echo make tea")
        with pytest.raises(cron.UnknownJob):
            await desk.mesh.bus.ask(cron.CronRun(name="milk", user=ADMIN, call="t:2"))
        assert "runs now" in await desk.mesh.bus.ask(cron.CronRun(name="tea", user=ADMIN, call="t:3"))
        update = cron.CronUpdate(
            name="tea", schedule=HOURLY, enabled=True, user=ADMIN, role="admin", call="t:4"
        )
        assert "Next run" in await desk.mesh.bus.ask(update)
        assert await desk.mesh.bus.ask(update) == await desk.mesh.bus.ask(update)
        assert "removed" in await desk.mesh.bus.ask(cron.CronRemove(name="tea", user=ADMIN, call="t:5"))


async def test_why_says_what_became_of_each_instant(desk: Desk, autojump_clock: MockClock) -> None:
    async with desk.running():
        job = await desk.add(schedule=CronExpression(expr="0 9 * * *"), timezone="Europe/Rome")
        assert VIRTUAL_START.hour == 0
        await trio.sleep(86_400)
        found = await desk.ask(cron.Why, id=job.id)
        assert (found.last[0].state, len(found.next)) == ("done", 5)
        assert found.last[0].text.startswith("Thu 01 Jan 2026, 09:00:00 CET: ran, in ")
        assert found.next[0].text == "Fri 02 Jan 2026, 09:00:00 CET: will run."
        assert "The next run is at Fri 02 Jan 2026, 09:00:00 CET." in found.text


async def test_a_schedule_is_shown_before_a_job_is_made_of_it(desk: Desk, autojump_clock: MockClock) -> None:
    async with desk.running():
        seen = await desk.ask(cron.Preview, schedule=CronExpression(expr="0 9 * * 1-5"))
        assert (seen.timezone, len(seen.instants)) == ("Europe/Rome", 5)
        assert [each.weekday() for each in seen.instants] == [3, 4, 0, 1, 2]
        with pytest.raises(cron.BadJob):
            await desk.ask(cron.Preview, schedule=CronExpression(expr="0 0 30 2 *"))


async def test_a_calendar_has_what_was_and_what_will_be(desk: Desk, autojump_clock: MockClock) -> None:
    async with desk.running():
        await desk.add("tea", Interval(every_ms=6 * 3_600_000))
        await desk.add("milk", desk.once(3600))
        start = desk.now
        await trio.sleep(7 * 3600)
        found = await desk.ask(cron.Calendar, start=start, end=start + timedelta(days=1))
        assert [(each.name, each.state) for each in found] == [
            ("milk", "done"),
            ("tea", "done"),
            ("tea", "planned"),
            ("tea", "planned"),
            ("tea", "planned"),
        ]
        with pytest.raises(cron.BadJob, match="end: "):
            await desk.ask(cron.Calendar, start=start, end=start)
