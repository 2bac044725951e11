"""Confinement: from a path somebody wrote to a place inside home, with no moment in which it could be swapped.

Nothing is opened by its full path. Each directory is opened by name from the one before, without following symbolic
links, so a directory that is exchanged for a link meanwhile is noticed, not entered. A link is followed by reading
it and walking its target by the same rules: it may lead anywhere inside home, never out of it. ``..`` in a target
closes the innermost directory, so the walk cannot climb above home, where it began.
"""

import errno
import os
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, final

import attrs

from actors import atomic
from actors.tools import names
from actors.tools.messages import (
    AmbiguousName,
    FileNotFound,
    FileSystemRefused,
    InvalidPath,
    IsADirectory,
    NotADirectory,
    NotARegularFile,
)
from bus import Data

GoOn = Callable[[], None]
"""Called between pieces of work that may take long. It raises when nobody waits for the work any more."""
MAX_LINKS = 40
MAX_DEPTH = 50
"""Directories below each other; each is one open descriptor during a walk."""
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


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
class Place(Data):
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
    """The agent's home folder, as one user may see it. Holds no descriptor between two calls."""

    def __init__(self, root: Path, user: str | None = None) -> None:
        """Of the folder of uploads only what `user` has sent is there; all of it for None, who is us."""
        self.root = root
        self.user = user

    def relative(self, path: str) -> str:
        """A path that may be absolute, or begin with ``~/``, from home on. Raises InvalidPath for one elsewhere."""
        if path == "~" or path.startswith("~/"):
            return path[2:] or "."
        return self.below(path, path).lstrip("/") or "." if path.startswith("/") else path

    def below(self, path: str, asked: str) -> str:
        """What follows home in an absolute path. Raises InvalidPath, naming what was `asked`, for one elsewhere."""
        for root in (self.root.resolve(), self.root.absolute()):
            if f"{path}/".startswith(f"{root}/"):
                return path[len(str(root)) :]
        raise _outside(asked)

    def of(self, user: str) -> "Home":
        """The same as this user may see it."""
        return Home(self.root, user)

    def shows(self, real: tuple[str, ...]) -> bool:
        """Whether what lies there, by its names without links, is for this user."""
        first, *rest = real or (".",)
        if self.user is None or not rest or not names.is_uploads(first):
            return True
        return rest[0] in {self.user, "."}

    @contextmanager
    def place(
        self, path: str, *, follow: bool = True, create: bool = False, alike: bool = True
    ) -> Generator[Place, None, None]:
        """Walk to the last name of `path`, which need not exist.

        Args:
          path: relative to home.
          follow: walk through symbolic links that stay in home, one at the end included. Otherwise links on the
            way are refused and one at the end is the place itself.
          create: make missing directories on the way.
          alike: where there is no such name but one that looks like it, go there. It reads whole directories.

        Errors of the operating system inside the block are translated too: FileNotFound, NotADirectory,
        IsADirectory, AmbiguousName, InvalidPath or FileSystemRefused.
        """
        asked = names.components(path)
        shown = "/".join(asked) or "."
        walk = _Walk(self._open(shown), self, shown, follow=follow, create=create, alike=alike)
        try:
            with translated(shown):
                yield walk.to(asked)
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
    def directory(
        self, path: str, *, alike: bool = True, follow: bool = True
    ) -> Generator[Place, None, None]:
        """An open directory, as the place ``.`` in it. Raises NotADirectory, InvalidPath, FileSystemRefused."""
        try:
            with self.place(path, alike=alike, follow=follow) as place:
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

    def __init__(
        self, handle: int, home: Home, shown: str, *, follow: bool, create: bool, alike: bool
    ) -> None:
        self._home = home
        self._shown = shown
        self._follow = follow
        self._create = create
        self._alike = alike
        self._names: list[str] = []
        self._handles = [handle]

    def close(self) -> None:
        while self._handles:
            os.close(self._handles.pop())

    def to(self, asked: list[str]) -> Place:
        """Enter all but the last name. Raises OSError, AmbiguousName or InvalidPath."""
        todo = [(name, True) for name in reversed(asked)]
        links = 0
        while todo:
            name, is_asked = todo.pop()
            if name == "..":
                self._leave()
                continue
            if is_asked and self._home.shows((*self._names, name)):
                name = self._found(name)
            if not self._home.shows((*self._names, name)):
                raise FileNotFound(path=self._shown)
            if names.is_private(name):
                raise names.private(self._shown)
            target = self._target(name) if todo or self._follow else None
            if target is not None:
                links += 1
                if links > MAX_LINKS:
                    raise InvalidPath(path=self._shown, reason=f"{self._shown} goes through too many links")
                todo.extend((each, False) for each in reversed(self._names_of(target)))
            elif todo:
                self._enter(name)
            else:
                return self._place(name)
        return self._place(".")

    def _found(self, asked: str) -> str:
        """The name in the innermost directory that is meant; as asked when there is none."""
        for name in dict.fromkeys((names.written(asked), asked)):
            if self._exists(name):
                return name
        if not self._alike:
            return asked
        like = names.alike(asked)
        with os.scandir(self._handles[-1]) as entries:
            found = sorted(each.name for each in entries if names.alike(each.name) == like)
        if len(found) > 1:
            shown = tuple(names.shown(os.fsencode(each)) for each in found)
            raise AmbiguousName(path=self._shown, candidates=shown)
        return found[0] if found else asked

    def _exists(self, name: str) -> bool:
        try:
            os.stat(name, dir_fd=self._handles[-1], follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

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
            target = self._home.below(target, self._shown)
            while self._names:
                self._leave()
        return [name for name in target.split("/") if name not in ("", ".")]

    def _enter(self, name: str) -> None:
        if len(self._names) >= MAX_DEPTH:
            raise InvalidPath(path=self._shown, reason=f"{self._shown} is deeper than {MAX_DEPTH} folders")
        handle = atomic.enter(self._handles[-1], name, create=self._create)
        self._handles.append(handle)
        self._names.append(name)

    def _leave(self) -> None:
        if not self._names:
            raise _outside(self._shown)
        self._names.pop()
        os.close(self._handles.pop())
