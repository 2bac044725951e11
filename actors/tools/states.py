"""What lies under a name: nothing, a file with its content, a link, a folder. Values only."""

from typing import Final, Literal, final

import attrs

from bus import Data

Kind = Literal["absent", "file", "link", "folder", "other"]
"""``other``: a pipe, a socket, a device."""


@final
@attrs.frozen(kw_only=True)
class State(Data):
    """What lies under a name."""

    kind: Kind
    digest: str | None = None
    """SHA-256 of the content of a file, or of where a link points to; None where it was not read."""
    mode: int = 0
    """Permissions of a file or folder."""
    kept: bool = attrs.field(default=True, eq=False)
    """Whether it can be made again."""


ABSENT: Final = State(kind="absent")
FOLDER: Final = State(kind="folder")
UNKNOWN: Final = State(kind="other", kept=False)


@final
@attrs.frozen(kw_only=True)
class Look(Data):
    """What the system says of a name, by which a later change of it shows."""

    kind: Kind
    mode: int
    size: int
    inode: int
    modified: int
    changed: int
    """Both in nanoseconds since 1970; the latter is the system's own, which nobody sets."""


def looks_same(one: Look | None, other: Look | None) -> bool:
    """Whether nothing was changed between two looks; what lies in a folder is no part of it."""
    if one is not None and other is not None and one.kind == other.kind == "folder":
        return one.inode == other.inode
    return one == other


@final
@attrs.frozen(kw_only=True)
class Version(Data):
    """A state that was found under a path, and how that looked."""

    path: str
    state: State
    look: Look
    settled: bool
    """Whether a later change shows in its times: they do not tell apart what follows within some milliseconds."""


@final
@attrs.frozen(kw_only=True)
class Change(Data):
    """What a call, or an undo, does to one path."""

    path: str
    before: State
    after: State
    folders: int = 0
    """How many folders on the way are made along with it."""
    places: int = 0
    """How many places of a text are replaced."""
    id: int = attrs.field(default=0, eq=False)
    """Place among all changes; 0 before it is stored."""
    turn: str = attrs.field(default="", eq=False)
