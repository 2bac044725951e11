"""Looking at all of home, quickly: what is there, how it looks, and what of it has changed since the last time."""

import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, final

import attrs

from actors import atomic
from actors.tools import contents, names
from actors.tools.contents import Content, Contents
from actors.tools.messages import FileError, FileNotFound, NotADirectory
from actors.tools.paths import MAX_DEPTH, GoOn, Home, Place
from actors.tools.states import ABSENT, FOLDER, UNKNOWN, Kind, Look, State, Version, looks_same
from bus import Data

SETTLED: Final = 50_000_000
"""Nanoseconds after which a change shows in the times of a file: they advance in steps of a few milliseconds."""
BATCH: Final = 200
"""Files that are read and kept at once."""
BATCH_BYTES: Final = 64 * 1024 * 1024


def look_of(found: os.stat_result) -> Look:
    """What the system says of a name."""
    kind: Kind = "other"
    if stat.S_ISREG(found.st_mode):
        kind = "file"
    elif stat.S_ISDIR(found.st_mode):
        kind = "folder"
    elif stat.S_ISLNK(found.st_mode):
        kind = "link"
    return Look(
        kind=kind,
        mode=stat.S_IMODE(found.st_mode) & 0o777 if kind == "file" else 0,
        size=found.st_size if kind != "folder" else 0,
        inode=found.st_ino,
        modified=found.st_mtime_ns,
        changed=found.st_ctime_ns,
    )


@final
@attrs.define(kw_only=True)
class Survey:
    """What is in home, by path; folders that are left out are there as ``other``."""

    found: dict[str, Look] = attrs.field(factory=dict[str, Look])
    left_out: list[str] = attrs.field(factory=list[str])
    partial: bool = False
    """Whether there is more than was looked at."""


def survey(home: Home, skipped: Collection[str], most: int, go_on: GoOn) -> Survey:
    """Look at everything in home but links' targets.

    Args:
      home: as who asks sees it.
      skipped: names of folders that are left out, with all in them.
      most: how many names at most.
      go_on: called for each folder.
    """
    result = Survey()
    with home.directory(".") as base:
        _survey(home, base.directory, (), "", frozenset(skipped), most, go_on, result)
    return result


def _survey(
    home: Home,
    directory: int,
    real: tuple[str, ...],
    shown: str,
    skipped: frozenset[str],
    most: int,
    go_on: GoOn,
    result: Survey,
) -> None:
    go_on()
    folders: list[tuple[str, str]] = []
    with os.scandir(directory) as entries:
        for entry in entries:
            if names.is_private(entry.name) or not home.shows((*real, entry.name)):
                continue
            if len(result.found) >= most:
                result.partial = True
                return
            try:
                look = look_of(entry.stat(follow_symlinks=False))
            except FileNotFoundError:
                continue
            path = shown + names.shown(os.fsencode(entry.name))
            if look.kind == "folder" and (entry.name in skipped or len(real) >= MAX_DEPTH):
                look = attrs.evolve(look, kind="other")
                result.left_out.append(path)
            elif look.kind == "folder":
                folders.append((entry.name, path))
            result.found[path] = look
    for name, path in folders:
        try:
            handle = atomic.enter(directory, name)
        except OSError:
            result.found[path] = attrs.evolve(result.found[path], kind="other")
            result.left_out.append(path)
            continue
        try:
            _survey(home, handle, (*real, name), f"{path}/", skipped, most, go_on, result)
        finally:
            os.close(handle)


def changed(known: Mapping[str, Version], found: Mapping[str, Look]) -> list[str]:
    """Paths that are new or may have changed since they were known."""
    return [path for path, look in found.items() if not _is_same(known.get(path), look)]


def _is_same(version: Version | None, look: Look) -> bool:
    return version is not None and version.settled and looks_same(version.look, look)


def batches(looks: Mapping[str, Look]) -> Iterator[dict[str, Look]]:
    """Paths in portions that can be read at once."""
    some: dict[str, Look] = {}
    size = 0
    for path, look in looks.items():
        some[path] = look
        size += look.size
        if len(some) == BATCH or size > BATCH_BYTES:
            yield some
            some, size = {}, 0
    if some:
        yield some


def left_out(path: str, look: Look) -> Version:
    """A folder that was not looked into."""
    return Version(path=path, state=UNKNOWN, look=look, settled=True)


def now(home: Home, paths: Iterable[str], go_on: GoOn) -> dict[str, tuple[State, Look | None]]:
    """What lies under paths, from home on, and how it looks; nothing of it is kept."""
    return {path: _now(home, path, go_on) for path in paths}


def _now(home: Home, path: str, go_on: GoOn) -> tuple[State, Look | None]:
    try:
        with home.place(path, follow=False, alike=False) as place:
            found = place.stat()
            look = look_of(found)
            if look.kind == "file":
                with place.open() as file:
                    return State(
                        kind="file", digest=contents.digest_of_file(file, go_on), mode=look.mode
                    ), look
            return _other(place, look)[0], look
    except (FileNotFound, NotADirectory):
        return ABSENT, None
    except FileError:  # a link stands in the way, or it may not be read
        return UNKNOWN, None


def _other(place: Place, look: Look) -> tuple[State, Content | None]:
    """What is no file."""
    if look.kind == "folder":
        return FOLDER, None
    if look.kind == "link":
        content = contents.small(os.fsencode(os.readlink(place.name, dir_fd=place.directory)))
        return State(kind="link", digest=content.digest), content
    return UNKNOWN, None


@final
@attrs.frozen
class Keep(Data):
    """Reads states of files, and keeps what they hold."""

    home: Home
    contents: Contents
    limit: int
    """Bytes of a content that is kept."""
    go_on: GoOn

    def versions(
        self, looks: Mapping[str, Look], now: int, room: int
    ) -> Iterator[tuple[Version, Content | None]]:
        """What lies under paths, from home on, with what it holds; none for what is gone.

        Args:
          looks: how each looked; of what cannot be read that is all there is to know.
          now: nanoseconds since 1970, no later than when it is read.
          room: bytes that all contents together may have.
        """
        for path, look in looks.items():
            within = attrs.evolve(self, limit=min(self.limit, room))
            try:
                with self.home.place(path, follow=False, alike=False) as place:
                    found, state, content = within.state(place)
            except FileNotFound:
                continue
            except FileError:
                found, state, content = look, State(kind=look.kind, mode=look.mode, kept=False), None
            if found is not None:
                room -= 0 if content is None else content.size
                settled = state.kind == "folder" or found.changed + SETTLED < now
                yield Version(path=path, state=state, look=found, settled=settled), content

    def at(self, path: str) -> tuple[State, Content | None]:
        """What lies under a path, from home on, and what it holds."""
        try:
            with self.home.place(path, follow=False, alike=False) as place:
                _, state, content = self.state(place)
                return state, content
        except (FileNotFound, NotADirectory):
            return ABSENT, None
        except FileError:
            return UNKNOWN, None

    def state(self, place: Place) -> tuple[Look | None, State, Content | None]:
        """What lies at a place: how it looks, what it is, and what it holds, kept if it is large. Raises OSError."""
        try:
            found = place.stat()
        except FileNotFoundError:
            return None, ABSENT, None
        look = look_of(found)
        if look.kind != "file":
            return look, *_other(place, look)
        with place.open() as file:
            content = self.contents.take(file, self.limit, self.go_on)
        digest = None if content is None else content.digest
        return look, State(kind="file", digest=digest, mode=look.mode, kept=content is not None), content
