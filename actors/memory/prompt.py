"""The notes that are part of every prompt of a user, as they are on the disk."""

import stat
from datetime import UTC, datetime
from typing import final

from actors.context import Section
from actors.memory import daily, names
from actors.memory.context import LOGS, Caps, Note, assembled
from actors.memory.files import Folder
from actors.memory.messages import BadName, TooLarge
from actors.memory.names import Name

_Stamp = tuple[int, int, int] | None
"""Time of change in nanoseconds, bytes and inode of a file; None where there is none."""


@final
class Prompt:
    """Reads them, and sees whether somebody has changed one by hand since. Raises OSError for a whole folder."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._known: dict[Name, _Stamp] = {}
        """As they were read or written last."""

    def section(self, caps: Caps) -> Section:
        """What the model is told."""
        personal = [
            Note(
                header=each,
                name=each,
                text=self._read(each),
                kind="profile" if each == names.PROFILE else "note",
                date=self._changed(each),
            )
            for each in names.PERSONAL
        ]
        logs = [
            Note(
                header=f"daily/{each}",
                name=name,
                text=self._read(name),
                newest_last=True,
                kind="log",
                date=each[: len("YYYY-MM-DD")],
            )
            for each in self._logs()
            for name in (f"{names.LOGS}/{each}",)
        ]
        return assembled((*personal, *logs), caps)

    def holds(self, name: Name) -> bool:
        """Whether a note is one of them."""
        return name in self._known

    def wrote(self, name: Name) -> None:
        """One of them was changed by whoever keeps it."""
        self._known[name] = self._stamp(name)

    def is_as_known(self) -> bool:
        """Whether every note is as it was read or written last; one that is not is seen once. Does not wait.

        False, too, where that cannot be told: reading them says why.
        """
        known = dict(self._known)
        try:
            now = {name: self._stamp(name) for name in known}
        except OSError:
            return False
        self._known.update(now)
        return now == known

    def _read(self, text: str) -> str:
        name = names.checked(text)
        self._known[name] = self._stamp(name)
        try:
            return (self._folder.read(name) or b"").decode("utf-8", "replace")
        except (BadName, TooLarge) as error:
            return f"[{error}]"
        except OSError as error:
            return f"[{text} cannot be read: {error.strerror}]"

    def _changed(self, text: str) -> str | None:
        """The day on which a note that was read was last changed, in UTC; None for one that is not there."""
        stamp = self._known[names.checked(text)]
        return None if stamp is None else datetime.fromtimestamp(stamp[0] / 1e9, UTC).date().isoformat()

    def _stamp(self, name: Name) -> _Stamp:
        found = self._folder.stat(name)
        return None if found is None else (found.st_mtime_ns, found.st_size, found.st_ino)

    def _logs(self) -> list[str]:
        """File names of the newest daily logs, the newest first. What is called otherwise is none."""
        folder = self._folder.root / names.LOGS
        try:
            if not stat.S_ISDIR(folder.lstat().st_mode):
                return []
            found = [(place, each.name) for each in folder.iterdir() if (place := daily.place(each.name))]
        except FileNotFoundError:
            return []
        return [name for _, name in sorted(found, reverse=True)[:LOGS]]
