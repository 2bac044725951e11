"""Which files on the disk are not as the index knows them. Nothing here follows a symbolic link.

A file whose times, size and inode are what they were is not opened.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, final

import attrs

MOST_BYTES: Final = 1_048_576
"""Of one file."""
MOST_FILES: Final = 20_000
MOST_DEPTH: Final = 16
"""Folders below each other."""
MOST_TOTAL: Final = 1_073_741_824
"""Bytes of all files together."""
_TICK: Final = 50_000_000
"""Nanoseconds. A file that was changed so short a time before it was read may change again and look the same."""
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@final
@attrs.frozen(kw_only=True)
class Root:
    """A folder of files, and the beginning of their names."""

    folder: Path
    prefix: str = ""
    only: frozenset[str] | None = None
    """These files of the folder itself; None for all that end in ``.md``, at any depth."""


@final
@attrs.frozen(kw_only=True)
class Survey:
    """What was seen. Names are sorted."""

    changed: tuple[str, ...]
    """New, or not as they were; perhaps only their times."""
    vanished: tuple[str, ...]
    problems: Mapping[str, str]
    """Files and folders that cannot be read, each with the reason. What is known of them stays as it is."""


@final
@attrs.frozen(kw_only=True)
class Loaded:
    """The text of a file, and how it looked then."""

    text: str
    stamp: str


@final
class Unreadable(Exception):
    """A file cannot be a memory; the text says why."""


@final
class _Walk:
    """One look at all roots; it stops adding where there is too much."""

    def __init__(self) -> None:
        self.seen: dict[str, str] = {}
        self.problems: dict[str, str] = {}
        self._total = 0

    def root(self, root: Root) -> None:
        try:
            handle = os.open(root.folder, _FOLDER)
        except FileNotFoundError:
            return
        except OSError as error:
            self.problems[root.prefix or "."] = _reason(error)
            return
        try:
            self._folder(handle, root.prefix, root.only, 1)
        finally:
            os.close(handle)

    def _folder(self, handle: int, prefix: str, only: frozenset[str] | None, depth: int) -> None:
        folders: list[str] = []
        with os.scandir(handle) as entries:
            for entry in entries:
                if only is not None and entry.name not in only:
                    continue
                if only is None and entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                elif entry.name.endswith(".md") and entry.is_file(follow_symlinks=False):
                    self._file(prefix + entry.name, entry.stat(follow_symlinks=False))
        for name in sorted(folders):
            self._below(handle, name, f"{prefix}{name}/", depth + 1)

    def _below(self, parent: int, name: str, prefix: str, depth: int) -> None:
        if depth > MOST_DEPTH:
            self.problems[prefix] = f"it is deeper than {MOST_DEPTH} folders"
            return
        try:
            handle = os.open(name, _FOLDER, dir_fd=parent)
        except OSError as error:
            self.problems[prefix] = _reason(error)
            return
        try:
            self._folder(handle, prefix, None, depth)
        finally:
            os.close(handle)

    def _file(self, name: str, found: os.stat_result) -> None:
        if not _is_text(name):
            self.problems[ascii(name)] = "its name is no text"
        elif found.st_size > MOST_BYTES:
            self.problems[name] = f"it is larger than {MOST_BYTES} bytes"
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


def load(roots: Sequence[Root], name: str, *, now: int) -> Loaded:
    """Read one file that a survey named. Raises Unreadable, or FileNotFoundError when it is gone.

    Args:
      roots: those of the survey.
      name: as the survey has it.
      now: nanoseconds since 1970, by the clock that files get their times from.
    """
    root = next(root for root in roots if _holds(root, name))
    try:
        with _opened(root.folder, name.removeprefix(root.prefix).split("/")) as handle:
            found = os.fstat(handle)
            content = _content(handle, found)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unreadable(_reason(error)) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"byte {error.start} of it is not UTF-8") from error
    return Loaded(text=text, stamp=stamp(found, content, now=now))


def stamp(found: os.stat_result, content: bytes, *, now: int) -> str:
    """How a file looks that has this content. One changed a moment ago is looked at once more: it may change unseen."""
    look = _look_of(found) if max(found.st_mtime_ns, found.st_ctime_ns) < now - _TICK else "again"
    return f"{look} {hashlib.blake2b(content, digest_size=16).hexdigest()}"


def is_same_text(before: str | None, after: str) -> bool:
    """Whether two stamps are of the same content."""
    return before is not None and before.rpartition(" ")[2] == after.rpartition(" ")[2]


def _look_of(found: os.stat_result) -> str:
    return f"{found.st_mtime_ns} {found.st_ctime_ns} {found.st_size} {found.st_ino}"


def _holds(root: Root, name: str) -> bool:
    rest = name.removeprefix(root.prefix)
    return name.startswith(root.prefix) and (root.only is None or rest in root.only)


@contextmanager
def _opened(folder: Path, names: Sequence[str]) -> Generator[int]:
    """The file at the end of a way on which nothing is a link."""
    handle = os.open(folder, _FOLDER)
    try:
        for name in names[:-1]:
            below = os.open(name, _FOLDER, dir_fd=handle)
            os.close(handle)
            handle = below
        file = os.open(names[-1], _FILE, dir_fd=handle)
    finally:
        os.close(handle)
    try:
        yield file
    finally:
        os.close(file)


def _content(handle: int, found: os.stat_result) -> bytes:
    if not stat.S_ISREG(found.st_mode):
        raise Unreadable("it is no file")
    with os.fdopen(handle, "rb", closefd=False) as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Unreadable(f"it is larger than {MOST_BYTES} bytes")
    return content


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _in_doubt(name: str, problems: Mapping[str, str]) -> bool:
    """Whether nothing can be said about a file, because it or a folder above it could not be read."""
    return any(each in {name, "."} or (each.endswith("/") and name.startswith(each)) for each in problems)


def _reason(error: OSError) -> str:
    if error.errno in {errno.ELOOP, errno.ENOTDIR}:
        return "it is a symbolic link, or became one"
    return os.strerror(error.errno or errno.EIO)
