"""A gateway with a world behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bus.testing import MeshUnderTest
from tests.actors.gateway.clock import Time
from tests.actors.gateway.world import Gateway, running


@pytest.fixture
async def gateway(mesh: MeshUnderTest, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running(mesh, tmp_path) as gateway:
        yield gateway


@pytest.fixture
def time() -> Time:
    return Time()
