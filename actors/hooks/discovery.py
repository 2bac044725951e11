"""Hooks on the disk: ``<folder>/<name>/HOOK.md``. One that cannot be used is told of and hides no other."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, final

import attrs

from actors.hooks import manifest
from actors.hooks.manifest import BadManifest, Manifest
from bus import Data

MOST: Final = 500
"""Hooks of one folder that are looked at."""


@final
@attrs.frozen(kw_only=True)
class Discovered(Data):
    """A manifest that can be used."""

    path: Path
    manifest: Manifest


@final
@attrs.frozen(kw_only=True)
class Fault(Data):
    """A manifest that cannot be used, and why."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@final
@attrs.frozen(kw_only=True)
class Scan(Data):
    """What was found in some folders."""

    found: tuple[Discovered, ...] = ()
    """Folder after folder, in the order of the names in each."""
    faults: tuple[Fault, ...] = ()


Stamp = tuple[tuple[str, int, int, int], ...]
"""Of each manifest its path, when it was changed, its size and its number: another one when anything has changed."""


def scan(*folders: Path) -> Scan:
    """Read all manifests. A folder that is not there has none."""
    found, faults = list[Discovered](), list[Fault]()
    for path in _paths(folders):
        try:
            found.append(Discovered(path=path, manifest=manifest.read(_content(path))))
        except (BadManifest, OSError) as error:
            reason = error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)
            faults.append(Fault(path=path, reason=reason))
    return Scan(found=tuple(found), faults=tuple(faults))


def stamp(*folders: Path) -> Stamp:
    """What says, cheaply, whether a scan would find something else than before."""
    return tuple(_stamps(folders))


def _stamps(folders: Sequence[Path]) -> Iterator[tuple[str, int, int, int]]:
    for path in _paths(folders):
        try:
            seen = path.stat()
        except OSError:
            yield str(path), 0, 0, 0
        else:
            yield str(path), seen.st_mtime_ns, seen.st_size, seen.st_ino


def _paths(folders: Sequence[Path]) -> Iterator[Path]:
    """Where manifests are, or should be: a folder without one is of no account."""
    for folder in folders:
        try:
            names = sorted(each.name for each in folder.iterdir())
        except OSError:
            continue
        for name in names[:MOST]:
            path = folder / name / manifest.NAME
            if os.path.lexists(path):
                yield path


def _content(path: Path) -> str:
    """The text of a manifest. Raises BadManifest, and OSError where it cannot be read."""
    with path.open("rb") as file:
        data = file.read(manifest.LARGEST + 1)
    if len(data) > manifest.LARGEST:
        raise BadManifest(f"it is longer than {manifest.LARGEST} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadManifest("it is not UTF-8 text") from None
