"""Skills on the disk: a folder each, with ``SKILL.md`` and perhaps other files.

A skill comes into its place, and leaves it, by one rename; what is being made or thrown away has a name with a dot,
which no skill has. Symbolic links are not followed, wherever they are.
"""

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, final

import attrs

from actors import atomic
from actors.skills.messages import Resource
from bus import Data

MAIN: Final = "SKILL.md"
LARGEST_MAIN: Final = 256 * 1024
"""Bytes of a ``SKILL.md``."""
LARGEST: Final = 20 * 1024 * 1024
"""Bytes of all files of a skill."""
MOST: Final = 1000
"""Files of a skill."""
DEEPEST: Final = 12
"""Folders within each other."""
PASSED_OVER: Final = frozenset(
    {".git", "__pycache__", "node_modules", ".DS_Store", "__MACOSX", ".venv", f".{MAIN}.new"}
)
"""Names that are no part of a skill; the last is what a crash leaves of a ``SKILL.md`` that was being replaced."""
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Unusable(Exception):
    """A folder is no skill that can be used, or a file none that can be read. The text is for people."""


@final
@attrs.frozen
class File(Data):
    data: bytes = attrs.field(repr=False)
    executable: bool = False


Tree = Mapping[str, File]
"""All files of a skill by their paths, with forward slashes."""


@final
@attrs.frozen
class Stamp(Data):
    """What changes when the ``SKILL.md`` of a folder does."""

    mtime: int
    """Nanoseconds."""
    size: int
    inode: int
    fault: str | None = None
    """Why the folder cannot be used."""


def stamps(root: Path) -> dict[str, Stamp]:
    """By name the folders that hold a ``SKILL.md``, and links in the place of one. Nothing is opened."""
    found: dict[str, Stamp] = {}
    try:
        with os.scandir(root) as entries:
            for entry in entries:
                if not entry.name.startswith(".") and (stamp := _stamp(entry)) is not None:
                    found[entry.name] = stamp
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return dict(sorted(found.items()))


def _stamp(entry: os.DirEntry[str]) -> Stamp | None:
    main = os.path.join(entry.path, MAIN)  # noqa: PTH118 - this runs for each skill in each turn
    try:
        if entry.is_symlink():
            is_skill = os.path.exists(main)  # noqa: PTH110 - likewise
            return (
                Stamp(0, 0, 0, "its folder is a symbolic link, which is not followed") if is_skill else None
            )
        if not entry.is_dir(follow_symlinks=False):
            return None
        at = os.lstat(main)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return Stamp(0, 0, 0, f"it cannot be read: {error.strerror}")
    fault = None
    if not stat.S_ISREG(at.st_mode):
        fault = f"its {MAIN} is no regular file"
    elif at.st_size > LARGEST_MAIN:
        fault = f"its {MAIN} has {at.st_size} bytes, of which {LARGEST_MAIN} are allowed"
    return Stamp(at.st_mtime_ns, at.st_size, at.st_ino, fault)


# --- reading ------------------------------------------------------------------------------------------------


def read_main(folder: Path) -> bytes:
    """The ``SKILL.md`` of a skill. Raises Unusable."""
    return read_file(folder, MAIN, LARGEST_MAIN)


def read_file(folder: Path, path: str, limit: int = LARGEST) -> bytes:
    """A regular file of a skill, opened name by name so that no link leads out. Raises Unusable."""
    names = path.split("/")
    if not all(names) or {".", ".."} & set(names) or "\0" in path or len(names) > DEEPEST:
        raise Unusable(f"{path!r} is no path of a file in a skill")
    handles: list[int] = []
    try:
        handles.append(os.open(folder, _FOLDER))
        for name in names[:-1]:
            handles.append(os.open(name, _FOLDER, dir_fd=handles[-1]))
        with os.fdopen(os.open(names[-1], _FILE, dir_fd=handles[-1]), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Unusable(f"{path} is no regular file")
            data = file.read(limit + 1)
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {_said(error)}") from error
    except ValueError as error:  # a name that no file system takes
        raise Unusable(f"{path!r} is no path of a file in a skill") from error
    finally:
        for handle in handles:
            os.close(handle)
    if len(data) > limit:
        raise Unusable(f"{path} has more than {limit} bytes")
    return data


def _said(error: OSError) -> str:
    return "it is a symbolic link" if error.errno == errno.ELOOP else str(error.strerror)


def resources(folder: Path) -> tuple[Resource, ...]:
    """The files beside ``SKILL.md``, by path. Raises Unusable where there are too many."""
    found = [
        Resource(path=path, size=at.st_size, executable=bool(at.st_mode & stat.S_IXUSR))
        for path, at in _walk(folder)
        if path != MAIN
    ]
    return tuple(sorted(found, key=lambda each: each.path))


def _walk(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Paths of regular files; links, what is neither file nor folder, and names nobody can read are passed over."""
    pending, count = [""], 0
    while pending:
        inside = pending.pop()
        if inside.count("/") > DEEPEST:
            raise Unusable(f"its folders are deeper than {DEEPEST}")
        with os.scandir(folder / inside) as entries:
            for entry in sorted(entries, key=lambda each: each.name):
                if entry.name in PASSED_OVER or not entry.name.isprintable():
                    continue
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"{inside}{entry.name}/")
                elif entry.is_file(follow_symlinks=False):
                    count += 1
                    if count > MOST:
                        raise Unusable(f"it has more than {MOST} files")
                    yield f"{inside}{entry.name}", entry.stat(follow_symlinks=False)


def read_tree(folder: Path) -> Tree:
    """All files of a skill. Raises Unusable."""
    tree: dict[str, File] = {}
    left = LARGEST
    try:
        for path, at in _walk(folder):
            data = read_file(folder, path, LARGEST_MAIN if path == MAIN else LARGEST)
            left -= len(data)
            if left < 0:
                raise Unusable(f"its files have more than {LARGEST} bytes")
            tree[path] = File(data, bool(at.st_mode & stat.S_IXUSR))
    except OSError as error:
        raise Unusable(f"it cannot be read: {error.strerror}") from error
    return dict(sorted(tree.items()))


def digest(tree: Tree) -> str:
    """SHA-256 over paths, permissions and contents."""
    whole = hashlib.sha256()
    for path, file in sorted(tree.items()):
        inside = hashlib.sha256(file.data).hexdigest()
        whole.update(f"{path}\0{int(file.executable)}\0{inside}\n".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


# --- changing -----------------------------------------------------------------------------------------------


def put(root: Path, name: str, tree: Tree) -> None:
    """Put a skill into its place, whatever is there; on the disk when this returns. Raises OSError."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = root / name
    if _differ_in_main_alone(target, tree):
        atomic.write(target / MAIN, tree[MAIN].data)
        return
    fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=root))
    try:
        fresh.chmod(0o755)
        _fill(fresh, tree)
        _out_of_the_way(target)
        fresh.rename(target)
        atomic.sync(root)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        clear(root)


def remove(root: Path, name: str) -> None:
    """Take a skill away; gone from the disk when this returns. Raises OSError."""
    _out_of_the_way(root / name)
    if root.is_dir():
        atomic.sync(root)
        clear(root)


def clear(root: Path) -> None:
    """Throw away what was being made or thrown away when the process ended. What cannot be, stays."""
    with suppress(OSError):
        for left in [*root.glob(".new-*"), *root.glob(".old-*")]:
            shutil.rmtree(left, ignore_errors=True)


def _differ_in_main_alone(target: Path, tree: Tree) -> bool:
    """Whether one file has to be replaced, so that there is no moment at which the skill is not there."""
    try:
        if target.is_symlink() or not target.is_dir():
            return False
        there = read_tree(target)
    except Unusable:
        return False
    rest = {path: file for path, file in tree.items() if path != MAIN}
    return MAIN in there and {path: file for path, file in there.items() if path != MAIN} == rest


def _fill(folder: Path, tree: Tree) -> None:
    for path, file in tree.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(target, file.data, mode=0o755 if file.executable else 0o644)


def _out_of_the_way(target: Path) -> None:
    """Rename what is there; a link itself, never what it points to."""
    with suppress(FileNotFoundError):
        if target.is_symlink():
            target.unlink()
        else:
            aside = Path(tempfile.mkdtemp(prefix=".old-", dir=target.parent))
            target.rename(aside / "it")
