"""Notes on the disk. Folders are opened one from the other and links are never followed, so no name leads out."""

import errno
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, final

import attrs

from actors import atomic
from actors.memory import names
from actors.memory.messages import LARGEST, BadName, Entry, TooLarge
from actors.memory.names import Name

DEEPEST: Final = 16
"""Folders below each other in which notes are looked for."""
PRIVATE: Final = 0o600
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_FOLDER: Final = {errno.ENOTDIR, errno.ELOOP}


@final
@attrs.frozen
class Folder:
    """The folder of a level. Each call opens what it needs and leaves nothing open. Raises OSError, as said below."""

    root: Path

    def read(self, name: Name) -> bytes | None:
        """The note; None where there is none. Raises BadName for what is no file, TooLarge."""
        with self._parent(name) as parent:
            return None if parent is None else self._content(name, parent)

    def write(self, name: Name, data: bytes) -> None:
        """Replace or make the note in one step; on the disk when this returns. Raises BadName."""
        with self._parent(name, create=True) as parent:
            assert parent is not None  # noqa: S101 - it was made
            last = name.path[-1]
            found = _stat(parent, last)
            if found is None:
                _refuse_twins(name, parent, last)
            else:
                _require_file(name, found)
            mode = PRIVATE if found is None else stat.S_IMODE(found.st_mode) & 0o777
            atomic.fill(parent, last, lambda file: file.write(data), mode=mode)

    def delete(self, name: Name) -> None:
        """Remove the note, if there is one. Raises BadName for what is no file."""
        with self._parent(name) as parent:
            if parent is None or (found := _stat(parent, name.path[-1])) is None:
                return
            _require_file(name, found)
            os.unlink(name.path[-1], dir_fd=parent)
            os.fsync(parent)

    def stat(self, name: Name) -> os.stat_result | None:
        """Of the note itself; None where there is none."""
        with self._parent(name) as parent:
            return None if parent is None else _stat(parent, name.path[-1])

    def changed(self, name: Name) -> datetime | None:
        """When it was changed last; None where there is none."""
        found = self.stat(name)
        return None if found is None else datetime.fromtimestamp(found.st_mtime, UTC)

    def clear(self) -> None:
        """Remove what writes that were cut short have left behind."""
        for _, _, files, folder in os.fwalk(self.root, follow_symlinks=False):
            for each in files:
                if atomic.is_temporary(each):
                    os.unlink(each, dir_fd=folder)

    # --- the way there --------------------------------------------------------------------------------------

    @contextmanager
    def _parent(self, name: Name, *, create: bool = False) -> Generator[int | None]:
        """The folder that a note lies in; None where there is none."""
        handle = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for part in name.path[:-1]:
            below = self._enter(name, handle, part, create=create)
            if below is None:
                yield None
                return
            handle = below
        try:
            yield handle
        finally:
            os.close(handle)

    def _enter(self, name: Name, parent: int, part: str, *, create: bool) -> int | None:
        """Exchange an open folder for one in it."""
        try:
            if create and _stat(parent, part) is None:
                _refuse_twins(name, parent, part)
            return atomic.enter(parent, part, create=create)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno in _NO_FOLDER:
                raise BadName(name=name.text, reason=f"{part} is no folder") from error
            raise
        finally:
            os.close(parent)

    def _content(self, name: Name, parent: int) -> bytes | None:
        last = name.path[-1]
        found = _stat(parent, last)
        if found is None:
            return None
        _require_file(name, found)
        try:
            handle = os.open(last, _FILE, dir_fd=parent)
        except FileNotFoundError:
            return None
        with os.fdopen(handle, "rb") as file:
            _require_file(name, os.fstat(file.fileno()))
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise TooLarge(name=name.text, size=found.st_size, limit=LARGEST)
        return data


def _stat(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _require_file(name: Name, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        what = "a link" if stat.S_ISLNK(found.st_mode) else "no regular file"
        raise BadName(name=name.text, reason=f"there is {what} of that name")


def _refuse_twins(name: Name, folder: int, part: str) -> None:
    """Make nothing that another file system could not tell from what is there."""
    meant = names.plain(part)
    with os.scandir(folder) as entries:
        for each in entries:
            if names.plain(each.name) == meant and each.name != part:
                raise BadName(name=name.text, reason=f"there is {each.name} already")


# --- all of them ------------------------------------------------------------------------------------------------


def listing(user: Folder, agent: Folder, *, may_change_agents: bool) -> tuple[Entry, ...]:
    """The notes of both levels, the agent's first, by name."""
    lifecycle = [names.checked(each) for each in names.LIFECYCLE]
    shared = [names.Name(f"{names.SHARED}/{each}", "agent") for each in _below(agent.root / names.SHARED)]
    own = [names.Name(each, "user") for each in _below(user.root)]
    found = [
        *(_entry(agent, each, writable=may_change_agents) for each in (*lifecycle, *shared)),
        *(_entry(user, each, writable=True) for each in own),
    ]
    return tuple(each for each in found if each is not None)


def _below(root: Path) -> list[str]:
    """Paths of Markdown files, in order."""
    found: list[str] = []
    for at, folders, files in os.walk(root, followlinks=False):
        where = Path(at).relative_to(root)
        if len(where.parts) >= DEEPEST:
            folders.clear()
        found += [(where / each).as_posix() for each in files if each.endswith(".md")]
    return sorted(found)


def _entry(folder: Folder, name: Name, *, writable: bool) -> Entry | None:
    """What a listing says of a note; None for what has no proper name or is no file."""
    try:
        names.checked(name.text)
        found = folder.stat(name)
    except BadName:
        return None
    if found is None or not stat.S_ISREG(found.st_mode):
        return None
    changed = datetime.fromtimestamp(found.st_mtime, UTC)
    return Entry(name=name.text, size=found.st_size, changed_at=changed, level=name.level, writable=writable)
