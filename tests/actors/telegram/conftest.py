"""The way out to Telegram, for every test here that asks for it."""

from pathlib import Path

import pytest

from tests.actors.agent.world import World
from tests.actors.telegram.inside import GRACE, GROUP, Inside
from tests.actors.telegram.outside import Outside
from tests.fakes.telegram.server import TelegramServer


@pytest.fixture
def outside(tmp_path: Path, telegram: TelegramServer) -> Outside:
    return Outside(World(tmp_path), telegram, tmp_path)


@pytest.fixture
def inside(tmp_path: Path, telegram: TelegramServer) -> Inside:
    telegram.people.meet(GRACE, "Grace", "grace")
    telegram.people.gather(GROUP)
    return Inside(World(tmp_path), telegram, tmp_path)
