"""Confinement: from a path somebody wrote to a place inside home, with no moment in which it could be swapped.

Nothing is opened by its full path. Each directory is opened by name from the one before, without following symbolic
links, so a directory that is exchanged for a link meanwhile is noticed, not entered. A link is followed by reading
it and walking its target by the same rules: it may lead anywhere inside home, never out of it. ``..`` in a target
closes the innermost directory, so the walk cannot climb above home, where it began.
"""

import errno
import os
import re
import stat
import unicodedata
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, final

import attrs

from actors.tools.messages import (
    FileNotFound,
    FileSystemRefused,
    InvalidPath,
    IsADirectory,
    NotADirectory,
    NotARegularFile,
)

PRIVATE = ".starpod"
"""Refused as a name at any depth: the agent's own data, and what would make a folder look like an instance."""
MAX_LINKS = 40
MAX_DEPTH = 50
"""Directories below each other; each is one open descriptor during a walk."""
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


# --- names ------------------------------------------------------------------------------------------------


def components(path: str) -> list[str]:
    """The names a path consists of, ``.`` and empty ones left out; empty for home itself. Raises InvalidPath."""
    if "\0" in path:
        raise InvalidPath(path=path, reason="it contains a NUL character")
    if path.startswith(("/", "\\", "~/")) or path == "~":
        raise InvalidPath(
            path=path, reason="Absolute paths are not allowed; paths are relative to the home folder"
        )
    if ".." in re.split(r"[/\\]", path):
        raise InvalidPath(
            path=path,
            reason="Path traversal (..) is not allowed; memory and configuration are reached through their own tools",
        )
    if any(is_private(name) for name in re.split(r"[/\\]", path)):
        raise _private(path)
    return [name for name in path.split("/") if name not in ("", ".")]


def is_private(name: str) -> bool:
    """Whether a file system may take this name for ``.starpod``: case, width, invisible characters, final dots."""
    if name.isascii():
        return name.rstrip(". ").lower() == PRIVATE
    plain = "".join(
        char for char in unicodedata.normalize("NFKC", name) if unicodedata.category(char) != "Cf"
    )
    return plain.casefold().rstrip(". ") == PRIVATE


def _private(path: str) -> InvalidPath:
    return InvalidPath(
        path=path,
        reason=f"Cannot access {PRIVATE}/; memory and configuration are reached through their own tools",
    )


def _outside(path: str) -> InvalidPath:
    return InvalidPath(path=path, reason=f"{path} resolves outside the sandbox")


@contextmanager
def translated(path: str) -> Generator[None, None, None]:
    """Turn what the operating system says about `path` into the errors of the front door."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFound(path=path) from error
    except NotADirectoryError as error:
        raise NotADirectory(path=path) from error
    except IsADirectoryError as error:
        raise IsADirectory(path=path) from error
    except UnicodeEncodeError as error:
        raise InvalidPath(path=path, reason="it contains characters that no file name can have") from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise InvalidPath(path=path, reason="a name in it is too long") from error
        if error.errno == errno.ELOOP:
            raise InvalidPath(path=path, reason=f"{path} was exchanged for a link meanwhile") from error
        raise FileSystemRefused(path=path, reason=os.strerror(error.errno or errno.EIO)) from error


# --- places -----------------------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Place:
    """A name in an open directory inside home. What the name stands for may change; the directory may not."""

    path: str
    """As it was asked for, normalised; ``.`` for home."""
    directory: int
    """Descriptor, open while the place is."""
    name: str
    """A single name, or ``.`` when the place is a directory the walk stands in."""
    real: tuple[str, ...]
    """The names from home to here without symbolic links, as the walk found them."""

    def stat(self) -> os.stat_result:
        """Of the name itself, never of what a link points to. Raises OSError."""
        return os.stat(self.name, dir_fd=self.directory, follow_symlinks=False)

    def open(self) -> BinaryIO:
        """The regular file here, for reading. Raises OSError, IsADirectory or NotARegularFile, without waiting."""
        self.require_regular(self.stat())
        file = os.fdopen(os.open(self.name, _FILE, dir_fd=self.directory), "rb")
        try:
            self.require_regular(os.fstat(file.fileno()))
        except BaseException:
            file.close()
            raise
        return file

    def require_regular(self, found: os.stat_result) -> None:
        """Raises IsADirectory or NotARegularFile."""
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectory(path=self.path)
        if not stat.S_ISREG(found.st_mode):
            raise NotARegularFile(path=self.path)


@final
class Home:
    """The agent's home folder. Holds no descriptor between two calls."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def place(self, path: str, *, follow: bool = True, create: bool = False) -> Generator[Place, None, None]:
        """Walk to the last name of `path`, which need not exist.

        Args:
          path: relative to home.
          follow: walk through symbolic links that stay in home, one at the end included. Otherwise links on the
            way are refused and one at the end is the place itself.
          create: make missing directories on the way.

        Errors of the operating system inside the block are translated too: FileNotFound, NotADirectory,
        IsADirectory, InvalidPath or FileSystemRefused.
        """
        names = components(path)
        shown = "/".join(names) or "."
        walk = _Walk(self._open(shown), self.root, shown, follow=follow, create=create)
        try:
            with translated(shown):
                yield walk.to(names)
        finally:
            walk.close()

    def _open(self, shown: str) -> int:
        try:
            return os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise FileSystemRefused(
                path=shown, reason=f"the home folder cannot be opened: {error.strerror}"
            ) from error

    @contextmanager
    def directory(self, path: str) -> Generator[Place, None, None]:
        """An open directory, as the place ``.`` in it. Raises NotADirectory, InvalidPath, FileSystemRefused."""
        try:
            with self.place(path) as place:
                handle = os.open(place.name, _DIRECTORY, dir_fd=place.directory)
                try:
                    yield attrs.evolve(place, directory=handle, name=".", real=(*place.real, "."))
                finally:
                    os.close(handle)
        except FileNotFound as error:
            raise NotADirectory(path=error.path, missing=True) from error


@final
class _Walk:
    """One way down from home: the directories entered so far, each opened from the one before."""

    def __init__(self, handle: int, root: Path, shown: str, *, follow: bool, create: bool) -> None:
        self._root = root
        self._shown = shown
        self._follow = follow
        self._create = create
        self._names: list[str] = []
        self._handles = [handle]

    def close(self) -> None:
        while self._handles:
            os.close(self._handles.pop())

    def to(self, names: list[str]) -> Place:
        """Enter all but the last name. Raises OSError or InvalidPath."""
        todo = names[::-1]
        links = 0
        while todo:
            name = todo.pop()
            if name == "..":
                self._leave()
                continue
            if is_private(name):
                raise _private(self._shown)
            target = self._target(name) if todo or self._follow else None
            if target is not None:
                links += 1
                if links > MAX_LINKS:
                    raise InvalidPath(path=self._shown, reason=f"{self._shown} goes through too many links")
                todo.extend(reversed(self._names_of(target)))
            elif todo:
                self._enter(name)
            else:
                return self._place(name)
        return self._place(".")

    def _place(self, name: str) -> Place:
        real = (*self._names, name)
        return Place(path=self._shown, directory=self._handles[-1], name=name, real=real)

    def _target(self, name: str) -> str | None:
        """Where the link `name` points to, None when it is no link or does not exist."""
        try:
            target = os.readlink(name, dir_fd=self._handles[-1])
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOENT):
                return None
            raise
        if not self._follow:
            raise InvalidPath(path=self._shown, reason=f"{self._shown} leads through a symbolic link")
        return target

    def _names_of(self, target: str) -> list[str]:
        """The names of a link's target, from where the walk stands; an absolute one starts at home again."""
        if target.startswith("/"):
            target = self._below_home(target)
            while self._names:
                self._leave()
        return [name for name in target.split("/") if name not in ("", ".")]

    def _below_home(self, target: str) -> str:
        for root in (self._root.resolve(), self._root.absolute()):
            if f"{target}/".startswith(f"{root}/"):
                return target[len(str(root)) :]
        raise _outside(self._shown)

    def _enter(self, name: str) -> None:
        if len(self._names) >= MAX_DEPTH:
            raise InvalidPath(path=self._shown, reason=f"{self._shown} is deeper than {MAX_DEPTH} folders")
        parent = self._handles[-1]
        try:
            handle = os.open(name, _DIRECTORY, dir_fd=parent)
        except FileNotFoundError:
            if not self._create:
                raise
            with suppress(FileExistsError):
                os.mkdir(name, 0o755, dir_fd=parent)
            os.fsync(parent)
            handle = os.open(name, _DIRECTORY, dir_fd=parent)
        self._handles.append(handle)
        self._names.append(name)

    def _leave(self) -> None:
        if not self._names:
            raise _outside(self._shown)
        self._names.pop()
        os.close(self._handles.pop())
