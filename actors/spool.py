"""Folders in which files that people send wait until the tools subsystem has stored them."""

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def spool(parent: Path, prefix: str) -> Generator[Path]:
    """A private folder, gone afterwards. Each part of the program gives its folders a prefix of its own."""
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as folder:
        yield Path(folder)


def prepare(parent: Path, prefix: str) -> None:
    """Have `parent` ready for use: there, and without what a killed process left under this prefix."""
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in parent.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
