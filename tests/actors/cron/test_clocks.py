"""Clocks that are set while the scheduler runs, and while it does not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from actors.cron import ledger
from actors.cron import messages as cron
from actors.cron.messages import CronExpression
from tests.actors.cron.desk import HOURLY, Desk

DAY = 86_400.0
NOON = CronExpression(expr="0 12 * * *")


async def test_a_clock_that_is_set_on_is_one_run_for_all_that_were_left_out(
    desk: Desk, autojump_clock: MockClock
) -> None:
    async with desk.running():
        job = await desk.add(schedule=HOURLY)
        await trio.sleep(600)
        desk.offset[0] += DAY
        await trio.sleep(40)
        assert await desk.states(job) == ["collapsed"] * 23 + ["done"]
        await trio.sleep(3000)
        assert (await desk.states(job))[23:] == ["done", "done"]


async def test_a_clock_that_is_set_back_runs_nothing_again_and_goes_on_where_it_was(
    desk: Desk, autojump_clock: MockClock
) -> None:
    async with desk.running():
        job = await desk.add(schedule=HOURLY)
        await trio.sleep(3 * 3600 + 60)
        desk.offset[0] -= 2 * 3600
        await trio.sleep(2 * 3600)
        assert await desk.states(job) == ["done"] * 3
        await trio.sleep(3600)
        assert await desk.states(job) == ["done"] * 4


@pytest.mark.parametrize("running", [True, False])
async def test_what_was_planned_by_a_wrong_clock_is_planned_anew(
    desk: Desk, autojump_clock: MockClock, *, running: bool
) -> None:
    desk.offset[0] = 400 * DAY
    async with desk.running():
        job = await desk.add(schedule=NOON)
        await trio.sleep(60)
        if running:
            desk.offset[0] = 0.0
            await trio.sleep(40)
            assert (await desk.ask(cron.GetJob, id=job.id)).next_run_at < desk.now + timedelta(days=1)
    if not running:
        desk.offset[0] = 0.0
        async with desk.running():
            await trio.sleep(1)
            assert (await desk.ask(cron.GetJob, id=job.id)).next_run_at < desk.now + timedelta(days=1)


async def test_that_the_clock_was_set_back_is_not_forgotten_when_the_disk_refuses(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    desk.offset[0] = 400 * DAY
    async with desk.running():
        job = await desk.add(schedule=NOON)
        await trio.sleep(60)

        async def refuse(*_args: Any, **_options: Any) -> Any:
            raise cron.CronFailed("the disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(desk.mesh.cell("cron").actor, "_committed", refuse)
            desk.offset[0] = 0.0
            await trio.sleep(120)
        await trio.sleep(60)
        assert (await desk.ask(cron.GetJob, id=job.id)).next_run_at < desk.now + timedelta(days=1)


async def test_a_run_that_ends_while_it_is_looked_up_is_not_carried_out_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    async with desk.running():
        actor: Any = desk.mesh.cell("cron").actor
        read, asked = actor._read, list[str]()

        async def slowly(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            found = await read(fn, *args, **kwargs)
            if fn is ledger.opened:
                await trio.sleep(5)
            return found

        async def outcome(claimed: ledger.Claimed) -> ledger.Outcome:
            asked.append(claimed.key)
            actor._wake()
            await trio.sleep(1)
            return ledger.Outcome(outcome="error", success=False, error="refused", again=False)

        monkeypatch.setattr(actor, "_read", slowly)
        monkeypatch.setattr(actor, "_outcome", outcome)
        job = await desk.add(schedule=desk.once(60))
        await trio.sleep(120)
        assert await desk.states(job) == ["failed"]
        assert len(asked) == 1
