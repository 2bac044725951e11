"""Notes on the disk. Folders are opened one from the other and links are never followed, so no name leads out."""

import errno
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, final

import attrs

from actors import atomic
from actors.memory import look, names
from actors.memory.edits import etag
from actors.memory.look import Root
from actors.memory.messages import LARGEST, BadName, Entry, TooLarge
from actors.memory.names import Name
from actors.vocabulary import BadUserId, user_id
from bus import Data

PRIVATE: Final = 0o600
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_FOLDER: Final = {errno.ENOTDIR, errno.ELOOP}
_NO_FILE: Final = {errno.ELOOP, errno.ENXIO}
"""What a link and a socket answer who would open them."""


@final
@attrs.frozen
class Seen(Data):
    """A note as it was on the disk."""

    content: bytes | None
    """None where there is no note."""
    changed: datetime | None = None
    """When, the last time."""
    stamp: str | None = None
    """What it looked like, for :mod:`actors.memory.look`."""


NOTHING: Final = Seen(None)


class Overtaken(Exception):
    """A note was changed by hand between reading and writing it. Nothing was written."""


@final
@attrs.frozen
class Folder(Data):
    """The folder of a level. Each call opens what it needs and leaves nothing open. Raises OSError, as said below."""

    root: Path

    def read(self, name: Name) -> bytes | None:
        """The note; None where there is none. Raises BadName for what is no file, TooLarge."""
        return self.see(name, 0).content

    def see(self, name: Name, now: int) -> Seen:
        """The note and what it looks like `now`, in nanoseconds since 1970. Raises BadName, TooLarge."""
        with self._parent(name) as parent:
            return NOTHING if parent is None else self._see(name, parent, now)

    def found(self, name: Name, now: int) -> Seen:
        """Like :meth:`see`; what is there and cannot be a note is none."""
        try:
            return self.see(name, now)
        except (BadName, TooLarge):
            return NOTHING

    def put(self, name: Name, before: bytes | None, after: bytes | None, now: int) -> Seen:
        """Replace, make or, with None, remove the note in one step; on the disk when this returns.

        Raises Overtaken where the note is not what it was `before`, and BadName.
        """
        if after is None:
            self._delete(name, before)
            return NOTHING
        return self._write(name, before, after, now)

    def _write(self, name: Name, before: bytes | None, data: bytes, now: int) -> Seen:
        with self._parent(name, create=True) as parent:
            assert parent is not None  # noqa: S101 - it was made
            last = name.path[-1]
            found = _stat(parent, last)
            if found is None:
                _refuse_twins(name, parent, last)
            else:
                _require_file(name, found)
            mode = PRIVATE if found is None else stat.S_IMODE(found.st_mode) & 0o777
            atomic.fill(
                parent,
                last,
                lambda file: file.write(data),
                mode=mode,
                temporary=_temporary(etag(data)),
                go_on=partial(self._require, name, parent, before),
            )
            return _seen(os.stat(last, dir_fd=parent, follow_symlinks=False), data, now)

    def _delete(self, name: Name, before: bytes | None) -> None:
        with self._parent(name) as parent:
            if parent is None:
                return
            self._require(name, parent, before)
            if before is None:
                return
            os.unlink(name.path[-1], dir_fd=parent)
            os.fsync(parent)

    def _require(self, name: Name, parent: int, content: bytes | None) -> None:
        """What somebody has written by hand a moment ago is not lost."""
        if self._see(name, parent, 0).content != content:
            raise Overtaken

    def stat(self, name: Name) -> os.stat_result | None:
        """Of the note itself; None where there is none."""
        with self._parent(name) as parent:
            return None if parent is None else _stat(parent, name.path[-1])

    def clear(self, name: Name, etag: str) -> None:
        """Remove what a write of that content has left behind that was cut short."""
        with self._parent(name) as parent:
            if parent is not None and etag:
                with suppress(FileNotFoundError):
                    os.unlink(_temporary(etag), dir_fd=parent)

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

    def _see(self, name: Name, parent: int, now: int) -> Seen:
        try:
            handle = os.open(name.path[-1], _FILE, dir_fd=parent)
        except FileNotFoundError:
            return NOTHING
        except OSError as error:
            if error.errno in _NO_FILE:
                raise BadName(name=name.text, reason="there is no regular file of that name") from error
            raise
        try:
            found = os.fstat(handle)
            _require_file(name, found)
            with os.fdopen(handle, "rb", closefd=False) as file:
                data = file.read(LARGEST + 1)
        finally:
            os.close(handle)
        if len(data) > LARGEST:
            raise TooLarge(name=name.text, size=found.st_size, limit=LARGEST)
        return _seen(found, data, now)


def _temporary(etag: str) -> str:
    """What a file is called while it is written; known from its content, so that it can be found after a crash."""
    return f".{etag[:16]}.tmp"


def _seen(found: os.stat_result, content: bytes, now: int) -> Seen:
    changed = datetime.fromtimestamp(found.st_mtime, UTC)
    return Seen(content, changed, look.stamp(found, content, now=now))


def _stat(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _require_file(name: Name, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise BadName(name=name.text, reason="there is no regular file of that name")


def _refuse_twins(name: Name, folder: int, part: str) -> None:
    """Make nothing that another file system could not tell from what is there."""
    meant = names.plain(part)
    with os.scandir(folder) as entries:
        for each in entries:
            if names.plain(each.name) == meant and each.name != part:
                raise BadName(name=name.text, reason=f"there is {each.name} already")


# --- all of them ------------------------------------------------------------------------------------------------


def roots(user: Folder, agent: Folder) -> tuple[Root, Root, Root]:
    """Where the notes lie that a user's search finds."""
    return (
        Root(folder=agent.root / "config", only=frozenset({names.SOUL})),
        Root(folder=agent.root / names.SHARED, prefix=f"{names.SHARED}/"),
        Root(folder=user.root, without=frozenset({*names.LIFECYCLE, names.SHARED})),
    )


def users(data: Path) -> list[str]:
    """Who has a folder for notes, below the folder of the agent."""
    found = sorted(each.name for each in (data / "users").iterdir() if each.is_dir())
    return [name for name in found if _is_user(name)]


def _is_user(name: str) -> bool:
    try:
        user_id(name)
    except BadUserId:
        return False
    return True


def listing(user: Folder, agent: Folder, *, may_change_agents: bool) -> tuple[Entry, ...]:
    """The notes of both levels, the agent's first, by name."""
    found = [*names.LIFECYCLE, *look.survey(roots(user, agent)[1:], {}).changed]
    entries = (_entry(user, agent, each, may_change_agents=may_change_agents) for each in found)
    return tuple(sorted(filter(None, entries), key=lambda entry: entry.level))


def _entry(user: Folder, agent: Folder, text: str, *, may_change_agents: bool) -> Entry | None:
    """What a listing says of a note; None for what has no proper name, is no file or cannot be looked at."""
    try:
        name = names.checked(text)
        found = (user if name.level == "user" else agent).stat(name)
    except (BadName, OSError):
        return None
    if found is None or not stat.S_ISREG(found.st_mode):
        return None
    return Entry(
        name=text,
        size=found.st_size,
        changed_at=datetime.fromtimestamp(found.st_mtime, UTC),
        level=name.level,
        writable=name.level == "user" or may_change_agents,
    )
