"""Links that an instance may have laid: whoever writes into its folder from outside must not be led out of it."""

import os
from collections.abc import Iterator
from pathlib import Path

from starpod.errors import StarpodError


class LeadsOut(StarpodError):
    """A link in the folder of an instance that leads somewhere else."""


def refuse(place: Path, blueprint: Path) -> None:
    """Raises LeadsOut for a link out of the folder where the files of the blueprint are to go."""
    root = place.resolve()
    for path in _written(place, blueprint):
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            raise LeadsOut(f"{path} leads out of the folder of the instance: remove it")


def _written(place: Path, blueprint: Path) -> Iterator[Path]:
    """What may be in the way: all below ``.starpod``, and below ``home`` what the blueprint brings."""
    yield from (place / ".starpod", place / "home")
    for at, folders, files in os.walk(place / ".starpod"):
        yield from (Path(at, name) for name in (*folders, *files))
    for at, folders, files in os.walk(blueprint / "files"):
        below = place / "home" / Path(at).relative_to(blueprint / "files")
        yield from (below / name for name in (*folders, *files))
