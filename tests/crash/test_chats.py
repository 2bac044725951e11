"""SIGKILL at any step of a message from Telegram: it is one turn, and its answer comes once, or is marked."""

import random
from pathlib import Path

import pytest

from tests.crash.chats import POINTS, at_random, killed
from tests.crash.world import Kill
from tests.fakes.model_server import ModelServer

OF_TELEGRAM = (
    "store_updates.before_commit",
    "store_updates.after_commit",
    "settle.after_commit",
    "claim.after_commit",
    "mark.before_commit",
)
"""What other tests do not cut off."""


@pytest.mark.parametrize("points", [OF_TELEGRAM, pytest.param(POINTS, marks=pytest.mark.slow)])
async def test_chats_are_cut_off_at_every_step(
    tmp_path: Path, model_server: ModelServer, points: tuple[str, ...]
) -> None:
    kills = [Kill(point=point) for point in points]
    found = await killed(tmp_path / "aster", model_server, random.Random(5), kills)
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
