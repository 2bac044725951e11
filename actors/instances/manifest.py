"""The files of an agent here and at a backend: what each side has, and what has to travel.

A path is relative, with slashes. One that comes from elsewhere is written below its folder and nowhere else: it is
neither absolute nor leads up, and no link on the way is followed.
"""

import base64
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, final

import attrs

from actors import atomic
from actors.instances.reading import Unreadable, record, rows
from actors.vocabulary import quoted

LEFT_OUT: Final = frozenset({"node_modules", "target"})
SKILLS: Final = "skills"
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a file."""
LONGEST: Final = 1024
"""Characters of a path."""


class BadPath(ValueError):
    """A path that may not be written. The text is for people."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{quoted(path)} is no path within the folder of an agent")


@final
@attrs.frozen(kw_only=True)
class Difference:
    """What has to be done for both sides to be the same."""

    to_upload: tuple[str, ...] = ()
    to_download: tuple[str, ...] = ()
    to_delete_remote: tuple[str, ...] = ()
    to_delete_local: tuple[str, ...] = ()


def digest(data: bytes) -> str:
    """What tells contents apart: MD5 in base64, as backends have it; against accidents, not against attackers."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def checked(path: str) -> tuple[str, ...]:
    """The parts of a path. Raises BadPath."""
    parts = tuple(path.split("/"))
    bad = any(part in {"", ".", ".."} or len(part.encode()) > 255 for part in parts)
    if bad or len(path) > LONGEST or "\\" in path or not path.isprintable():
        raise BadPath(path)
    return parts


def is_left_out(name: str) -> bool:
    """Whether a file or folder of this name does not travel."""
    return name.startswith(".") or name in LEFT_OUT


def collect(folder: Path, skills: Path | None = None) -> dict[str, Path]:
    """The files of a blueprint by their paths, with the skills of its workspace below ``skills/``.

    Hidden names, links and what is no file are left out. Where both have a path, the blueprint's counts.
    """
    found = {f"{SKILLS}/{path}": file for path, file in ({} if skills is None else _files(skills)).items()}
    return dict(sorted((found | _files(folder)).items()))


def digests(files: Mapping[str, Path]) -> dict[str, str]:
    """What is in them."""
    return {path: digest(file.read_bytes()) for path, file in files.items()}


def compared(local: Mapping[str, str], remote: Mapping[str, str]) -> Difference:
    """What differs, by contents: `to_download` is also what is only there, `to_upload` what is only here."""
    differ = sorted(path for path in local if path in remote and local[path] != remote[path])
    here, there = sorted(local.keys() - remote.keys()), sorted(remote.keys() - local.keys())
    return Difference(
        to_upload=tuple(sorted([*here, *differ])),
        to_download=tuple(sorted([*there, *differ])),
        to_delete_remote=tuple(there),
        to_delete_local=tuple(here),
    )


def difference(value: object) -> Difference:
    """What a backend says has to be done, every path checked. Raises Unreadable, BadPath."""
    fields = record(value, "the difference")
    wanted = {
        name: [_path(each) for each in rows(fields.get(name, []))] for name in attrs.fields_dict(Difference)
    }
    for path in (path for paths in wanted.values() for path in paths):
        checked(path)
    return Difference(**{name: tuple(paths) for name, paths in wanted.items()})


def _path(value: object) -> str:
    found = value.get("path") if isinstance(value, dict) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if not isinstance(found, str):
        raise Unreadable("the difference names no path")
    return found


def put(folder: Path, path: str, data: bytes) -> None:
    """Write a file below a folder, and the folders it needs. Raises BadPath, and OSError where a link is in the way."""
    *above, name = checked(path)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in above:
            inner = atomic.enter(descriptor, part, create=True)
            os.close(descriptor)
            descriptor = inner
        atomic.fill(descriptor, name, partial(_write, data), mode=0o644)
    finally:
        os.close(descriptor)


def _write(data: bytes, file: BinaryIO) -> None:
    file.write(data)


def drop(folder: Path, path: str) -> bool:
    """Remove a file below a folder, and the folders that are empty then; whether there was one. Raises like put."""
    *above, name = checked(path)
    descriptors = [os.open(folder, os.O_RDONLY | os.O_DIRECTORY)]
    try:
        try:
            for part in above:
                descriptors.append(atomic.enter(descriptors[-1], part))
            os.unlink(name, dir_fd=descriptors[-1])
        except FileNotFoundError:
            return False
        with suppress(OSError):  # others are in it
            for part in reversed(above):
                os.close(descriptors.pop())
                os.rmdir(part, dir_fd=descriptors[-1])
        return True
    finally:
        for each in descriptors:
            os.close(each)


def _files(folder: Path) -> dict[str, Path]:
    return {at.relative_to(folder).as_posix(): at for at in _below(folder)}


def _below(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for at in sorted(folder.iterdir()):
        if is_left_out(at.name) or at.is_symlink():
            continue
        if at.is_dir():
            yield from _below(at)
        elif at.is_file():
            yield at
