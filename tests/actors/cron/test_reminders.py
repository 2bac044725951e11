"""Jobs that happen once: put off, paused, over."""

from datetime import timedelta

import attrs
import pytest

from actors.cron import jobs
from actors.cron.messages import TooManyJobs
from tests.actors.cron.book import BAD, HOUR, START, book, once


def test_a_reminder_that_is_put_off_while_it_runs_comes_again() -> None:
    with book() as desk:
        tea = desk.add("tea", once(minutes=1), delete_after_run=True)
        desk.wait(minutes=1)
        (claimed,) = desk.claim()
        desk.accept(claimed)
        desk.change(tea, schedule=once(minutes=11))
        desk.end(claimed)
        assert desk.untold() == ["tea: all is well"]
        assert desk.shown(tea).next_run_at == START + timedelta(minutes=11)
        desk.wait(minutes=10)
        desk.carry_out(desk.claim()[0])
        assert desk.untold() == ["tea: all is well"]
        assert desk.kept(tea).removed


def test_what_happened_once_makes_room_for_more() -> None:
    with book() as desk:
        tea, milk = desk.add("tea", once(minutes=1)), desk.add("milk", once(minutes=2))
        later = desk.add("later", once(days=9))
        jobs.run_now(desk.connection, later, desk.now)
        desk.carry_out(desk.claim()[0])
        desk.change(later, enabled=False)
        for _ in range(2):
            desk.wait(minutes=1)
            desk.carry_out(desk.claim()[0])
        assert len(desk.untold()) == 3
        for name in ("salt", "bread"):
            jobs.add(desk.connection, attrs.evolve(tea, id=name, name=name, schedule=HOUR), desk.now, 3)
        assert [job.name for job in jobs.listed(desk.connection, "ada", "user")] == ["bread", "later", "salt"]
        with pytest.raises(TooManyJobs):
            jobs.add(desk.connection, attrs.evolve(milk, id="x", name="x"), desk.now, 3)


def test_a_paused_job_stays_although_it_was_to_go_after_its_run() -> None:
    with book() as desk:
        tea = desk.add("tea", once(minutes=1), delete_after_run=True)
        desk.wait(minutes=1)
        desk.carry_out(desk.claim()[0], BAD)
        desk.change(tea, enabled=False)
        assert desk.untold() == ["tea: no model"]
        assert len(jobs.listed(desk.connection, "ada", "user")) == 1
