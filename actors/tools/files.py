"""What is done with the files of home. Every function works on a place that :mod:`.paths` has confined."""

import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import BinaryIO, Literal

import attrs

from actors.tools import media, uploads
from actors.tools.messages import (
    FOLDERS,
    Attached,
    Deleted,
    Entry,
    FileSystemRefused,
    FileText,
    FileTooLarge,
    ImageFile,
    IsADirectory,
    Listing,
    Located,
    NotText,
    SentFile,
    Written,
)
from actors.tools.paths import Home, Place, is_private
from actors.tools.settings import Attachments
from actors.vocabulary import Attachment

MAX_IMAGE = 20 * 1024 * 1024
MAX_ATTACHMENT = 20 * 1024 * 1024
MAX_ENTRIES = 1000
"""Entries of one listing."""
SNIFF = 8192
"""Bytes in which a NUL says that a file is not text."""
CHUNK = 64 * 1024
NEWLINE = b"\n"
NOTE_ROOM = 160
"""Bytes kept free for the note below a text that is cut."""
LISTING_NOTE_ROOM = 2000
"""Bytes kept free for the notes below a listing, which name files."""


# --- reading ----------------------------------------------------------------------------------------------


def read(file: BinaryIO, path: str, offset: int, limit: int | None, room: int) -> FileText | ImageFile:
    """A picture by reference, or text.

    Args:
      file: open at its start.
      path: how it is called in the reply and in errors.
      offset: first line, from 1; 0 is the same.
      limit: most lines; None for all.
      room: bytes the reply may have, its note included. A text that does not fit ends with a whole line where it
        can, and a note gives both sizes and where to go on. No more than that is read into memory.

    Raises NotText or FileTooLarge.
    """
    size = os.fstat(file.fileno()).st_size
    head = file.read(SNIFF)
    if media_type := media.picture(head[: media.HEAD]):
        if size > MAX_IMAGE:
            raise FileTooLarge(path=path, size=size, limit=MAX_IMAGE)
        return ImageFile(path=path, media_type=media_type, size=size)
    if b"\0" in head:
        raise NotText(path=path, size=size)
    file.seek(0)
    first = max(offset, 1)
    passed = _pass_lines(file, first - 1)
    data = _lines(file.read(room + 1), limit)
    if b"\0" in data:
        raise NotText(path=path, size=size)
    try:
        return _text(data, first, passed, size, room)
    except UnicodeDecodeError as error:
        raise NotText(path=path, size=size) from error


def _pass_lines(file: BinaryIO, count: int) -> int:
    """Move behind `count` lines. Returns how many there were; a last line without its end counts."""
    passed, open_line = 0, False
    while passed < count and (piece := file.readline(CHUNK)):
        open_line = not piece.endswith(NEWLINE)
        passed += not open_line
    return passed + open_line


def _lines(data: bytes, limit: int | None) -> bytes:
    """The first `limit` lines of `data`."""
    end = 0
    for _ in range(limit if limit is not None else 0):
        end = data.find(NEWLINE, end) + 1
        if end == 0:
            return data
    return data if limit is None else data[:end]


def _text(data: bytes, first: int, passed: int, size: int, room: int) -> FileText:
    if not data:
        there = f"The file ends after line {passed}." if passed else "The file is empty."
        return FileText(text="", note=there)
    if len(data) <= room:
        return FileText(text=data.decode())
    shown = data[: _border(data, max(room - NOTE_ROOM, 1))]
    whole = shown.rfind(NEWLINE) + 1
    if whole:
        shown = shown[:whole]
    go_on = f"; read on with offset {first + shown.count(NEWLINE)}" if whole else ""
    note = f"[cut: {len(shown)} bytes of a file of {size} bytes are shown{go_on}]"
    return FileText(text=shown.decode(), note=note)


def _border(data: bytes, end: int) -> int:
    """The last border between characters of UTF-8 `data` at or before `end`."""
    return next((at for at in range(end, max(end - 4, -1), -1) if data[at] & 0xC0 != 0x80), end)


def listing(place: Place, room: int) -> Listing:
    """The entries of an open directory, as many as fit into `room` bytes of JSON and MAX_ENTRIES."""
    with os.scandir(place.directory) as found:
        names = sorted(os.fsencode(entry.name) for entry in found if not is_private(entry.name))
    entries: list[Entry] = []
    for name in names[:MAX_ENTRIES]:
        with suppress(FileNotFoundError):  # gone since it was listed
            entry = _entry(name, os.stat(name, dir_fd=place.directory, follow_symlinks=False))
            room -= len(entry.json().encode()) + len(",\n  ")
            if room < LISTING_NOTE_ROOM:
                break
            entries.append(entry)
    loose = tuple(entry.name for entry in entries if entry.type == "file" and not entry.name.startswith("."))
    return Listing(entries=tuple(entries), total=len(names), loose=loose if place.path == "." else ())


def _entry(name: bytes, found: os.stat_result) -> Entry:
    kind: Literal["file", "directory", "link", "other"] = "other"
    if stat.S_ISDIR(found.st_mode):
        kind = "directory"
    elif stat.S_ISREG(found.st_mode):
        kind = "file"
    elif stat.S_ISLNK(found.st_mode):
        kind = "link"
    shown = name.decode(errors="backslashreplace") + "/" * (kind == "directory")
    return Entry(name=shown, type=kind, size=found.st_size if kind == "file" else None)


def attach(place: Place) -> Attached:
    """Describe a file for the person. Raises FileTooLarge beyond MAX_ATTACHMENT."""
    with place.open() as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_ATTACHMENT:
            raise FileTooLarge(path=place.path, size=size, limit=MAX_ATTACHMENT)
        name = place.path.rpartition("/")[2]
        kind = media.media_type(name, file.read(media.HEAD))
    return Attached(attachment=Attachment(name=name, media_type=kind, path=place.path, size=size))


def locate(home: Home, place: Place) -> Located:
    """Where a regular file lies, for somebody who serves its bytes."""
    with place.open() as file:
        found = os.fstat(file.fileno())
        return Located(
            path=place.path,
            absolute=str(home.root.resolve().joinpath(*place.real)),
            size=found.st_size,
            media_type=media.media_type(place.path, file.read(media.HEAD)),
            device=found.st_dev,
            inode=found.st_ino,
        )


def load(file: BinaryIO, path: str, limit: int) -> bytes:
    """All of a file. Raises FileTooLarge beyond `limit` bytes."""
    data = file.read(limit + 1)
    if len(data) > limit:
        raise FileTooLarge(path=path, size=os.fstat(file.fileno()).st_size, limit=limit)
    return data


# --- changing ---------------------------------------------------------------------------------------------


def write(home: Home, path: str, content: str, key: str) -> Written:
    """Replace or create a file in one step; on disk when this returns.

    `key` names the temporary file: writing again with the same key clears away what a crash left behind.
    """
    data = content.encode()
    with home.place(path, create=True) as place:
        mode = _replaced_mode(place)
        temporary = f".{hashlib.sha256(key.encode()).hexdigest()[:16]}.tmp"
        _fill(place, temporary, mode, lambda file: file.write(data))
        return Written(path=place.path, size=len(data), loose=place.path.partition("/")[0] not in FOLDERS)


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


def _fill(place: Place, temporary: str, mode: int | None, put: Callable[[BinaryIO], object]) -> None:
    """Write a temporary file beside the place and rename it over it, both on disk."""
    where = place.directory
    with suppress(FileNotFoundError):
        os.unlink(temporary, dir_fd=where)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(temporary, flags, 0o644, dir_fd=where), "wb") as file:
            put(file)
            file.flush()
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.rename(temporary, place.name, src_dir_fd=where, dst_dir_fd=where)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=where)
        raise
    os.fsync(where)


def delete(home: Home, path: str) -> Deleted:
    """Remove a file or a link, never what a link points to. Gone from the disk when this returns."""
    with home.place(path, follow=False) as place:
        if stat.S_ISDIR(place.stat().st_mode):
            raise IsADirectory(path=place.path)
        os.unlink(place.name, dir_fd=place.directory)
        os.fsync(place.directory)
        return Deleted(path=place.path)


def save_upload(
    home: Home, spool: Home, upload: str, sent: Sequence[SentFile], *, now: datetime, rules: Attachments
) -> tuple[Attachment, ...]:
    """Copy the files of an upload into downloads, each under a name that nothing else has: all of them or none.

    Args:
      home: where they go.
      spool: what holds the folders of all uploads.
      upload: the folder of this one.
      sent: its files.
      now: in the person's time zone.
      rules: what is taken.

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
                stored.append(attrs.evolve(attachment, path=_store(home, attachment.name, file, now)))
    except BaseException:
        for attachment in stored:
            delete(home, attachment.path)
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


def _store(home: Home, name: str, file: BinaryIO, now: datetime) -> str:
    for candidate in uploads.candidates(name, now):
        with home.place(f"{uploads.FOLDER}/{candidate}", create=True) as place:
            if not _claim(place):
                continue
            try:
                _fill(
                    place, f".{candidate}.tmp", None, lambda target: shutil.copyfileobj(file, target, CHUNK)
                )
            except BaseException:
                os.unlink(place.name, dir_fd=place.directory)
                raise
            return place.path
    raise FileSystemRefused(path=name, reason="too many files of this name arrived in one second")


def _claim(place: Place) -> bool:
    """Take a name by creating an empty file; False when it is taken."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        os.close(os.open(place.name, flags, 0o644, dir_fd=place.directory))
    except FileExistsError:
        return False
    return True
