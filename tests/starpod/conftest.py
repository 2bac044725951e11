"""A workspace on disk, as a person would have made it."""

from pathlib import Path

import pytest


class Workspace:
    """A workspace in a temporary directory, with short ways to put files into it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("starpod.toml", "")

    def write(self, name: str, text: str = "") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def blueprint(self, name: str = "bot", toml: str = "") -> Path:
        self.write(f"agents/{name}/agent.toml", toml)
        return self.root / "agents" / name


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "ws"
    root.mkdir()
    return Workspace(root)
