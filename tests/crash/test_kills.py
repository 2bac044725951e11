"""SIGKILL at every named point, at random moments and twice during recovery, while people talk to a real daemon.

The last group always runs; the others are slow, and ``scripts/crash`` kills at random for as long as one likes.
"""

import random
from pathlib import Path

import pytest

from tests.crash.world import POINTS, Kill, World, at_moment, at_point, twice_in_recovery
from tests.fakes.model_server import ModelServer
from tests.system.daemons import Place

GROUPS = 4


def _dealt() -> list[list[Kill]]:
    """Every point once, some moments, and a double kill in recovery, in groups that can run at the same time."""
    rng = random.Random(20)
    kills = [at_point(rng, point) for point in rng.sample(POINTS, len(POINTS))]
    groups = [kills[group::GROUPS] for group in range(GROUPS)]
    groups[2] += [at_moment(rng)]
    groups[3] += twice_in_recovery(rng)
    return groups


@pytest.mark.parametrize(
    "group", [*(pytest.param(each, marks=pytest.mark.slow) for each in range(GROUPS - 1)), GROUPS - 1]
)
async def test_nothing_acknowledged_is_lost_and_nothing_is_done_twice(
    tmp_path: Path, model_server: ModelServer, group: int
) -> None:
    provider = "anthropic" if group == 0 else "openai"
    place = Place(tmp_path / "aster", model_server.url, provider).trusting()
    world = World(place, model_server, random.Random(group))
    summary = await world.run(_dealt()[group])
    assert summary.complaints == [], summary
    assert summary.missed == [], summary
    assert summary.fates["done"] > 0
