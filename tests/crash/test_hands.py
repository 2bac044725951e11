"""SIGKILL while tools are called, people asked, commands run and turns undone: nothing is lost, doubled or unasked."""

import random
from pathlib import Path

import pytest

from tests.crash.hands import POINTS, at_random, killed
from tests.crash.world import LIFE, Kill
from tests.fakes.model_server import ModelServer


async def test_calls_are_allowed_done_once_and_undone(tmp_path: Path, model_server: ModelServer) -> None:
    kills = [Kill(point=point) for point in ("answer.after_commit", "command.started")]
    found = await killed(tmp_path / "aster", model_server, random.Random(2), kills, life=LIFE)
    assert found.complaints == []
    assert found.missed == []
    assert found.calls["questions allowed"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
async def test_calls_are_cut_off_at_every_point(
    tmp_path: Path, model_server: ModelServer, point: str
) -> None:
    found = await killed(tmp_path / "aster", model_server, random.Random(point), [Kill(point=point)])
    assert found.complaints == []


@pytest.mark.slow
@pytest.mark.parametrize("sandbox", ["auto", "off"])
async def test_hands_are_cut_off_at_random(tmp_path: Path, model_server: ModelServer, sandbox: str) -> None:
    seed = random.randrange(10_000)
    rng = random.Random(seed)
    found = await killed(tmp_path / "aster", model_server, rng, at_random(rng, 8), sandbox)
    assert found.complaints == [], f"seed {seed}"


@pytest.mark.slow
async def test_a_daemon_that_dies_before_anybody_was_asked_leaves_nothing_wrong(
    tmp_path: Path, model_server: ModelServer
) -> None:
    kills = [Kill(point="ask.before_commit")]
    found = await killed(tmp_path / "aster", model_server, random.Random(3), kills, life=LIFE)
    assert found.complaints == []
    assert found.missed == []
