"""The locks: complete, pinned by hash, and free of the addresses of whoever wrote them."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-web.lock"]
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[\w.]+)(?: ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def pins(lock: str) -> dict[str, str]:
    """Name and version of everything in `lock`."""
    return {found["name"]: found["version"] for found in PIN.finditer((ROOT / lock).read_text())}


def wanted(*groups: str) -> set[str]:
    """Names that pyproject.toml asks for, in `groups` beside the dependencies of the project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked: list[str] = list(project["project"]["dependencies"])
    for group in groups:
        asked += project["dependency-groups"][group]
    return {re.split(r"[^A-Za-z0-9-]", requirement)[0] for requirement in asked}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_pins_and_hashes_and_nothing_else(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    assert [line for line in lines if not PIN.fullmatch(line) and not HASH.fullmatch(line)] == []


def test_the_locks_hold_everything_the_project_asks_for() -> None:
    assert wanted("build") <= pins("requirements.lock").keys()
    assert wanted("build", "dev") <= pins("requirements-dev.lock").keys()


def test_development_and_running_share_every_version() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()
    assert pins("requirements-web.lock").items() <= pins("requirements-dev.lock").items()
