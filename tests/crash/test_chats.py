"""SIGKILL at any step of a message from Telegram: it is one turn, and its answer comes once, or is marked."""

import random
from pathlib import Path

import pytest

from tests.crash.chats import POINTS, at_random, killed
from tests.crash.world import Kill
from tests.fakes.model_server import ModelServer


async def test_chats_are_cut_off_at_every_step(tmp_path: Path, model_server: ModelServer) -> None:
    points = [Kill(point=point) for point in POINTS]
    found = await killed(tmp_path / "aster", model_server, random.Random(5), points)
    assert found.complaints == []
    assert found.missed == []
    assert found.fates["done"]


@pytest.mark.slow
async def test_chats_are_cut_off_at_random(tmp_path: Path, model_server: ModelServer) -> None:
    seed = random.randrange(10_000)
    rng = random.Random(seed)
    kills = [at_random(rng) for _ in range(10)]
    found = await killed(tmp_path / "aster", model_server, rng, kills)
    assert found.complaints == [], f"seed {seed}"
