"""Files as a person changes them. No link is followed: one on the way is refused, one at the end is meant itself."""

import errno
import os
import shutil
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from stat import S_ISDIR
from typing import BinaryIO

import attrs

from actors import atomic
from actors.tools import changing, names, reading, uploads
from actors.tools.browsing import tag_of
from actors.tools.looking import look_of
from actors.tools.messages import (
    FileExists,
    FileIsAnother,
    FileNotFound,
    FolderStays,
    InvalidPath,
    IsADirectory,
    SentFile,
    Stored,
)
from actors.tools.paths import GoOn, Home, Place
from actors.tools.states import Look
from actors.tools.trash import Note, Trash


def write_text(home: Home, path: str, data: bytes, etag: str | None, go_on: GoOn) -> Stored:
    """Make or replace a file. Raises FileIsAnother, IsADirectory, NotARegularFile, what can be wrong with a path."""
    if etag:
        with home.place(path, follow=False, alike=False) as place:  # no folder is made for what is refused
            _require(place, etag)
    with home.place(path, follow=False, create=True, alike=False) as place:

        def ready() -> None:
            go_on()
            _require(place, etag)

        found = _is_file_or_nothing(place)
        mode = atomic.OURS if found is None else found.mode
        try:
            atomic.fill(
                place.directory,
                place.name,
                lambda file: file.write(data),
                mode=mode,
                go_on=ready,
                replace=etag != "",
            )
        except FileExistsError as error:
            raise FileIsAnother(path=place.path) from error
        return _stored(place)


def _require(place: Place, etag: str | None) -> None:
    if etag is not None and tag_of(changing.look_at(place)) != etag:
        raise FileIsAnother(path=place.path)


def _is_file_or_nothing(place: Place) -> Look | None:
    """Raises IsADirectory or NotARegularFile for what no file takes the place of."""
    if place.name == ".":
        raise IsADirectory(path=place.path)
    found = changing.look_at(place)
    if found is not None:
        place.require_regular(place.stat())
    return found


def _stored(place: Place) -> Stored:
    return Stored(path=place.path, etag=tag_of(changing.look_at(place)))


def remove(home: Home, path: str, etag: str | None, go_on: GoOn) -> str:
    """Delete what is there for good, a folder with all in it, and say its path.

    Raises FolderStays, FileIsAnother, and what a path can be.
    """
    with _leaving(home, path, etag, go_on) as place:
        if S_ISDIR(place.stat().st_mode):
            shutil.rmtree(place.name, dir_fd=place.directory)  # goes by descriptors, through no link
            os.fsync(place.directory)
        else:
            changing.remove(place)
        return place.path


@contextmanager
def _leaving(home: Home, path: str, etag: str | None, go_on: GoOn) -> Generator[Place, None, None]:
    """The place of what is to be deleted. Raises FolderStays, FileIsAnother, and what a path can be."""
    with home.place(path, follow=False, alike=False) as place:
        place.stat()
        _require(place, etag)
        _require_movable(place)
        go_on()
        yield place


def throw_away(
    home: Home, path: str, etag: str | None, trash: Trash, note: Note, most: int, go_on: GoOn
) -> Note | None:
    """Have what is there in the trash, with `note` completed, which is returned.

    None where it is more than `most` bytes or lies on another file system, and then it stays.

    Raises FolderStays, FileIsAnother, and what a path can be.
    """
    with _leaving(home, path, etag, go_on) as place:
        size = _weight(place, most, go_on)
        if size is None or not trash.reaches(home):
            return None
        kind = reading.kind_of(place.stat())
        whole = attrs.evolve(note, path=place.path, type=kind, size=size)
        try:
            trash.take(place, whole)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            return None  # another file system begins here
        return whole


def _weight(place: Place, most: int, go_on: GoOn) -> int | None:
    """Bytes of a file, or of all files in a folder; None for more than `most`."""
    found = place.stat()
    if not S_ISDIR(found.st_mode):
        return None if found.st_size > most else found.st_size
    size = 0
    for _, _, files, folder in os.fwalk(place.name, dir_fd=place.directory, follow_symlinks=False):
        go_on()
        for name in files:
            with suppress(FileNotFoundError):  # gone since it was listed
                size += os.stat(name, dir_fd=folder, follow_symlinks=False).st_size
        if size > most:
            return None
    return size


def put_back(home: Home, trash: Trash, note: Note, path: str, go_on: GoOn) -> Stored:
    """Have what is in the trash at a path again. Raises FileExists, and what can be wrong with a path."""
    with home.place(path, follow=False, create=True, alike=False) as place:
        _require_free(place, replace=False)
        go_on()
        with _taken(place):
            trash.give(note, place)
        return _stored(place) if note.type == "file" else Stored(path=place.path, etag="")


def _require_movable(place: Place) -> None:
    """Raises FolderStays for a folder in which there is, or may be, what is not for who asks."""
    real = tuple(name for name in place.real if name != ".")
    if not real or (len(real) == 1 and names.is_uploads(real[0])):
        raise FolderStays(path=place.path)
    if not S_ISDIR(place.stat().st_mode):
        return
    for _, folders, files, _ in os.fwalk(place.name, dir_fd=place.directory, follow_symlinks=False):
        if any(names.is_private(name) for name in (*folders, *files)):
            raise FolderStays(path=place.path)


def make_folder(home: Home, path: str, go_on: GoOn) -> Stored:
    """Make a folder. Raises FileExists for something else that is there, and what can be wrong with a path."""
    go_on()
    with home.place(path, follow=False, create=True, alike=False) as place:
        found = changing.look_at(place)
        if found is not None and found.kind != "folder":
            raise FileExists(path=place.path)
        if found is None:
            os.close(atomic.enter(place.directory, place.name, create=True))
        return Stored(path=place.path, etag="")


def move(home: Home, path: str, to: str, *, replace: bool, go_on: GoOn, etag: str | None = None) -> Stored:
    """Give what is there another name.

    Raises FileIsAnother, FileExists, FolderStays, InvalidPath, what can be wrong with a path.
    """
    with home.place(path, follow=False, alike=False) as source:
        found = look_of(source.stat())
        _require(source, etag)
        if found.kind == "link":
            raise InvalidPath(path=source.path, reason=f"{source.path} is a symbolic link")
        _require_movable(source)
        _require_elsewhere(source, to)
        with home.place(to, follow=False, create=True, alike=False) as target:
            replaces = _require_free(target, replace=replace and found.kind == "file")
            go_on()
            with _taken(target):
                atomic.move(source.directory, source.name, target.directory, target.name, replace=replaces)
            if replaces and target.stat().st_nlink > 1:
                _forget_other_name(source, target)
            os.fsync(target.directory)
            os.fsync(source.directory)
            return _stored(target) if found.kind == "file" else Stored(path=target.path, etag="")


def _forget_other_name(source: Place, target: Place) -> None:
    """Two names of one file: the system does nothing where one is given the other's name, and says it has."""
    is_itself = source.name == target.name and os.path.sameopenfile(source.directory, target.directory)
    with suppress(FileNotFoundError):
        left = os.stat(source.name, dir_fd=source.directory, follow_symlinks=False)
        if os.path.samestat(left, target.stat()) and not is_itself:
            os.unlink(source.name, dir_fd=source.directory)


def _require_elsewhere(source: Place, to: str) -> None:
    """Raises InvalidPath for a place below what is moved, before folders are made on the way there."""
    above = [name for name in source.real if name != "."]
    names_of = [names.written(name) for name in names.components(to)]
    if len(names_of) > len(above) and names_of[: len(above)] == above:
        raise InvalidPath(path=to, reason=f"{to} is in {source.path}, which is to be moved")


def _require_free(place: Place, *, replace: bool) -> bool:
    """Whether there is a file that may be replaced. Raises FileExists for one that may not, and for anything else."""
    found = changing.look_at(place)
    if found is not None and not (replace and found.kind == "file"):
        raise FileExists(path=place.path)
    return found is not None


@contextmanager
def _taken(place: Place) -> Generator[None, None, None]:
    """Raises FileExists where something has come meanwhile."""
    try:
        yield
    except FileExistsError as error:
        raise FileExists(path=place.path) from error


def place_files(
    home: Home, spool: Home, upload: str, sent: Sequence[SentFile], path: str, *, replace: bool, go_on: GoOn
) -> tuple[Stored, ...]:
    """Put files of an upload into a folder. Raises FileExists and what can be wrong with a path; then none is there."""
    folder = "/".join(names.components(path))
    stored: list[Stored] = []
    with ExitStack() as made:
        for each in sent:
            with (
                spool.place(uploads.spooled(upload, each.id), follow=False) as waiting,
                waiting.open() as file,
            ):
                name = f"{folder}/{uploads.safe_name(each.name)}".lstrip("/")
                with home.place(name, follow=False, create=True, alike=False) as place:
                    replaces = _require_free(place, replace=replace)
                    copy = _copying(file, go_on)
                    with _taken(place):
                        atomic.fill(place.directory, place.name, copy, mode=atomic.OURS, replace=replaces)
                    stored.append(_stored(place))
            if not replaces:
                made.callback(partial(_taken_back, home, name))
        made.pop_all()
    return tuple(stored)


def _copying(file: BinaryIO, go_on: GoOn) -> Callable[[BinaryIO], None]:
    def copy(target: BinaryIO) -> None:
        while piece := file.read(reading.CHUNK):
            go_on()
            target.write(piece)

    return copy


def _taken_back(home: Home, path: str) -> None:
    with suppress(FileNotFound), home.place(path, follow=False, alike=False) as place:
        changing.remove(place)
