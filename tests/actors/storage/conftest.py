import pathlib

import pytest


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "db"
    folder.mkdir(mode=0o700)
    return folder / "notes.db"
