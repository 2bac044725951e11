"""Changing the files of home, each in one step. Every function works on a place that :mod:`.paths` has confined.

Each calls `go_on` last before what cannot be taken back.
"""

import hashlib
import os
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO

import attrs

from actors import atomic
from actors.tools import media, uploads
from actors.tools.editing import replaced
from actors.tools.messages import (
    FOLDERS,
    MAX_LOADED,
    UPLOADS,
    ChangedMeanwhile,
    Deleted,
    Edit,
    Edited,
    FileSystemRefused,
    IsADirectory,
    NotText,
    SentFile,
    Written,
)
from actors.tools.paths import GoOn, Home, Place
from actors.tools.reading import load
from actors.tools.settings import Attachments
from actors.vocabulary import Attachment

CHUNK = 1024 * 1024


def write(home: Home, path: str, content: str, key: str, go_on: GoOn) -> Written:
    """Replace or create a file in one step; on disk when this returns.

    `key` names the temporary file: writing again with the same key clears away what a crash left behind.
    """
    data = content.encode()
    with home.place(path, create=True) as place:
        _put(place, data, _replaced_mode(place), key, go_on)
        return Written(path=place.path, size=len(data), loose=place.path.partition("/")[0] not in FOLDERS)


def edit(home: Home, request: Edit, go_on: GoOn) -> Edited:
    """Replace text in a file in one step, unless somebody else writes it meanwhile; on disk when this returns."""
    with home.place(home.relative(request.file_path)) as place:
        with place.open() as file:
            found = os.fstat(file.fileno())
            data = load(file, place.path, MAX_LOADED, go_on)
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise NotText(path=place.path, size=len(data)) from error
        everywhere = request.replace_all
        new, count = replaced(
            text, request.old_string, request.new_string, everywhere=everywhere, path=place.path
        )

        def unchanged() -> None:
            go_on()
            if _version(place.stat()) != _version(found):
                raise ChangedMeanwhile(path=place.path)

        _put(place, new.encode(), stat.S_IMODE(found.st_mode) & 0o777, request.call, unchanged)
        return Edited(path=place.path, count=count)


def _version(found: os.stat_result) -> tuple[int, ...]:
    """What differs once a file was written or replaced."""
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _put(place: Place, data: bytes, mode: int | None, key: str, go_on: GoOn) -> None:
    temporary = f".{hashlib.sha256(key.encode()).hexdigest()[:16]}.tmp"
    atomic.fill(
        place.directory,
        place.name,
        lambda file: file.write(data),
        mode=mode,
        temporary=temporary,
        go_on=go_on,
    )


def _replaced_mode(place: Place) -> int | None:
    """Permissions of the file about to be replaced, None when there is none. Raises when it is no regular file."""
    if place.name == ".":
        raise IsADirectory(path=place.path)
    try:
        found = place.stat()
    except FileNotFoundError:
        return None
    place.require_regular(found)
    return stat.S_IMODE(found.st_mode) & 0o777


def delete(home: Home, path: str, go_on: GoOn) -> Deleted:
    """Remove a file or a link, never what a link points to. Gone from the disk when this returns."""
    with home.place(path, follow=False) as place:
        if stat.S_ISDIR(place.stat().st_mode):
            raise IsADirectory(path=place.path)
        go_on()
        os.unlink(place.name, dir_fd=place.directory)
        os.fsync(place.directory)
        return Deleted(path=place.path)


def save_upload(
    home: Home,
    spool: Home,
    upload: str,
    sent: Sequence[SentFile],
    *,
    now: datetime,
    rules: Attachments,
    go_on: GoOn,
) -> tuple[Attachment, ...]:
    """Copy the files of an upload into the folder of who sent them, each under a name of its own: all of them or none.

    Args:
      home: where they go, as who sent them sees it.
      spool: what holds the folders of all uploads.
      upload: the folder of this one.
      sent: its files.
      now: in the person's time zone.
      rules: what is taken.
      go_on: called between pieces.

    Raises what :func:`uploads.check` raises, and what can be wrong with a file.
    """
    files = [(spool, uploads.spooled(upload, each.id), each) for each in sent]
    for waiting in files:
        with _opened(*waiting) as (file, attachment):
            uploads.check(rules, attachment.name, attachment.size)
    stored: list[Attachment] = []
    try:
        for waiting in files:
            with _opened(*waiting) as (file, attachment):
                path = _store(home, attachment.name, file, now, go_on)
                stored.append(attrs.evolve(attachment, path=path))
    except BaseException:
        for attachment in stored:
            with home.place(attachment.path) as place:
                os.unlink(place.name, dir_fd=place.directory)
        raise
    return tuple(stored)


@contextmanager
def _opened(spool: Home, path: str, sent: SentFile) -> Generator[tuple[BinaryIO, Attachment]]:
    """A file that waits, with what is known of it but where it will lie."""
    with spool.place(path, follow=False) as place, place.open() as file:
        name = uploads.safe_name(sent.name)
        kind = media.media_type(name, file.read(media.HEAD), sent.declared)
        file.seek(0)
        yield file, Attachment(name=name, media_type=kind, path="", size=os.fstat(file.fileno()).st_size)


def _store(home: Home, name: str, file: BinaryIO, now: datetime, go_on: GoOn) -> str:
    def copy(target: BinaryIO) -> None:
        while piece := file.read(CHUNK):
            go_on()
            target.write(piece)

    for candidate in uploads.candidates(name, now):
        with home.place(f"{UPLOADS}/{home.user}/{candidate}", create=True, alike=False) as place:
            if not _claim(place):
                continue
            try:
                atomic.fill(place.directory, place.name, copy, temporary=f".{candidate}.tmp", go_on=go_on)
            except BaseException:
                os.unlink(place.name, dir_fd=place.directory)
                raise
            return place.path
    raise FileSystemRefused(path=name, reason="too many files of this name arrived in one second")


def _claim(place: Place) -> bool:
    """Take a name by creating an empty file; False when it is taken."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        os.close(os.open(place.name, flags, atomic.OURS, dir_fd=place.directory))
    except FileExistsError:
        return False
    return True
