"""Making a path what it was. Works on places that :mod:`.paths` has confined."""

import os
from contextlib import suppress
from typing import BinaryIO

from actors.tools import changing
from actors.tools.messages import ChangedMeanwhile, FileError
from actors.tools.paths import GoOn, Home, Place
from actors.tools.states import Look, looks_same
from actors.tools.undoing import Step


def restore(
    home: Home, step: Step, look: Look | None, content: bytes | BinaryIO | None, key: str, go_on: GoOn
) -> None:
    """Make what a step says of a path; it is on the disk when this returns.

    Args:
      home: as the user sees it.
      step: what is to be done.
      look: how what is there looked when that was decided; None for nothing.
      content: of the file or link that is to be there.
      key: names the temporary file.
      go_on: called last before what cannot be taken back.

    Raises ChangedMeanwhile, and what can be wrong with a path, such as a folder that is not empty.
    """
    comes = step.target.kind != "absent"
    with home.place(step.path, follow=False, create=comes, alike=False) as place:

        def as_planned() -> None:
            go_on()
            if not looks_same(changing.look_at(place), look):
                raise ChangedMeanwhile(path=step.path)

        ready = as_planned
        if step.now.kind == "folder":
            ready()
            os.rmdir(place.name, dir_fd=place.directory)
            os.fsync(place.directory)
            ready = go_on
        match step.target.kind:
            case "absent":
                _remove(place, step, ready)
            case "folder":
                _remove(place, step, ready)
                os.mkdir(place.name, 0o700, dir_fd=place.directory)
                os.fsync(place.directory)
            case "link":
                _link(place, content, key, ready)
            case _:
                changing.put(place, content or b"", step.target.mode, key, ready)
    _tidy(home, step)


def _remove(place: Place, step: Step, ready: GoOn) -> None:
    ready()
    if step.now.kind not in ("folder", "absent"):
        changing.remove(place)


def _link(place: Place, content: bytes | BinaryIO | None, key: str, ready: GoOn) -> None:
    target = content if isinstance(content, bytes) else b""
    temporary = f".{key[:16]}.link"
    with suppress(FileNotFoundError):
        os.unlink(temporary, dir_fd=place.directory)
    os.symlink(target, temporary, dir_fd=place.directory)
    try:
        ready()
        os.rename(temporary, place.name, src_dir_fd=place.directory, dst_dir_fd=place.directory)
    except BaseException:
        os.unlink(temporary, dir_fd=place.directory)
        raise
    os.fsync(place.directory)


def _tidy(home: Home, step: Step) -> None:
    """Remove the folders that were made for a file, as far as nothing else lies there."""
    folder = step.path
    for _ in range(step.folders):
        folder = folder.rpartition("/")[0]
        try:
            with home.place(folder, follow=False, alike=False) as place:
                os.rmdir(place.name, dir_fd=place.directory)
                os.fsync(place.directory)
        except FileError:
            return
