"""Changes of single files, each first planned, with what is there, then carried out in one step.

Between the two, what is there is kept. So that it is what is replaced, carrying out begins with another look.
"""

import io
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from typing import BinaryIO, final

import attrs

from actors import atomic
from actors.tools import contents, names, reading
from actors.tools.contents import Content
from actors.tools.diffs import unified
from actors.tools.editing import replaced
from actors.tools.looking import Keep, look_of
from actors.tools.messages import (
    MAX_LOADED,
    ChangedMeanwhile,
    FileNotFound,
    IsADirectory,
    NotADirectory,
    NotText,
)
from actors.tools.paths import GoOn, Home, Place
from actors.tools.states import ABSENT, Change, Look, State, looks_same
from bus import Data


@final
@attrs.frozen(kw_only=True)
class Plan(Data):
    """A change that is about to be made."""

    asked: str
    """The path as it was asked for, normalised."""
    change: Change
    look: Look | None
    """How what is there looks; None for nothing."""
    content: Content | None
    """What it holds, where that is kept."""
    data: bytes | None
    """What is to be there; None for nothing."""
    diff: str = ""
    """What that changes, for a person; empty where it is no text, or too much of it."""


def real_path(place: Place) -> str:
    """The path from home to a place, without links, as it is stored."""
    return "/".join(names.shown(os.fsencode(name)) for name in _names(place))


def _names(place: Place) -> tuple[str, ...]:
    return tuple(name for name in place.real if name != ".")


# --- planning ---------------------------------------------------------------------------------------------


def plan_write(keep: Keep, path: str, data: bytes) -> Plan:
    """Replace or create a file. Raises IsADirectory, NotARegularFile and what can be wrong with a path."""
    try:
        with keep.home.place(path) as place:
            if place.name == ".":
                raise IsADirectory(path=place.path)
            place.require_regular(place.stat())
            look, before, content = keep.state(place)
            change = Change(path=real_path(place), before=before, after=_file(data, before.mode))
            diff = _diff(None if content is None else content.data, data)
            return Plan(asked=place.path, change=change, look=look, content=content, data=data, diff=diff)
    except FileNotFound:
        return _plan_new(keep.home, path, data)


def _plan_new(home: Home, path: str, data: bytes) -> Plan:
    asked = names.components(path)
    above, known = _deepest(home, asked)
    new = [names.written(name) for name in asked[known:]]
    if not home.shows((*above, *new)):
        raise FileNotFound(path="/".join(asked))
    shown = "/".join(names.shown(os.fsencode(name)) for name in (*above, *new))
    change = Change(path=shown, before=ABSENT, after=_file(data, atomic.OURS), folders=len(new) - 1)
    asked_for = "/".join(asked)
    return Plan(asked=asked_for, change=change, look=None, content=None, data=data, diff=_diff(b"", data))


def _deepest(home: Home, asked: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """The names, without links, of the deepest folder on the way that is there, and how many were asked for."""
    for known in range(len(asked) - 1, 0, -1):
        with suppress(NotADirectory), home.directory("/".join(asked[:known])) as folder:
            return _names(folder), known
    return (), 0


def plan_edit(keep: Keep, path: str, old: str, new: str, *, everywhere: bool) -> Plan:
    """Replace text in a file. Raises what :func:`editing.replaced` raises, NotText, what can be wrong with a path."""
    with keep.home.place(path) as place:
        with place.open() as file:
            look = look_of(os.fstat(file.fileno()))
            data = reading.load(file, place.path, MAX_LOADED, keep.go_on)
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise NotText(path=place.path, size=len(data)) from error
        edited, count = replaced(text, old, new, everywhere=everywhere, path=place.path)
        content = keep.contents.take(io.BytesIO(data), keep.limit, keep.go_on)
        before = attrs.evolve(_file(data, look.mode), kept=content is not None)
        after = _file(edited.encode(), look.mode)
        change = Change(path=real_path(place), before=before, after=after, places=count)
        return Plan(
            asked=place.path,
            change=change,
            look=look,
            content=content,
            data=edited.encode(),
            diff=unified(text, edited),
        )


def plan_delete(keep: Keep, path: str) -> Plan:
    """Remove a file or a link, never what a link points to. Raises IsADirectory and what can be wrong with a path."""
    with keep.home.place(path, follow=False) as place:
        if stat.S_ISDIR(place.stat().st_mode):
            raise IsADirectory(path=place.path)
        look, before, content = keep.state(place)
        return Plan(
            asked=place.path,
            change=Change(path=real_path(place), before=before, after=ABSENT),
            look=look,
            content=content,
            data=None,
            diff=_diff(content.data, b"")
            if content is not None and look is not None and look.kind == "file"
            else "",
        )


def _diff(before: bytes | None, after: bytes) -> str:
    if before is None or b"\0" in before:
        return ""
    try:
        return unified(before.decode(), after.decode())
    except UnicodeDecodeError:
        return ""


def _file(data: bytes, mode: int) -> State:
    return State(kind="file", digest=contents.digest_of(data), mode=mode)


# --- carrying out -----------------------------------------------------------------------------------------


def carry_out(home: Home, plan: Plan, key: str, go_on: GoOn) -> None:
    """Make a change in one step; it is on the disk when this returns.

    Args:
      home: as the user sees it.
      plan: what is to be done.
      key: names the temporary file: done again with the same key, it clears away what a crash left behind.
      go_on: called last before what cannot be taken back.

    Raises ChangedMeanwhile where something else is there by now, and what can be wrong with a path.
    """
    is_written = plan.data is not None
    with home.place(plan.asked, follow=is_written, create=is_written) as place:

        def ready() -> None:
            go_on()
            if real_path(place) != plan.change.path or not looks_same(look_at(place), plan.look):
                raise ChangedMeanwhile(path=plan.asked)

        if plan.data is None:
            ready()
            remove(place)
        else:
            put(place, plan.data, plan.change.after.mode, key, ready)


def look_at(place: Place) -> Look | None:
    """How what is at a place looks; None for nothing. Raises OSError."""
    try:
        return look_of(place.stat())
    except FileNotFoundError:
        return None


def remove(place: Place) -> None:
    """Remove what is no folder. Raises OSError."""
    os.unlink(place.name, dir_fd=place.directory)
    os.fsync(place.directory)


def put(place: Place, data: bytes | BinaryIO, mode: int, key: str, go_on: GoOn) -> None:
    """Make a file, or replace what is there. Raises OSError."""

    def fill(file: BinaryIO) -> None:
        source = io.BytesIO(data) if isinstance(data, bytes) else data
        while piece := source.read(contents.CHUNK):
            file.write(piece)

    temporary = f".{sha256(key.encode()).hexdigest()[:16]}.tmp"
    atomic.fill(place.directory, place.name, fill, mode=mode, temporary=temporary, go_on=go_on)
