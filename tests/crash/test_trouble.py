"""SIGKILL while models fail over, run into limits and sum up: all is done once, and booked once."""

import random
from pathlib import Path

import pytest

from tests.crash.trouble import LIMITED, Limited, at_random, killed
from tests.crash.world import Kill
from tests.fakes.model_server import ModelServer

AT_LIMITS = ("record_other.before_commit", "finish.before_commit")
SUMMING_UP = ("save_completion.after_commit", "record_compaction.before_commit", "record_other.after_commit")


@pytest.mark.parametrize(
    ("points", "limited"),
    [
        (AT_LIMITS, frozenset(LIMITED)),
        pytest.param(SUMMING_UP, frozenset(), marks=pytest.mark.slow),
    ],
)
async def test_no_call_is_lost_booked_twice_or_made_above_a_limit(
    tmp_path: Path, model_server: ModelServer, points: tuple[str, ...], limited: Limited
) -> None:
    kills = [Kill(point=point) for point in points]
    found = await killed(tmp_path / "aster", model_server, random.Random(1), kills, limited, failing=0.6)
    assert found.complaints == []
    assert found.missed == []
    assert found.fates["done"] > 0


@pytest.mark.slow
async def test_models_in_trouble_are_cut_off_at_random(tmp_path: Path, model_server: ModelServer) -> None:
    seed = random.randrange(10_000)
    rng = random.Random(seed)
    found = await killed(tmp_path / "aster", model_server, rng, *at_random(rng, 8))
    assert found.complaints == [], f"seed {seed}"
