"""Jobs about which nothing can be worked out: they are switched off, and the others run."""

import sqlite3
from datetime import timedelta

import pytest

from actors.cron import agenda, jobs, ledger
from actors.cron.ledger import FAULT
from tests.actors.cron.book import HOUR, MINUTE, book

DAY = timedelta(days=1)


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
        assert agenda.calendar(desk.connection, "ada", "user", desk.now, desk.now + DAY, 5, 100)
        assert desk.kept(tea).between(desk.now, desk.now + DAY, 5) == []


@pytest.mark.parametrize(
    "damage", ["no JSON", "", "null", "[]", '{"kind":"interval","every_ms":0}', '{"kind":"other"}', "1e999"]
)
def test_a_job_whose_schedule_is_damaged_is_over_and_everything_can_be_looked_at(damage: str) -> None:
    """Its scheduler would not start again, and the agent with it."""
    with book() as desk:
        tea, milk = desk.add("tea", MINUTE), desk.add("milk", MINUTE)
        desk.connection.execute("UPDATE jobs SET schedule = ? WHERE name = 'tea'", (damage,))
        desk.wait(minutes=1)
        assert len(desk.claim()) == 2
        assert desk.shown(tea).next_run_at is None
        assert desk.shown(tea).words.startswith("never: ")
        assert desk.shown(milk).next_run_at is not None
        assert len(jobs.listed(desk.connection, "ada", "user")) == 2
        assert agenda.calendar(desk.connection, "ada", "user", desk.now, desk.now + DAY, 5, 100)
        desk.change(tea, schedule=HOUR)
        assert desk.shown(tea).next_run_at is not None


def test_a_job_that_cannot_be_planned_anew_is_switched_off_and_the_others_are_planned() -> None:
    with book() as desk:
        tea, milk = desk.add("tea", HOUR), desk.add("milk", HOUR)
        desk.connection.execute(
            "UPDATE jobs SET jitter_secs = 9e15 WHERE name = 'tea'"
        )  # beyond all calendars
        desk.connection.execute("DELETE FROM runs WHERE job = ?", (tea.id,))
        desk.wait(hours=-1)
        ledger.replan(desk.connection, desk.now)
        enabled = desk.connection.execute("SELECT enabled FROM jobs WHERE id = ?", (tea.id,)).fetchone()
        assert (enabled[0], desk.kept(milk).enabled) == (0, True)
        assert desk.states(milk) == []


def test_a_disk_that_refuses_is_no_fault_of_a_job() -> None:
    with book() as desk:
        job = desk.add("tea", HOUR)
        desk.wait(hours=1)
        desk.connection.execute("PRAGMA query_only = ON")
        with pytest.raises(sqlite3.OperationalError):
            desk.claim()
        desk.connection.execute("PRAGMA query_only = OFF")
        assert len(desk.claim()) == 1
        assert desk.states(job) == ["claimed"]
