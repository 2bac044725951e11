"""Programs from npm that tests speak with, installed once as their lock names them."""

import fcntl
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

FOLDER: Final = Path(__file__).with_name("npm")
PACKAGES: Final = FOLDER / "node_modules"
WITHIN: Final = 300.0
"""Seconds an installation may take."""


def installed() -> Path:
    """The folder with the programs; skips the test where there is no npm, or none that gets what it needs."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("there is no npm, which brings servers that none of us wrote")
    marker, lock = PACKAGES / ".installed", FOLDER / "package-lock.json"
    with lock.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # other workers want the same
        if not (marker.is_file() and marker.stat().st_mtime_ns >= lock.stat().st_mtime_ns):
            try:
                ran = subprocess.run(
                    [npm, "ci", "--silent"],
                    cwd=FOLDER,
                    capture_output=True,
                    text=True,
                    timeout=WITHIN,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                pytest.skip("npm does not get the packages")
            if ran.returncode:
                pytest.skip(f"npm does not get the packages: {ran.stderr[-300:]}")
            marker.touch()
    return PACKAGES / ".bin"
