"""SIGKILL at every named point of a turn and at random moments: what was acknowledged is done, once."""

import random
import signal
from pathlib import Path

import pytest

from tests.crash.kills import Person, check, model, say_again, series, settled, talk
from tests.system.daemons import Place, start

POINTS = [
    "accept.before_commit",
    "accept.after_commit",
    "begin.before_commit",
    "begin.after_commit",
    "save_completion.before_commit",
    "save_completion.after_commit",
    "FileWrite.before_run",
    "FileWrite.after_run",
    "save_result.before_commit",
    "save_result.after_commit",
    "finish.before_commit",
    "finish.after_commit",
]
RECOVERY = ["recover.before_commit", "recover.after_commit", "begin.after_commit", "FileWrite.after_run"]


@pytest.mark.parametrize("point", POINTS)
async def test_a_turn_killed_at_a_named_point_is_finished_after_the_restart(
    tmp_path: Path, point: str
) -> None:
    await _killed_at(tmp_path, [point])


@pytest.mark.parametrize("point", RECOVERY)
async def test_a_turn_killed_again_during_recovery_is_finished_all_the_same(
    tmp_path: Path, point: str
) -> None:
    await _killed_at(tmp_path, ["save_completion.after_commit", point])


async def _killed_at(folder: Path, points: list[str]) -> None:
    """A message whose daemon dies at each of these points in turn, one life each; then a life without."""
    async with model() as server:
        place = Place(folder / "aster", server.url)
        person = Person(random.Random(0))
        for life, point in enumerate(points):
            daemon = start(place, BUS_CRASH_AT=point)
            if life == 0:
                await daemon.ready()
                await talk(daemon, person, 0, 1)
            assert await daemon.ended() == -signal.SIGKILL, daemon.log
        daemon = await start(place).ready()
        try:
            await say_again(daemon, person, "message-0")
            await check(daemon, person, server)
        finally:
            assert await daemon.stop() == 0


async def test_a_turn_that_kills_the_process_three_times_is_parked_and_the_daemon_stays_up(
    tmp_path: Path,
) -> None:
    async with model() as server:
        place = Place(tmp_path / "aster", server.url)
        person = Person(random.Random(0))
        for life in range(3):
            daemon = start(place, BUS_CRASH_AT="begin.after_commit")
            if life == 0:
                await daemon.ready()
                await talk(daemon, person, 0, 1)
            assert await daemon.ended() == -signal.SIGKILL, daemon.log
        daemon = await start(place, BUS_CRASH_AT="begin.after_commit:2").ready()
        try:
            await say_again(daemon, person, "message-0")
            await settled(daemon, person)
            (conversation,) = person.conversations
            roles = [role for role, _ in await daemon.rows(conversation)]
            assert roles == ["user", "notice"]
        finally:
            assert await daemon.stop() == 0


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_was_acknowledged_is_there_once_after_kills_at_random_moments(
    tmp_path: Path, seed: int
) -> None:
    async with model() as server:
        place = Place(tmp_path / "aster", server.url)
        person, _ = await series(place, server, kills=10, seed=seed)
        assert person.acknowledged
