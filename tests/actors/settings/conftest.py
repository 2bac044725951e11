"""Settings while the agent runs, for every test here that asks for them."""

from pathlib import Path

import pytest

from bus.testing import MeshUnderTest
from tests.actors.settings.place import Place


@pytest.fixture
async def place(tmp_path: Path, mesh: MeshUnderTest) -> Place:
    found = Place(tmp_path, mesh)
    await found.start()
    return found
