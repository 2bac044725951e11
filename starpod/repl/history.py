"""What was typed at the terminal, kept for the arrow keys: one line of JSON each, for its owner alone."""

import json
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TextIO

from prompt_toolkit.history import History

from actors import jsontext
from bus import mask_text

FILE: Final = "repl_history"
"""Its name in ``.starpod``."""
MOST: Final = 2000
"""Entries that are kept."""
LONGEST: Final = 20_000
"""Characters of an entry; a longer one is not kept."""
TOO_LONG: Final = 4_000_000
"""Bytes of a file of which only the end is read."""


class FileHistory(History):
    """Several terminals may add to one file. What cannot be read or written is done without."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def load_history_strings(self) -> Iterable[str]:
        """The newest first."""
        found = list(dict.fromkeys(reversed(self._stored())))
        if len(found) > MOST:
            found = found[:MOST]
            self._replace(reversed(found))
        return found

    def store_string(self, string: str) -> None:
        """Keep an entry, without what looks like a credential."""
        if len(string) > LONGEST or string.startswith(" "):
            return
        try:
            with _opened(self._path, os.O_APPEND) as file:
                file.write(_line(string))
        except OSError:
            pass

    def _stored(self) -> list[str]:
        try:
            with self._path.open("rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    return []
                file.seek(max(0, os.fstat(file.fileno()).st_size - TOO_LONG))
                lines = file.read().decode(errors="replace").splitlines()
        except OSError:
            return []
        return [entry for line in lines if (entry := _entry(line)) is not None]

    def _replace(self, entries: Iterable[str]) -> None:
        """In one step, so that a crash leaves the file as it was."""
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            with _opened(fresh, os.O_TRUNC) as file:
                file.writelines(map(_line, entries))
            fresh.replace(self._path)
        except OSError:
            fresh.unlink(missing_ok=True)


def _opened(path: Path, how: int) -> TextIO:
    """Raises OSError. Nobody else may read it, whoever made it."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | how, 0o600)
    os.fchmod(number, 0o600)
    return os.fdopen(number, "w", encoding="utf-8", errors="replace")


def _line(entry: str) -> str:
    return json.dumps(mask_text(entry), ensure_ascii=False) + "\n"


def _entry(line: str) -> str | None:
    """What a line holds; None for one that was torn."""
    try:
        entry = jsontext.read(line)
    except jsontext.NotJson:
        return None
    return entry if isinstance(entry, str) else None
