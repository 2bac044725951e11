"""A world around the agent. Tests ask for `autojump_clock` themselves: pytest-trio looks for it nowhere else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.actors.agent.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The agent, running."""
    async with World(tmp_path).running() as world:
        yield world


@pytest.fixture
def lives(tmp_path: Path) -> World:
    """The agent, to be started and killed by the test."""
    return World(tmp_path)
