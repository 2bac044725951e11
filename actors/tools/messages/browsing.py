"""Files as a person looks at and changes them, in the page or by a program: no calls of tools, and in no transcript.

Links are shown and neither followed nor changed, and what other users have sent is not there.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Literal, final

import attrs

from actors.endpoints import endpoint
from actors.shapes import described
from actors.vocabulary import Proof
from bus import Abandon, ActorError, Data, ErrorKind, Request

from .errors import FileError
from .handing import SentFile

MOST_LISTED = 10_000
"""Entries of a folder that are told at once."""
MOST_COUNTED = 100_000
"""Names below a folder that are counted."""
MOST_PACKED = 10_000
"""Names below a folder that are packed into one file."""
MOST_PACKED_BYTES = 2 * 1024**3
MOST_TEXT = 4 * 1024 * 1024
"""Bytes of a text that is read as a whole."""
FileKind = Literal["file", "directory", "link", "other"]
IN_HOME = described("In the home folder.", max_length=4000)
ETAG = described(
    "What is there now, as it was told; refused when it is something else by then.", max_length=100
)


@attrs.define(eq=False)
class FilesNotAllowed(ActorError):
    """Who asks is neither an admin nor has `filesystem_enabled`."""

    kind: ClassVar[ErrorKind] = "forbidden"

    def __str__(self) -> str:
        return "your account may not look at the files of the agent; an admin can allow it"


@attrs.define(eq=False, kw_only=True)
class FileIsAnother(FileError):
    """What is there is not what the client has seen. It stays as it is."""

    kind: ClassVar[ErrorKind] = "conflict"

    def __str__(self) -> str:
        return f"{self.path} is not what it was when you read it; read it again"


@attrs.define(eq=False, kw_only=True)
class FileExists(FileError):
    """Something is there that was not to be replaced."""

    kind: ClassVar[ErrorKind] = "conflict"

    def __str__(self) -> str:
        return f"{self.path} is there already"


@attrs.define(eq=False, kw_only=True)
class FolderStays(FileError):
    """A folder that is not deleted or moved as a whole: home, that of uploads, or one with what is not for tools."""

    kind: ClassVar[ErrorKind] = "forbidden"

    def __str__(self) -> str:
        return f"{self.path} stays where it is"


@attrs.define(eq=False, kw_only=True)
class TooMuchToPack(FileError):
    """A folder holds more than is given as one file."""

    kind: ClassVar[ErrorKind] = "too_large"

    def __str__(self) -> str:
        return (
            f"{self.path} holds more than {MOST_PACKED:,} files and folders, or more than "
            f"{MOST_PACKED_BYTES // 2**30} GiB; take its folders one by one"
        )


@final
@attrs.frozen(kw_only=True)
class FileEntry(Data):
    """One name in a folder."""

    name: str
    """That of a folder ends in ``/``."""
    type: FileKind
    size: int
    """Bytes of a file; 0 of anything else."""
    modified_at: datetime
    mime_type: str | None
    """Of a file, by its name."""
    etag: str
    """Another one: it was changed. To be shown when it is deleted."""


@final
@attrs.frozen(kw_only=True)
class FileFacts(Data):
    """What there is under a path."""

    path: str
    type: FileKind
    size: int
    """Bytes of a file, or of all files that were counted in a folder."""
    modified_at: datetime
    mime_type: str | None
    """Of a file, by its name."""
    etag: str
    """Another one: it was changed. To be shown when it is deleted."""
    files: int = 0
    """Names below a folder that are no folders, where they were counted."""
    folders: int = 0
    """Folders below it, likewise."""
    complete: bool = True
    """Whether there is no more than was counted."""
    kept_days: int | None = None
    """Days for which it can be put back once it is deleted: 0, it is gone at once; None, it was not counted."""


@final
@attrs.frozen(kw_only=True)
class WholeText(Data):
    """A text file."""

    path: str
    content: str
    size: int
    """Bytes."""
    mime_type: str
    etag: str
    """To be shown when it is written, so that nobody's changes are lost."""


@final
@attrs.frozen(kw_only=True)
class Stored(Data):
    """It is on the disk."""

    path: str
    etag: str
    """Empty for a folder, and for what is no more."""
    status: Literal["ok"] = "ok"


@endpoint("GET", "/api/files")
@final
@attrs.frozen(kw_only=True)
class Browse(Request[tuple[FileEntry, ...]]):
    """What is in a folder, in the order of the bytes of the names.

    Raises FilesNotAllowed, NotADirectory, InvalidPath, FileSystemRefused.
    """

    max_bytes: ClassVar[int] = 8 * 1024 * 1024
    path: Annotated[str, IN_HOME] = "."
    offset: Annotated[int, described("Entries to pass over.", ge=0)] = 0
    limit: Annotated[int, described("At most so many.", ge=1, le=MOST_LISTED)] = 1000
    user: str
    proof: Proof


@endpoint("GET", "/api/files/stat")
@final
@attrs.frozen(kw_only=True)
class Stat(Request[FileFacts]):
    """What there is under a path: a file, a folder, a link, which is not followed, or something else.

    Raises FilesNotAllowed, FileNotFound, InvalidPath, FileSystemRefused.
    """

    within: ClassVar[float] = 60.0
    path: Annotated[str, IN_HOME]
    count: Annotated[bool, described("Whether to count what is in a folder, up to 100,000 names.")] = False
    user: str
    proof: Proof


@endpoint("GET", "/api/files/read")
@final
@attrs.frozen(kw_only=True)
class ReadText(Request[WholeText]):
    """All of a text file of at most 4 MiB; any other can be had at `/api/files/raw`.

    Raises FilesNotAllowed, FileNotFound, IsADirectory, NotText, FileTooLarge, InvalidPath, FileSystemRefused.
    """

    max_bytes: ClassVar[int] = 4 * MOST_TEXT
    path: Annotated[str, IN_HOME]
    user: str
    proof: Proof


@endpoint("PUT", "/api/files/write")
@final
@attrs.frozen(kw_only=True)
class WriteText(Request[Stored]):
    """Make or replace a text file in one step, with the folders on the way.

    The header `If-Match` is another way to give `etag`.

    Raises FilesNotAllowed, FileIsAnother, IsADirectory, NotARegularFile, InvalidPath, FileSystemRefused.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = 4 * MOST_TEXT
    path: Annotated[str, IN_HOME]
    content: str
    etag: Annotated[
        str | None,
        described(
            "What is there now, as it was told; refused when it is something else by then. Empty: nothing is there.",
            max_length=100,
        ),
    ] = None
    user: str
    proof: Proof


@endpoint("POST", "/api/files/mkdir")
@final
@attrs.frozen(kw_only=True)
class MakeFolder(Request[Stored]):
    """Make a folder, and those on the way; one that is there stays.

    Raises FilesNotAllowed, FileExists, InvalidPath, FileSystemRefused.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    path: Annotated[str, IN_HOME]
    user: str
    proof: Proof


@endpoint("POST", "/api/files/move")
@final
@attrs.frozen(kw_only=True)
class Move(Request[Stored]):
    """Give a file or folder another name or place; folders on the way are made.

    The header `If-Match` is another way to give `etag`.

    Raises FilesNotAllowed, FileNotFound, FileIsAnother, FileExists, FolderStays, InvalidPath, FileSystemRefused.
    """

    version: ClassVar[int] = 2
    abandon: ClassVar[Abandon] = Abandon.FINISH
    path: Annotated[str, IN_HOME]
    to: Annotated[str, described("The new path, its name included.", max_length=4000)]
    replace: Annotated[bool, described("Whether a file that is there may be replaced.")] = False
    etag: Annotated[str | None, ETAG] = None
    user: str
    proof: Proof


@final
@attrs.frozen(kw_only=True)
class TreeEntry(Data):
    """Something below a folder."""

    path: str
    """From home on."""
    name: str
    """From the folder on."""
    is_folder: bool
    size: int
    modified_at: datetime


@final
@attrs.frozen(kw_only=True)
class FileTree(Data):
    """Folders and files below a folder, each folder before what is in it."""

    name: str
    """The folder's."""
    at: datetime
    """When its names changed last."""
    entries: tuple[TreeEntry, ...]


@final
@attrs.frozen(kw_only=True)
class ListTree(Request[FileTree]):
    """All that is below a folder, to be packed: no links, and nothing that is neither file nor folder.

    Raises FilesNotAllowed, TooMuchToPack, NotADirectory, InvalidPath, FileSystemRefused.
    """

    within: ClassVar[float] = 60.0
    max_bytes: ClassVar[int] = 32 * 1024 * 1024
    path: str
    user: str
    proof: Proof


@final
@attrs.frozen(kw_only=True)
class PlaceFiles(Request[tuple[Stored, ...]]):
    """Put files of an upload into a folder under their own names: all of them or, when one is refused, none.

    Raises FilesNotAllowed, FileExists, InvalidPath, FileSystemRefused and what can be wrong with a file.
    """

    within: ClassVar[float] = 60.0
    abandon: ClassVar[Abandon] = Abandon.FINISH
    upload: str
    """As for SaveUpload."""
    files: tuple[SentFile, ...]
    path: str
    replace: bool = False
    user: str
    proof: Proof
