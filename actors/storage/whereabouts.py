"""Whether the files that a connection has open are still those that bear their names.

What is written to a file that was moved or deleted is lost to whoever looks for it by name, and SQLite does not mind.
"""

import pathlib
import time
from typing import Final, final

from actors.storage.database import log_of
from actors.storage.errors import OutOfPlace, translated

GOOD_FOR: Final = 0.5
"""Seconds for which a look is good enough where nothing is promised; looking takes some 10 µs."""


@final
class Whereabouts:
    """The database and its log as they were when this was made, with both open."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path
        with translated(path):
            self._found = {file: _identity(file) for file in (path, log_of(path))}
        self._good_until = time.perf_counter() + GOOD_FOR

    def glance(self) -> None:
        """As :meth:`check`, but for what a look that was good has said a moment ago."""
        if time.perf_counter() > self._good_until:
            self.check()

    def check(self) -> None:
        """Raises OutOfPlace when one of them is gone or another one, even if it has the same content."""
        self._good_until = 0.0
        with translated(self._path):
            for file, found in self._found.items():
                try:
                    now = _identity(file)
                except (FileNotFoundError, NotADirectoryError) as error:
                    raise OutOfPlace(path=self._path, detail=f"{file.name} is gone") from error
                if now != found:
                    raise OutOfPlace(path=self._path, detail=f"{file.name} is another file")
        self._good_until = time.perf_counter() + GOOD_FOR


def _identity(file: pathlib.Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_dev, found.st_ino
