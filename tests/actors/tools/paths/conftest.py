from pathlib import Path

import pytest

from actors.tools.paths import Home
from tests.actors.tools.paths.outside import SECRET


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home beside the agent's private folder and a folder of somebody else."""
    for name in ("home/documents", ".starpod", "outside"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / ".starpod/.env").write_text(SECRET)
    (tmp_path / "outside/secret.txt").write_text(SECRET)
    (tmp_path / "home/documents/notes.md").write_text("notes")
    return Home(tmp_path / "home")
