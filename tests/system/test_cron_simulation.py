"""Seasons and years of jobs, clocks and deaths in which nothing is lost, nothing is twice, and every policy is kept."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from actors.cron import schedule
from actors.cron.messages import CronExpression
from tests.actors.cron import oracle
from tests.actors.cron.simulation import World
from tests.actors.cron.story import EXPRESSIONS, ZONES
from tests.actors.cron.verdict import complaints

SEASON = 91
"""Days."""


@pytest.mark.parametrize("seed", range(3))
def test_a_season(seed: int) -> None:
    with closing(World(seed, SEASON)) as world:
        world.live()
        assert complaints(world) == []
        assert len(world.turns) > 200, "a season in which little happened"
        assert world.happened["deaths"] > 20


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_a_year(seed: int) -> None:
    with closing(World(seed)) as world:
        world.live()
        assert complaints(world) == []
        assert len(world.turns) > 300, "a year in which little happened"
        assert world.happened["deaths"] > 20


@pytest.mark.parametrize("zone", ZONES)
def test_the_scheduler_and_the_calendar_agree_on_every_instant(zone: str) -> None:
    for expression in EXPRESSIONS:
        rule = CronExpression(expr=expression)
        last = oracle.LAST - timedelta(microseconds=1)
        found = schedule.between(rule, zone, datetime(2027, 7, 1, tzinfo=UTC), oracle.FIRST, last, 1_000_000)
        assert found == oracle.instants(rule, zone, oracle.FIRST).all


def test_a_fault_is_found() -> None:
    """Each kind of lie in the history of a season that was well is complained of."""
    with closing(World(1, SEASON)) as world:
        world.live()
        say = world.connection.execute
        (job, instant) = say("SELECT job, instant FROM runs WHERE state = 'done' AND NOT manual").fetchone()
        say(
            "UPDATE history SET new = 'waiting' WHERE job = ? AND instant = ? AND new = 'done'",
            (job, instant),
        )
        assert any("is waiting for good" in each for each in complaints(world))
        say("DELETE FROM history WHERE job = ? AND instant = ?", (job, instant))
        assert any("has no row for" in each for each in complaints(world))
        say("UPDATE history SET instant = instant + 1000000 WHERE job = ? AND new <> 'planned'", (job,))
        assert any("which is no instant of it" in each for each in complaints(world))
        turn = next(iter(world.turns.values()))
        turn.attempt += 1
        assert any("was accepted with" in each for each in complaints(world))
