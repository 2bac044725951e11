"""Reading the files of home. Every function works on a place that :mod:`.paths` has confined."""

import codecs
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import BinaryIO, Final

import attrs

from actors.tools import media, names
from actors.tools.looking import look_of
from actors.tools.messages import (
    Attached,
    DocumentFile,
    Entry,
    FileKind,
    FileText,
    FileTooLarge,
    ImageFile,
    Listing,
    Located,
    NotText,
)
from actors.tools.paths import GoOn, Home, Place
from actors.tools.states import Kind
from actors.vocabulary import Attachment

Read = FileText | ImageFile | DocumentFile
MAX_SHOWN = 20 * 1024 * 1024
"""Bytes of a picture or PDF."""
MAX_ATTACHMENT = 20 * 1024 * 1024
MAX_ENTRIES = 1000
"""Entries of one listing."""
SNIFF = 8192
"""Bytes in which a NUL says that a file is not text."""
CHUNK = 1024 * 1024
NEWLINE = b"\n"
NOTE_ROOM = 160
"""Bytes kept free for the note below a text that is cut."""
LISTING_NOTE_ROOM = 2000
"""Bytes kept free for the notes below a listing, which name files."""


def read(
    file: BinaryIO, path: str, offset: int, skip: int, limit: int | None, room: int, go_on: GoOn
) -> Read:
    """A picture or PDF by reference, or text.

    Args:
      file: open at its start.
      path: how it is called in the reply and in errors.
      offset: first line, from 1; 0 is the same.
      skip: characters of that line to leave out, so that a line of any length can be read in parts. The line is not
        left by it.
      limit: most lines; None for all.
      room: bytes the reply may have, its note included. A text that does not fit ends with a whole line where it
        can, and a note gives both sizes and where to go on. No more than that is read into memory.
      go_on: called between pieces.

    Raises NotText or FileTooLarge.
    """
    size = os.fstat(file.fileno()).st_size
    head = file.read(SNIFF)
    if media_type := media.picture(head[: media.HEAD]):
        return ImageFile(path=path, media_type=media_type, size=_shown(path, size))
    if media.is_pdf(head):
        return DocumentFile(path=path, size=_shown(path, size))
    file.seek(0)
    first = max(offset, 1)
    try:
        if b"\0" in head:
            raise _NulError
        passed = _pass_lines(file, first - 1, go_on)
        skipped = _pass_characters(file, skip, go_on)
        data = _lines(file.read(room + 1), limit)
        if b"\0" in data:
            raise _NulError
        return _text(data, first, passed + bool(skipped), skipped, size, room)
    except (UnicodeDecodeError, _NulError) as error:
        raise NotText(path=path, size=size) from error


def numbered(
    file: BinaryIO, path: str, offset: int, skip: int, limit: int | None, room: int, go_on: GoOn
) -> Read:
    """The same as :func:`read`, each line of a text with its number before it and without its line end."""
    allowed = room
    while True:
        found = read(file, path, offset, skip, limit, allowed, go_on)
        if not isinstance(found, FileText):
            return found
        shown = attrs.evolve(found, text=_with_numbers(found.text, max(offset, 1)))
        size = len(shown.text.encode()) + len(shown.note) + 1
        if size <= room or allowed <= NOTE_ROOM:
            return shown
        allowed = allowed * room // size - 1
        file.seek(0)


def _with_numbers(text: str, first: int) -> str:
    lines = text.removesuffix("\n").split("\n") if text else []
    width = len(str(first + len(lines) - 1))
    return "".join(f"{n:{width}}\t{line.removesuffix(chr(13))}\n" for n, line in enumerate(lines, first))


def _shown(path: str, size: int) -> int:
    """The size of a file that is shown as it is. Raises FileTooLarge."""
    if size > MAX_SHOWN:
        raise FileTooLarge(path=path, size=size, limit=MAX_SHOWN)
    return size


class _NulError(ValueError):
    """A byte that no text has; a file of terabytes without content is full of them."""


def _pass_lines(file: BinaryIO, count: int, go_on: GoOn) -> int:
    """Move behind `count` lines. Returns how many there were; a last line without its end counts."""
    passed, last = 0, NEWLINE
    while passed < count and (chunk := file.read(CHUNK)):
        go_on()
        if b"\0" in chunk:
            raise _NulError
        there = chunk.count(NEWLINE)
        if passed + there >= count:
            file.seek(_end_of_line(chunk, count - passed) - len(chunk), os.SEEK_CUR)
            return count
        passed, last = passed + there, chunk[-1:]
    return passed + (last != NEWLINE)


def _end_of_line(data: bytes, count: int) -> int:
    """Where the `count`-th line ends; 0 when it does not."""
    end = 0
    for _ in range(count):
        end = data.find(NEWLINE, end) + 1
        if end == 0:
            break
    return end


def _pass_characters(file: BinaryIO, count: int, go_on: GoOn) -> int:
    """Move behind `count` characters, or to the end of the line. Returns how many there were."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    passed = unread = 0
    while passed < count:
        go_on()
        chunk = file.read(CHUNK)
        text = decoder.decode(chunk, final=not chunk)
        line = text[: count - passed].partition("\n")[0]
        passed += len(line)
        behind = text[len(line) :].encode()
        unread = len(behind) + len(decoder.getstate()[0])
        if behind or not chunk:
            break
    file.seek(-unread, os.SEEK_CUR)
    return passed


def _lines(data: bytes, limit: int | None) -> bytes:
    """The first `limit` lines of `data`."""
    return data if limit is None else data[: _end_of_line(data, limit) or None]


def _text(data: bytes, first: int, passed: int, skipped: int, size: int, room: int) -> FileText:
    if not data:
        there = f"The file ends after line {passed}." if passed else "The file is empty."
        return FileText(text="", note=there)
    if len(data) <= room:
        return FileText(text=data.decode())
    shown = data[: _border(data, max(room - NOTE_ROOM, 1))]
    whole = shown.rfind(NEWLINE) + 1
    if whole:
        shown = shown[:whole]
        go_on = f"offset {first + shown.count(NEWLINE)}"
    else:
        go_on = f"offset {first} and skip {skipped + len(shown.decode())}"
    note = f"[cut: {len(shown)} bytes of a file of {size} bytes are shown; read on with {go_on}]"
    return FileText(text=shown.decode(), note=note)


def _border(data: bytes, end: int) -> int:
    """The last border between characters of UTF-8 `data` at or before `end`."""
    return next((at for at in range(end, max(end - 4, -1), -1) if data[at] & 0xC0 != 0x80), end)


def listing(home: Home, place: Place, room: int, go_on: GoOn) -> Listing:
    """The entries of an open directory, as many as fit into `room` bytes of JSON and MAX_ENTRIES."""
    found = names_in(home, place, go_on)
    shown: list[Entry] = []
    for name in found[:MAX_ENTRIES]:
        with suppress(FileNotFoundError):  # gone since it was listed
            entry = _entry(name, os.stat(name, dir_fd=place.directory, follow_symlinks=False))
            room -= len(entry.json().encode()) + len(",\n  ")
            if room < LISTING_NOTE_ROOM:
                break
            shown.append(entry)
    loose = tuple(entry.name for entry in shown if entry.type == "file" and not entry.name.startswith("."))
    return Listing(entries=tuple(shown), total=len(found), loose=loose if place.path == "." else ())


def names_in(home: Home, place: Place, go_on: GoOn) -> list[bytes]:
    """The names in an open directory that are for who asks, in order."""
    found: list[bytes] = []
    with os.scandir(place.directory) as entries:
        for each in entries:
            go_on()
            if not names.is_private(each.name) and home.shows((*place.real[:-1], each.name)):
                found.append(os.fsencode(each.name))
    return sorted(found)


_KINDS: Final[Mapping[Kind, FileKind]] = {"file": "file", "folder": "directory", "link": "link"}


def kind_of(found: os.stat_result) -> FileKind:
    """What a name stands for, in the words of the interface."""
    return _KINDS.get(look_of(found).kind, "other")


def _entry(name: bytes, found: os.stat_result) -> Entry:
    kind = kind_of(found)
    shown = names.shown(name) + "/" * (kind == "directory")
    return Entry(name=shown, type=kind, size=found.st_size if kind == "file" else None)


def attach(place: Place, file: BinaryIO) -> Attached:
    """Describe a file for the person. Raises FileTooLarge beyond MAX_ATTACHMENT."""
    size = os.fstat(file.fileno()).st_size
    if size > MAX_ATTACHMENT:
        raise FileTooLarge(path=place.path, size=size, limit=MAX_ATTACHMENT)
    name = place.path.rpartition("/")[2]
    kind = media.media_type(name, file.read(media.HEAD))
    return Attached(attachment=Attachment(name=name, media_type=kind, path=place.path, size=size))


def locate(home: Home, place: Place, file: BinaryIO) -> Located:
    """Where a regular file lies, for somebody who serves its bytes."""
    found = os.fstat(file.fileno())
    return Located(
        path=place.path,
        absolute=str(home.root.resolve().joinpath(*place.real)),
        size=found.st_size,
        media_type=media.media_type(place.path, file.read(media.HEAD)),
        device=found.st_dev,
        inode=found.st_ino,
    )


def load(file: BinaryIO, path: str, limit: int, go_on: GoOn) -> bytes:
    """All of a file. Raises FileTooLarge beyond `limit` bytes."""
    pieces: list[bytes] = []
    left = limit + 1
    while left and (piece := file.read(min(CHUNK, left))):
        go_on()
        pieces.append(piece)
        left -= len(piece)
    if not left:
        raise FileTooLarge(path=path, size=os.fstat(file.fileno()).st_size, limit=limit)
    return b"".join(pieces)
