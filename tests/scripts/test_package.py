"""The wheel, built from the source distribution: it carries the agent, the configuration and the web page."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def build(target: str, project: Path, output: Path) -> Path:
    """Build one kind of package of `project` and return its path."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(output)]
    subprocess.run(command, cwd=project, capture_output=True, check=True)
    return next(output.iterdir())


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the wheel installs."""
    if not (ROOT / "actors" / "gateway" / "web" / "dist" / "index.html").is_file():
        pytest.skip("the web page is not built; scripts/test builds it")
    folder = tmp_path_factory.mktemp("package")
    (folder / "unpacked").mkdir()
    archive = build("sdist", ROOT, folder / "sdist")
    subprocess.run(["tar", "xzf", archive, "-C", folder / "unpacked"], check=True)
    (project,) = (folder / "unpacked").iterdir()
    with zipfile.ZipFile(build("wheel", project, folder / "wheel")) as wheel:
        wheel.extractall(folder / "installed")
    return folder / "installed"


def test_the_wheel_holds_the_built_page_and_not_its_sources(installed: Path) -> None:
    web = installed / "actors" / "gateway" / "web"
    assert [path.name for path in web.iterdir()] == ["dist"]
    assert (web / "dist" / "index.html").is_file()
    assert list((web / "dist" / "assets").iterdir())


def test_only_the_three_packages_are_installed(installed: Path) -> None:
    names = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert names == {"starpod", "actors", "bus"}


@pytest.mark.parametrize("name", ["agents/aster/agent.toml", "config/starpod.toml", "docs/guide/page.md"])
def test_shipped_files_are_found_in_an_installed_wheel(installed: Path, name: str) -> None:
    program = "import sys; from starpod.resources import resource; print(resource(sys.argv[1]))"
    found = subprocess.run(
        [sys.executable, "-c", program, name],
        cwd=installed.parent,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(found.stdout.strip()) == installed / "starpod" / "_data" / name
