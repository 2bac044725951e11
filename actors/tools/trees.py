"""Walking through all that lies below a folder of home. No link is followed, so a walk always ends.

Each folder is opened by name from the one before, as in :mod:`.paths`; what another user has sent and ``.starpod`` are
not there.
"""

import os
import stat
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import BinaryIO, Generic, TypeVar, final

import attrs

from actors import atomic
from actors.tools import names
from actors.tools.paths import MAX_DEPTH, GoOn, Home, Place
from bus import Data

S = TypeVar("S")


@final
@attrs.frozen(kw_only=True)
class Entry(Data):
    """Something below a folder, while the walk stands there. It may be gone by now, or be something else."""

    place: Place
    is_directory: bool

    def open(self) -> BinaryIO | None:
        """The file, for reading; None when there is none that can be read."""
        with suppress(OSError):
            if stat.S_ISREG(self.place.stat().st_mode):
                return self.place.open()
        return None


@final
@attrs.frozen
class Walk(Data, Generic[S]):
    """A way through everything below a folder."""

    home: Home
    """As the user sees it."""
    after: Callable[[S, os.DirEntry[str]], S]
    """The state at an entry, from that of the folder it is in. One that is false leaves it out, with all below it."""
    go_on: GoOn
    """Called for each entry."""

    def below(self, base: Place, state: S) -> Generator[tuple[Entry, S]]:
        """What lies below an open directory, in the order of the bytes of the paths; those of folders end in ``/``.

        Folders that cannot be opened, or lie too deep, are passed over.
        """
        above = tuple(name for name in base.real if name != ".")
        for entry in _entries(base.directory):
            self.go_on()
            real = (*above, entry.name)
            if names.is_private(entry.name) or not self.home.shows(real):
                continue
            reached = self.after(state, entry)
            if not reached:
                continue
            is_directory = entry.is_dir(follow_symlinks=False)
            shown = names.shown(os.fsencode(entry.name))
            path = shown if base.path == "." else f"{base.path}/{shown}"
            place = Place(path=path, directory=base.directory, name=entry.name, real=real)
            yield Entry(place=place, is_directory=is_directory), reached
            if is_directory and len(real) <= MAX_DEPTH:
                yield from self._inside(place, reached)

    def _inside(self, place: Place, state: S) -> Generator[tuple[Entry, S]]:
        try:
            handle = atomic.enter(place.directory, place.name)
        except OSError:
            return
        try:
            inside = attrs.evolve(place, directory=handle, name=".", real=(*place.real, "."))
            yield from self.below(inside, state)
        finally:
            os.close(handle)


def _entries(directory: int) -> Iterator[os.DirEntry[str]]:
    with os.scandir(directory) as entries:
        return iter(sorted(entries, key=_order))


def _order(entry: os.DirEntry[str]) -> bytes:
    return os.fsencode(entry.name) + b"/" * entry.is_dir(follow_symlinks=False)
