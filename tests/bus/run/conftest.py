import pytest

from bus.testing import MeshUnderTest
from tests.bus.run.scene import Scene


@pytest.fixture
async def scene(mesh: MeshUnderTest) -> Scene:
    return Scene(mesh)
