from pathlib import Path

import pytest

from actors.tools.paths import Home
from tests.actors.tools.files import UPLOAD


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with one folder, as Ada sees it."""
    (tmp_path / "home/documents").mkdir(parents=True)
    return Home(tmp_path / "home", "ada")


@pytest.fixture
def spool(home: Home) -> Home:
    """Where an upload lies that is yet to be stored."""
    folder = home.root.parent / "uploads"
    (folder / UPLOAD).mkdir(parents=True)
    return Home(folder)
