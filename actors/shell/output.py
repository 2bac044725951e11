"""Where the output of commands goes: what a model sees of it, a file with all of it, a log of one in the background."""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, final

from actors import atomic
from actors.shell.kept import Kept

FOLDER: Final = "temp"
"""In home: where files with long output are."""
PREFIX: Final = "bash-"
FILES: Final = 50
"""Such files that stay."""
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@final
class Captured:
    """Output as it comes: as much as a model may see, and all of it in a file of home where that is more."""

    def __init__(self, home: Path, now: datetime, *, room: int, limit: int) -> None:
        """`room` bytes are for the model, `limit` bytes are written to a file called after `now`."""
        self._home = home
        self._now = now
        self._limit = limit
        self._kept = Kept(room)
        self._early = bytearray()
        self._file: int | None = None
        self._left = limit
        self._path: str | None = None
        self._fault: str | None = None

    def add(self, data: bytes) -> None:
        self._kept.add(data)
        if self._kept.whole:
            self._early += data
            return
        if self._file is None and self._fault is None:
            self._open()
        self._write(data)

    def text(self) -> str:
        return self._kept.text()

    def notes(self) -> list[str]:
        """How to read what is not shown, in sentences."""
        if self._kept.whole:
            return []
        size = self._kept.total
        if self._path is None:
            return [f"{size} bytes of output; they could not be kept as a file: {self._fault}."]
        which = "All" if size <= self._limit else f"The first {self._limit}"
        return [f"{which} of {size} bytes of output are in {self._path}: read on with FileRead."]

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> None:
        try:
            folder = _folder(self._home)
            try:
                _make_room(folder)
                name, self._file = _new(folder, self._now)
            finally:
                os.close(folder)
        except OSError as error:
            self._fault = error.strerror or str(error)
            return
        self._path = f"{FOLDER}/{name}"
        early, self._early = bytes(self._early), bytearray()
        self._write(early)

    def _write(self, data: bytes) -> None:
        if self._file is None:
            return
        piece = data[: self._left]
        self._left -= len(piece)
        try:
            _all(self._file, piece)
        except OSError as error:
            self._path, self._fault = None, error.strerror or str(error)
            self.close()


def _all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _folder(home: Path) -> int:
    """The folder for such files, opened by way of no link, as commands may have put one there."""
    root = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return atomic.enter(root, FOLDER, create=True)
    finally:
        os.close(root)


def _make_room(folder: int) -> None:
    """Remove the oldest of such files."""
    found = sorted(name for name in os.listdir(folder) if name.startswith(PREFIX) and name.endswith(".txt"))
    for name in found[: -FILES + 1]:
        with suppress(OSError):
            os.unlink(name, dir_fd=folder)


def _new(folder: int, now: datetime) -> tuple[str, int]:
    """A file that was not there, and its name."""
    number = 1
    while True:
        name = f"{PREFIX}{now:%Y%m%d-%H%M%S-%f}-{number}.txt"
        with suppress(FileExistsError):
            return name, os.open(name, _NEW, atomic.OURS, dir_fd=folder)
        number += 1


@final
class Unread:
    """Output of a command in the background: what nobody has looked at yet, and a log of the beginning."""

    def __init__(self, log: Path, *, room: int, limit: int) -> None:
        """`room` bytes wait to be looked at, `limit` bytes are logged."""
        self._room = room
        self._kept = Kept(room)
        self._left = limit
        self._log: int | None = os.open(
            log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, atomic.OURS
        )

    def add(self, data: bytes) -> None:
        self._kept.add(data)
        piece = data[: self._left]
        self._left -= len(piece)
        if piece and self._log is not None:
            try:
                _all(self._log, piece)
            except OSError:  # the disk is full: it is still told what comes
                self._left = 0

    def taken(self) -> str:
        """What came since the last time."""
        kept, self._kept = self._kept, Kept(self._room)
        return kept.text()

    def close(self) -> None:
        if self._log is not None:
            os.close(self._log)
            self._log = None


def logged(log: Path, room: int) -> str:
    """What is in a log of a command that a restart has interrupted, shortened."""
    kept = Kept(room)
    try:
        with log.open("rb") as file:
            while data := file.read(64 * 1024):
                kept.add(data)
    except OSError:
        return ""
    return kept.text()
