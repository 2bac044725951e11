from pathlib import Path

import pytest

from starpod import resources
from starpod.resources import resource


def test_the_repository_serves_where_nothing_is_packed() -> None:
    repository = Path(__file__).parents[2]

    assert resource("config/starpod.toml") == repository / "config/starpod.toml"
    assert resource("agents/aster") == repository / "agents/aster"


def test_an_installed_package_uses_what_it_carries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "starpod/_data/config").mkdir(parents=True)
    (tmp_path / "starpod/_data/config/starpod.toml").touch()
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "starpod")

    assert resource("config/starpod.toml") == tmp_path / "starpod/_data/config/starpod.toml"
    with pytest.raises(FileNotFoundError, match="lacks agents/aster"):
        resource("agents/aster")
