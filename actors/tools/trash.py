"""What people have deleted and may still want back: each in a folder of its own, with a note of what it was.

Something goes there, and comes back, by being given another name, in one step and however large it is. So nothing is
there that lies on another file system, and a crash leaves it where it was or where it was to be. One without its note,
or a note without what it speaks of, counts for nothing and is cleared away.
"""

import os
import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from stat import S_ISDIR
from typing import Final, final

import attrs

from actors import atomic, jsontext
from actors.storage import micros, moment
from actors.tools.messages import FileKind, InTrash
from actors.tools.paths import GoOn, Home, Place

NOTE: Final = "note.json"
THING: Final = "it"
_SLOW: Final = 3600
"""Seconds for which a folder is left alone in which something may be about to lie."""


@final
@attrs.frozen(kw_only=True)
class Note:
    """What somebody has deleted."""

    id: str
    user: str
    path: str
    """As it was asked for, from home on."""
    type: FileKind
    size: int
    """Bytes, those of all files in a folder together."""
    at: datetime
    """When it was deleted."""


@final
class Trash:
    """The folder, which is made with the first that goes there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def reaches(self, home: Home) -> bool:
        """Whether what lies in home can go there."""
        beside = self._folder if self._folder.exists() else self._folder.parent
        return beside.stat().st_dev == home.root.stat().st_dev

    def take(self, place: Place, note: Note) -> None:
        """Have what is at a place there instead; on the disk when this returns. Raises OSError, and then it stays."""
        folder = self._folder / note.id
        folder.mkdir(mode=0o700, parents=True)
        try:
            atomic.write(folder / NOTE, _written(note), mode=atomic.OURS)
            atomic.sync(self._folder)
            with _opened(folder) as inside:
                atomic.move(place.directory, place.name, inside, THING, replace=False)
                os.fsync(inside)
        except BaseException:
            if not os.path.lexists(folder / THING):
                _erase(folder)
            raise
        os.fsync(place.directory)

    def give(self, note: Note, place: Place) -> None:
        """Have it at a place again. Raises FileExistsError, FileNotFoundError or another OSError; then it stays."""
        folder = self._folder / note.id
        with _opened(folder) as inside:
            atomic.move(inside, THING, place.directory, place.name, replace=False)
        os.fsync(place.directory)
        _erase(folder)

    def erase(self, note: Note) -> None:
        """Delete it for good."""
        (self._folder / note.id / NOTE).unlink(missing_ok=True)  # first: a part of it is not to be had again
        _erase(self._folder / note.id)

    def notes(self, go_on: GoOn) -> list[Note]:
        """Of all that is there, the newest first."""
        found = list[Note]()
        for name in self._names():
            go_on()
            note = self._note(name)
            if note is not None:
                found.append(note)
        return sorted(found, key=lambda note: (note.at, note.id), reverse=True)

    def clear(self, now: datetime, keep: timedelta, most: int, go_on: GoOn) -> None:
        """Delete for good what was there long enough, the oldest of what takes more than `most` bytes, and remains."""
        known = self.notes(go_on)
        for note in outdated(known, now, keep, most):
            go_on()
            self.erase(note)
        for name in set(self._names()) - {note.id for note in known}:
            with suppress(FileNotFoundError):
                if now.timestamp() - (self._folder / name).stat().st_mtime > _SLOW:
                    _erase(self._folder / name)

    def _names(self) -> list[str]:
        with suppress(FileNotFoundError):
            return [each.name for each in self._folder.iterdir()]
        return []

    def _note(self, name: str) -> Note | None:
        folder = self._folder / name
        try:
            (folder / THING).lstat()
            return _read(name, (folder / NOTE).read_bytes())
        except (OSError, ValueError, LookupError, TypeError):
            return None


def outdated(notes: Sequence[Note], now: datetime, keep: timedelta, most: int) -> list[Note]:
    """What goes of these, the newest of which come first: what is old, and what does not fit beside what is newer."""
    gone = list[Note]()
    size = 0
    for note in notes:
        size += note.size
        if now - note.at > keep or size > most:
            gone.append(note)
    return gone


def shown(note: Note, keep: timedelta) -> InTrash:
    """It, for who has deleted it."""
    until = note.at + keep
    return InTrash(
        id=note.id, path=note.path, type=note.type, size=note.size, deleted_at=note.at, until=until
    )


def _erase(folder: Path) -> None:
    for _, folders, _, handle in os.fwalk(folder):
        for name in folders:
            if S_ISDIR(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode):
                os.chmod(
                    name, 0o700, dir_fd=handle
                )  # from one that may not be written nothing can be deleted
    shutil.rmtree(folder)


@contextmanager
def _opened(folder: Path) -> Generator[int, None, None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)


def _written(note: Note) -> str:
    fields = {name: value for name, value in attrs.asdict(note).items() if name != "id"}
    return jsontext.write({**fields, "at": note.at.isoformat()})


def _read(name: str, text: bytes) -> Note:
    """Raises ValueError, LookupError or TypeError."""
    given = jsontext.read_object(text)
    at = moment(micros(datetime.fromisoformat(given["at"])))
    return Note(
        id=name, user=given["user"], path=given["path"], type=given["type"], size=int(given["size"]), at=at
    )
