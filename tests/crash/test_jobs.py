"""SIGKILL at any step of a run while jobs are due every second: each instant has one row, each run one turn."""

import random
from pathlib import Path

import pytest

from tests.crash.jobs import POINTS, at_random, killed
from tests.crash.world import Kill
from tests.fakes.model_server import ModelServer


async def test_runs_are_cut_off_at_every_step(tmp_path: Path, model_server: ModelServer) -> None:
    found = await killed(tmp_path / "aster", model_server, [Kill(point=point) for point in POINTS])
    assert found.complaints == []
    assert found.missed == []
    assert found.runs["done"]


@pytest.mark.slow
async def test_runs_are_cut_off_at_random(tmp_path: Path, model_server: ModelServer) -> None:
    seed = random.randrange(10_000)
    rng = random.Random(seed)
    found = await killed(tmp_path / "aster", model_server, [at_random(rng) for _ in range(10)])
    assert found.complaints == [], f"seed {seed}"
