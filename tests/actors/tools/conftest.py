from pathlib import Path

import pytest

from actors.tools.paths import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with one folder, as Ada sees it."""
    (tmp_path / "home/documents").mkdir(parents=True)
    return Home(tmp_path / "home", "ada")
