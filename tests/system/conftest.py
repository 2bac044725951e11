from pathlib import Path

import pytest

from tests.system.daemons import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An agent of the offline provider."""
    return Place(tmp_path / "aster")
