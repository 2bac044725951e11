"""What is wrong with one file or one request is no trouble of the others."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.cron import ledger
from actors.cron import messages as cron
from actors.cron.scheduler import Scheduler
from actors.cron.settings import Cron, Settings
from actors.session import messages as session
from actors.vocabulary import ADMIN
from bus import conceal
from bus.testing import forget_secrets
from tests.actors.agent.world import Gate, after, fail, last_text, say, use
from tests.actors.cron.desk import HOURLY, Desk

DAY = timedelta(days=1)


# --- requests -----------------------------------------------------------------------------------------------


async def test_a_calendar_reaches_to_the_ends_of_time(desk: Desk, autojump_clock: MockClock) -> None:
    async with desk.running():
        await desk.add()
        for end in (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC) + DAY):
            assert await desk.ask(cron.Calendar, start=end - DAY, end=end) == ()
        with pytest.raises(cron.BadJob, match="at most 370 days"):
            await desk.ask(cron.Calendar, start=datetime.min.replace(tzinfo=UTC), end=desk.now)


@pytest.mark.parametrize("name", [field.name for field in attrs.fields(Cron)])
def test_every_setting_has_an_end(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Cron(**{name: 10**12})


async def test_what_has_become_a_secret_is_shown_no_more(desk: Desk, autojump_clock: MockClock) -> None:
    secret = "Zuperg3heim-4711"
    async with desk.running():
        job = await desk.add(f"use {secret}", schedule=desk.once(60))
        await trio.sleep(70)
        conceal("vault", [("TOKEN", secret)])
        try:
            for request in (cron.GetJob, cron.ListRuns, cron.Why, cron.RunNow):
                shown = str(await desk.ask(request, id=job.id))
                assert "[secret TOKEN]" in shown
                assert secret not in shown
            listed = await desk.ask(cron.ListJobs)
            there = await desk.ask(cron.Calendar, start=desk.now - DAY, end=desk.now)
            changed = await desk.ask(cron.UpdateJob, id=job.id, max_retries=1)
            for shown in map(str, (listed, there, changed)):
                assert "[secret TOKEN]" in shown
                assert secret not in shown
        finally:
            forget_secrets()


async def test_what_cannot_be_told_or_forgotten_holds_up_nothing_else(
    desk: Desk, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of a run crashes whoever is to keep it."""

    def crash(*_args: object) -> None:
        raise ZeroDivisionError

    desk.settings = Settings(cron=Cron(keep_runs=1))
    async with desk.running():
        with monkeypatch.context() as patch:
            patch.setattr("actors.session.sessions.mark_read", crash)
            await desk.add("poison", desk.once(60))
            await trio.sleep(100)
        tea = await desk.add("tea")
        with monkeypatch.context() as patch:
            patch.setattr("actors.session.pruning.prune", crash)
            await trio.sleep(2 * 3600 + 60)
        await trio.sleep(3700)
        assert desk.told() == ["poison: echo make poison", *["tea: echo make tea"] * 3]
        assert len(await desk.states(tea)) == 1
        assert len(await desk.mesh.bus.ask(session.List(user=ADMIN, limit=100))) == 3


# --- HEARTBEAT.md -------------------------------------------------------------------------------------------


async def test_what_is_not_to_change_in_a_file_is_not_written_anew(
    desk: Desk, autojump_clock: MockClock
) -> None:
    async with desk.running():
        file = desk.folder / "HEARTBEAT.md"
        for content in (b"Look at the mail.\xff\n", b"x" * (cron.LONGEST_FILE + 7), b"\n  Look.  \n"):
            file.write_bytes(content)
            put = cron.PutHeartbeat(enabled=True, user=ADMIN)
            assert (await desk.mesh.bus.ask(put)).enabled
            assert file.read_bytes() == content


async def test_a_file_that_cannot_be_read_is_no_empty_one(desk: Desk, autojump_clock: MockClock) -> None:
    async with desk.running():
        (desk.folder / "HEARTBEAT.md").mkdir()
        with pytest.raises(cron.CronFailed, match="it is not a file"):
            await desk.mesh.bus.ask(cron.GetHeartbeat())
        await trio.sleep(60)
        assert await desk.ask(cron.ListJobs, builtin=True) == ()


# --- jobs that are changed or removed while they run ---------------------------------------------------------


async def test_a_job_that_is_removed_while_it_runs_still_says_what_came_of_it(
    desk: Desk, autojump_clock: MockClock
) -> None:
    async with desk.running():
        gate = Gate()
        desk.world.script.append(gate.then(say("It has come.")))
        await desk.add(schedule=desk.once(60))
        await gate.reached.wait()
        said = await desk.mesh.bus.ask(cron.CronRemove(name="tea", user=ADMIN, call="c1"))
        assert said == "Job tea is removed. Its run that is under way goes on to its end."
        assert await desk.ask(cron.ListJobs) == ()
        assert [job.name for job in [await desk.add("tea")]] == ["tea"]
        gate.open.set()
        await trio.sleep(1)
        assert desk.told() == ["tea: It has come."]


async def test_a_run_can_be_looked_at_a_while_after_its_job_is_removed(
    desk: Desk, autojump_clock: MockClock
) -> None:
    async with desk.running():
        desk.world.script.extend([fail(ValueError("a bug"))] * 9)
        job = await desk.add(delete_after_run=True, max_retries=0)
        await desk.ask(cron.RunNow, id=job.id)
        await trio.sleep(20)
        assert await desk.ask(cron.ListJobs) == ()
        assert await desk.states(job) == ["failed"]
        for request in (cron.GetJob, cron.RunNow, cron.Why, cron.UpdateJob, cron.RemoveJob):
            with pytest.raises(cron.UnknownJob):
                await desk.ask(request, id=job.id)
        await trio.sleep(100)
        with pytest.raises(cron.UnknownJob):
            await desk.states(job)


async def test_what_waits_for_its_place_begins_as_the_job_is_by_then(
    desk: Desk, autojump_clock: MockClock
) -> None:
    desk.settings = Settings(cron=Cron(max_concurrent_runs=1))
    async with desk.running():
        gate = Gate()
        desk.world.script.append(gate.then(say("done")))
        await desk.add("slow", desk.once(60))
        await gate.reached.wait()
        made = [await desk.add(name, desk.once(10)) for name in ("removed", "paused", "edited", "asked")]
        removed, paused, edited, asked = made
        await trio.sleep(20)
        await desk.ask(cron.RemoveJob, id=removed.id)
        await desk.ask(cron.UpdateJob, id=paused.id, enabled=False)
        await desk.ask(cron.UpdateJob, id=edited.id, prompt="make coffee")
        await desk.ask(cron.UpdateJob, id=asked.id, enabled=False)
        gate.open.set()
        await trio.sleep(60)
        assert [run.summary for run in await desk.runs(edited)] == ["echo make coffee"]
        assert [(run.state, run.why) for run in await desk.runs(paused)] == [
            ("skipped", "the job was paused before it began")
        ]
        assert len(desk.world.requests) == 2
        await desk.ask(cron.RunNow, id=asked.id)
        await trio.sleep(5)
        assert (await desk.states(asked)) == ["skipped", "done"]


async def test_a_run_of_which_nobody_could_note_that_it_began_has_begun(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    async with desk.running():
        actor: Any = desk.mesh.cell("cron").actor
        committed = actor._committed

        async def refuse(run: Any, fn: Any, *args: Any, **options: Any) -> Any:
            if fn is ledger.accepted:
                raise cron.CronFailed("the disk is full")
            return await committed(run, fn, *args, **options)

        job = await desk.add(schedule=desk.once(60))
        with monkeypatch.context() as patch:
            patch.setattr(actor, "_committed", refuse)
            await trio.sleep(62)
            await desk.ask(cron.UpdateJob, id=job.id, enabled=False)
        await trio.sleep(60)
        assert await desk.states(job) == ["done"]
        assert len(desk.world.requests) == 1


async def test_a_run_that_has_begun_is_waited_for_whatever_becomes_of_its_file_and_its_owner(
    desk: Desk, autojump_clock: MockClock
) -> None:
    gate = Gate()
    (desk.folder / "HEARTBEAT.md").write_text("Look at the mail.")
    async with desk.running():
        desk.world.script.append(gate.then(say("never")))
        await gate.reached.wait()
        await trio.sleep(1)
        (job,) = await desk.ask(cron.ListJobs, builtin=True)
        desk.world.kill()
    (desk.folder / "HEARTBEAT.md").unlink()
    async with desk.running():
        await trio.sleep(60)
        assert await desk.states(job) == ["done"]
        assert desk.told() == ["heartbeat: echo Look at the mail."]


async def test_a_run_may_take_longer_than_anybody_waits_for_an_answer(
    desk: Desk, autojump_clock: MockClock
) -> None:
    async with desk.running():
        look = [after(200, say(calls=[use("Peek", id=f"c{n}", what=str(n))])) for n in range(25)]
        desk.world.script.extend([*look, say("at last")])
        job = await desk.add(schedule=desk.once(60))
        await trio.sleep(6000)
        (run,) = await desk.runs(job)
        assert (run.state, run.summary, len(run.attempts)) == ("done", "at last", 1)


async def test_a_heartbeat_of_every_length_is_said(desk: Desk, autojump_clock: MockClock) -> None:
    (desk.folder / "HEARTBEAT.md").write_text("\U0001f375" * 3_000_000)
    async with desk.running():
        await trio.sleep(1900)
        assert len(last_text(desk.world.requests[-1].messages)) == cron.LONGEST_FILE


# --- two at one ledger --------------------------------------------------------------------------------------


async def test_two_schedulers_at_one_ledger_run_nothing_twice(desk: Desk, autojump_clock: MockClock) -> None:
    """The lock of an instance keeps two daemons apart; if it ever did not, the ledger would."""
    async with desk.running():
        await desk.mesh.start(
            partial(Scheduler, desk.folder / "cron.db", lambda: desk.settings, desk.folder, lambda: None),
            name="another",
        )
        made = [await desk.add(f"job{n}", HOURLY) for n in range(5)]
        await trio.sleep(3 * 3600 + 60)
        for job in made:
            found = await desk.runs(job)
            assert [run.state for run in found] == ["done"] * 3
            assert [len(run.attempts) for run in found] == [1] * 3
        assert len(desk.world.requests) == len(desk.told()) == 15


# --- ends and faults of the program -------------------------------------------------------------------------


async def test_a_run_goes_on_after_an_orderly_stop(desk: Desk, autojump_clock: MockClock) -> None:
    gate = Gate()
    async with desk.running():
        desk.world.script.append(gate.then(say("never")))
        job = await desk.add(schedule=HOURLY)
        await gate.reached.wait()
    async with desk.running():
        await trio.sleep(60)
        (run,) = await desk.runs(job)
        assert (run.state, len(run.attempts)) == ("done", 1)
        assert (await desk.ask(cron.GetJob, id=job.id)).next_run_at == run.instant + timedelta(hours=1)


@pytest.mark.parametrize("broken", ["_look", "_tell"])
async def test_a_fault_in_a_loop_is_not_its_silent_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock, broken: str
) -> None:
    async with desk.running():
        job = await desk.add(schedule=HOURLY)
        whole, faults = getattr(Scheduler, broken), [RuntimeError("a bug")]

        async def fail_once(self: Scheduler, *args: Any) -> Any:
            if faults:
                raise faults.pop()
            return await whole(self, *args)

        monkeypatch.setattr(Scheduler, broken, fail_once)
        await trio.sleep(3 * 3600 + 60)
        assert await desk.states(job) == ["done"] * 3
        assert faults == []
        assert desk.told() == ["tea: echo make tea"] * 3


async def test_nobody_touches_the_jobs_of_others(desk: Desk, autojump_clock: MockClock) -> None:
    async with desk.running():
        job = await desk.add()
        eve: dict[str, Any] = {"user": "eve", "role": "user"}
        for kind in (cron.GetJob, cron.UpdateJob, cron.RemoveJob, cron.ListRuns, cron.RunNow, cron.Why):
            with pytest.raises(cron.NotYourJob):
                await desk.mesh.bus.ask(kind(id=job.id, **eve))
        assert await desk.mesh.bus.ask(cron.ListJobs(**eve)) == ()
        assert await desk.mesh.bus.ask(cron.CronList(user="eve")) == ()
        for call in (
            cron.CronRemove(name="tea", user="eve", call="c1"),
            cron.CronRun(name="tea", user="eve", call="c2"),
            cron.CronUpdate(name="tea", prompt="mine", call="c3", **eve),
            cron.CronRuns(name="tea", user="eve"),
        ):
            with pytest.raises(cron.UnknownJob):
                await desk.mesh.bus.ask(call)
        assert (await desk.ask(cron.GetJob, id=job.id)).prompt == job.prompt
