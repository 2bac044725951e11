"""What people delete, and how they get it back: by whoever has deleted it, and for as long as it is kept."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import Proof
from bus import Abandon, ActorError, Command, Data, ErrorKind, Request

from .browsing import ETAG, IN_HOME, FileKind, Stored
from .errors import FileError


@attrs.define(eq=False, kw_only=True)
class NotKept(FileError):
    """It would be gone for good, and that was not wanted. It is where it was."""

    kind: ClassVar[ErrorKind] = "conflict"

    def __str__(self) -> str:
        return f"{self.path} cannot be kept once it is deleted: it is too large, or lies on another disk"


@attrs.define(eq=False, kw_only=True)
class NotInTrash(ActorError):
    """Nothing of this id is kept, or somebody else has deleted it."""

    kind: ClassVar[ErrorKind] = "not_found"
    id: str

    def __str__(self) -> str:
        return f"there is nothing deleted with the id {self.id}; it may be gone for good by now"


@final
@attrs.frozen(kw_only=True)
class Removed(Data):
    """It is there no more."""

    path: str
    etag: Literal[""] = ""
    status: Literal["ok"] = "ok"
    kept: str | None
    """By this id it can be put back; None: it is gone for good."""


@endpoint("DELETE", "/api/files")
@final
@attrs.frozen(kw_only=True)
class Remove(Request[Removed]):
    """Delete a file, a link, or a folder with all in it. What fits into `[checkpoints]` is kept and can be put back.

    The header `If-Match` is another way to give `etag`.

    Raises FilesNotAllowed, FileNotFound, FileIsAnother, FolderStays, NotKept, InvalidPath, FileSystemRefused.
    """

    version: ClassVar[int] = 2
    within: ClassVar[float] = 120.0
    abandon: ClassVar[Abandon] = Abandon.FINISH
    path: Annotated[str, IN_HOME]
    etag: Annotated[str | None, ETAG] = None
    for_good: Annotated[
        bool | None,
        described(
            "True keeps nothing; false refuses what cannot be kept; left out, it is kept where it can be."
        ),
    ] = None
    user: str
    proof: Proof


@final
@attrs.frozen(kw_only=True)
class InTrash(Data):
    """Something that was deleted and can be put back."""

    id: str
    path: str
    """Where it was."""
    type: FileKind
    size: int
    """Bytes; of a folder, those of all files in it."""
    deleted_at: datetime
    until: datetime
    """It is gone for good then, or sooner when there is no room."""


@endpoint("GET", "/api/files/trash")
@final
@attrs.frozen(kw_only=True)
class ListTrash(Request[tuple[InTrash, ...]]):
    """What one has deleted oneself and can put back, the latest first. Raises FilesNotAllowed, FileSystemRefused."""

    max_bytes: ClassVar[int] = 8 * 1024 * 1024
    limit: Annotated[int, described("At most so many.", ge=1, le=1000)] = 1000
    user: str
    proof: Proof


@endpoint("POST", "/api/files/trash/{id}/restore")
@final
@attrs.frozen(kw_only=True)
class Restore(Request[Stored]):
    """Put back what was deleted, where it was or at another path; folders on the way are made.

    Raises FilesNotAllowed, NotInTrash, FileExists, InvalidPath, FileSystemRefused.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str
    to: Annotated[str | None, described("Where to, if not where it was.", max_length=4000)] = None
    user: str
    proof: Proof


@endpoint("DELETE", "/api/files/trash/{id}", status=204)
@final
@attrs.frozen(kw_only=True)
class Erase(Request[None]):
    """Delete for good what was deleted. Raises FilesNotAllowed, NotInTrash, FileSystemRefused."""

    within: ClassVar[float] = 120.0
    abandon: ClassVar[Abandon] = Abandon.FINISH
    id: str
    user: str
    proof: Proof


@final
@attrs.frozen(kw_only=True)
class ClearTrash(Command):
    """Delete for good what was deleted long enough ago. The tools actor tells itself."""
