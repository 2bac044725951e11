"""A gateway with a world behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bus.testing import MeshUnderTest, open_test_mesh
from tests.actors.gateway.world import Gateway, running


@pytest.fixture
async def mesh() -> AsyncIterator[MeshUnderTest]:
    async with open_test_mesh() as mesh:
        yield mesh


@pytest.fixture
async def gateway(mesh: MeshUnderTest, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running(mesh, tmp_path) as gateway:
        yield gateway
