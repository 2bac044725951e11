"""Which files on the disk are not as the index knows them. Nothing here follows a symbolic link.

A file whose times, size and inode are what they were is not opened.
"""

import errno
import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, final

import attrs

from actors.memory.messages import LARGEST
from bus import Data

MOST_FILES: Final = 20_000
MOST_DEPTH: Final = 16
"""Folders below each other."""
MOST_TOTAL: Final = 1_073_741_824
"""Bytes of all files together."""
_TICK: Final = 50_000_000
"""Nanoseconds. A file that was changed so short a time before it was read may change again and look the same."""
_ROOT: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@final
@attrs.frozen(kw_only=True)
class Root(Data):
    """A folder of files, and the beginning of their names."""

    folder: Path
    prefix: str = ""
    only: frozenset[str] | None = None
    """These files of the folder itself; None for all that end in ``.md``, at any depth."""
    without: frozenset[str] = frozenset()
    """Files and folders of the folder itself that do not belong to it."""


@final
@attrs.frozen(kw_only=True)
class Survey(Data):
    """What was seen. Names are sorted."""

    changed: tuple[str, ...]
    """New, or not as they were; perhaps only their times."""
    vanished: tuple[str, ...]
    problems: Mapping[str, str]
    """Files and folders that cannot be read, each with the reason. What is known of them stays as it is."""


@final
class _Walk:
    """One look at all roots; it stops adding where there is too much."""

    def __init__(self) -> None:
        self.seen: dict[str, str] = {}
        self.problems: dict[str, str] = {}
        self._total = 0

    def root(self, root: Root) -> None:
        try:
            handle = os.open(root.folder, _ROOT)
        except FileNotFoundError:
            return
        except OSError as error:
            self.problems[root.prefix or "."] = reason(error)
            return
        try:
            self._folder(handle, root.prefix, root.only, 1, root.without)
        finally:
            os.close(handle)

    def _folder(
        self,
        handle: int,
        prefix: str,
        only: frozenset[str] | None,
        depth: int,
        without: frozenset[str] = frozenset(),
    ) -> None:
        folders: list[str] = []
        with os.scandir(handle) as entries:
            for entry in entries:
                if entry.name in without or (only is not None and entry.name not in only):
                    continue
                if only is None and entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                elif entry.name.endswith(".md") and entry.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):  # it is gone since
                        self._file(prefix + entry.name, entry.stat(follow_symlinks=False))
        for name in sorted(folders):
            self._below(handle, name, f"{prefix}{name}/", depth + 1)

    def _below(self, parent: int, name: str, prefix: str, depth: int) -> None:
        if depth > MOST_DEPTH:
            self.problems[prefix] = f"it is deeper than {MOST_DEPTH} folders"
            return
        try:
            handle = os.open(name, _FOLDER, dir_fd=parent)
        except FileNotFoundError:
            return
        except OSError as error:
            self.problems[prefix] = reason(error)
            return
        try:
            self._folder(handle, prefix, None, depth)
        finally:
            os.close(handle)

    def _file(self, name: str, found: os.stat_result) -> None:
        if not _is_text(name):
            self.problems[ascii(name)] = "its name is no text"
        elif found.st_size > LARGEST:
            self.problems[name] = f"it is larger than {LARGEST} bytes"
        elif len(self.seen) >= MOST_FILES or self._total + found.st_size > MOST_TOTAL:
            self.problems[name] = f"there are more than {MOST_FILES} files or {MOST_TOTAL} bytes"
        else:
            self._total += found.st_size
            self.seen[name] = _look_of(found)


def survey(roots: Sequence[Root], known: Mapping[str, str | None]) -> Survey:
    """Compare the files below `roots` with their stamps of before."""
    walk = _Walk()
    for root in roots:
        walk.root(root)
    seen = walk.seen
    return Survey(
        changed=tuple(
            sorted(name for name in seen if (known.get(name) or "").rpartition(" ")[0] != seen[name])
        ),
        vanished=tuple(
            sorted(name for name in known if name not in seen and not _in_doubt(name, walk.problems))
        ),
        problems=walk.problems,
    )


def stamp(found: os.stat_result, content: bytes, *, now: int) -> str:
    """How a file looks that has this content. One changed a moment ago is looked at once more: it may change unseen."""
    look = _look_of(found) if max(found.st_mtime_ns, found.st_ctime_ns) < now - _TICK else "again"
    return f"{look} {hashlib.blake2b(content, digest_size=16).hexdigest()}"


def is_same_text(before: str | None, after: str) -> bool:
    """Whether two stamps are of the same content."""
    return before is not None and before.rpartition(" ")[2] == after.rpartition(" ")[2]


def _look_of(found: os.stat_result) -> str:
    return f"{found.st_mtime_ns} {found.st_ctime_ns} {found.st_size} {found.st_ino}"


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _in_doubt(name: str, problems: Mapping[str, str]) -> bool:
    """Whether nothing can be said about a file, because it or a folder above it could not be read."""
    return any(each in {name, "."} or (each.endswith("/") and name.startswith(each)) for each in problems)


def reason(error: OSError) -> str:
    """Why something cannot be read."""
    if error.errno in {errno.ELOOP, errno.ENOTDIR}:
        return "it is a symbolic link, or became one"
    return os.strerror(error.errno or errno.EIO)
