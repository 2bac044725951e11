"""Turns that may hand on parts of their work."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors.subagents.settings import Settings as SubagentSettings
from tests.actors.agent.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, subagents=SubagentSettings()).running() as world:
        yield world
