"""What is wrong with one job, one file or one request is no trouble of the others."""

from datetime import UTC, datetime, timedelta

import attrs
import pytest
import trio
from trio.testing import MockClock

from actors.cron import jobs
from actors.cron import messages as cron
from actors.cron.ledger import FAULT
from actors.cron.settings import Cron
from actors.vocabulary import ADMIN
from tests.actors.cron.book import MINUTE, book
from tests.actors.cron.desk import Desk

DAY = timedelta(days=1)


# --- jobs that cannot be worked out -------------------------------------------------------------------------


def test_a_job_about_which_nothing_can_be_worked_out_is_switched_off_and_the_others_run() -> None:
    with book() as desk:
        tea, milk = desk.add("tea", MINUTE), desk.add("milk", MINUTE)
        desk.change(tea, missed="skip_older_than", missed_secs=10**13)  # before all calendars
        desk.wait(minutes=1)
        assert [each.job.name for each in desk.claim()] == ["milk"]
        assert desk.states(tea) == ["failed"]
        assert not desk.kept(tea).enabled
        assert desk.untold() == [f"tea: {FAULT}"]
        desk.wait(minutes=1)
        desk.claim()
        assert desk.states(milk) == ["claimed", "skipped"]


def test_a_job_whose_zone_is_gone_is_over_and_everything_can_be_looked_at() -> None:
    with book() as desk:
        tea, milk = desk.add("tea", MINUTE), desk.add("milk", MINUTE)
        desk.connection.execute("UPDATE jobs SET timezone = 'Mars/X' WHERE name = 'tea'")
        desk.wait(minutes=1)
        assert len(desk.claim()) == 2
        assert desk.shown(tea).next_run_at is None
        assert desk.shown(milk).next_run_at is not None
        assert "there is no time zone 'Mars/X'" in desk.shown(tea).words
        assert len(jobs.listed(desk.connection, "ada", "user")) == 2
        assert jobs.calendar(desk.connection, "ada", "user", desk.now, desk.now + DAY, 5, 100)
        assert desk.kept(tea).between(desk.now, desk.now + DAY, 5) == []


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
