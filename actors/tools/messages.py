"""Front door of the tools subsystem: files in the agent's home, and what may be known of its environment.

What people have sent lies in ``uploads/``, in a folder of each user, which is not there for anybody else.

Paths are relative to home, with forward slashes. Absolute paths, ``..``, anything called ``.starpod`` and symbolic
links that lead out of home are refused with :class:`InvalidPath`.
"""

import json
import os
from typing import Annotated, Any, BinaryIO, ClassVar, Literal, final

import attrs

from actors.tooling import Rendered, ToolReply, described, from_context, tool
from actors.vocabulary import ADMIN, Attachment, Document, Image, Text, quoted
from bus import Abandon, ActorError, Data, ErrorKind, Request

ImageType = Literal["image/png", "image/jpeg", "image/gif", "image/webp"]
FOLDERS = ("desktop", "documents", "downloads", "projects", "scripts", "temp")
"""Where files in home belong."""
UPLOADS = "uploads"
"""The folder with what people have sent, in one of each user."""
MAX_LOADED = 20 * 1024 * 1024
"""Bytes of a file that is handed on as a whole."""


# --- errors: what the model reads -------------------------------------------------------------------------


@attrs.define(eq=False, kw_only=True)
class FileError(ActorError):
    """Base of what can be wrong with a file. `path` is as it was asked for."""

    path: str


@attrs.define(eq=False, kw_only=True)
class InvalidPath(FileError):
    """The path may not be used, whatever is there."""

    reason: str

    def __str__(self) -> str:
        return f"Invalid path: {self.reason}"


@attrs.define(eq=False, kw_only=True)
class FileNotFound(FileError):
    kind: ClassVar[ErrorKind] = "not_found"

    def __str__(self) -> str:
        return f"File not found: {self.path}"


@attrs.define(eq=False, kw_only=True)
class AmbiguousName(FileError):
    """There is no such name, but several that look like it."""

    candidates: tuple[str, ...]

    def __str__(self) -> str:
        return f"Several names look like {self.path}; use one of them exactly: {', '.join(map(repr, self.candidates))}"


@attrs.define(eq=False, kw_only=True)
class NotADirectory(FileError):
    missing: bool = False

    def __str__(self) -> str:
        return f"Not a directory: {self.path}" + (" (it does not exist)" if self.missing else "")


@attrs.define(eq=False, kw_only=True)
class IsADirectory(FileError):
    def __str__(self) -> str:
        return f"Is a directory: {self.path}"


@attrs.define(eq=False, kw_only=True)
class NotARegularFile(FileError):
    """A pipe, socket or device: reading it could wait for ever."""

    def __str__(self) -> str:
        return f"Not a regular file: {self.path}"


@attrs.define(eq=False, kw_only=True)
class NotText(FileError):
    size: int

    def __str__(self) -> str:
        return f"Not a UTF-8 text file: {self.path} ({self.size} bytes)"


@attrs.define(eq=False, kw_only=True)
class FileTooLarge(FileError):
    kind: ClassVar[ErrorKind] = "too_large"
    size: int
    limit: int

    def __str__(self) -> str:
        return f"File too large: {self.path} is {self.size} bytes, the limit is {self.limit} bytes"


@attrs.define(eq=False, kw_only=True)
class Restricted(ActorError):
    """The owner has not allowed this variable, whether it is set or not."""

    kind: ClassVar[ErrorKind] = "forbidden"
    key: str

    def __str__(self) -> str:
        return (
            f"Access to environment variable {quoted(self.key)} is restricted; the owner allows them "
            "by name with env_allowed in [tools]"
        )


@attrs.define(eq=False, kw_only=True)
class FileSystemRefused(FileError):
    """The operating system said no: no permission, disk full, read-only, input/output error."""

    kind: ClassVar[ErrorKind] = "unavailable"
    reason: str

    def __str__(self) -> str:
        return f"Cannot use {self.path}: {self.reason}"


@attrs.define(eq=False, kw_only=True)
class AttachmentRefused(ActorError):
    """Base of why a file that somebody sent is not taken. `name` is the file's."""

    name: str


@attrs.define(eq=False, kw_only=True)
class AttachmentsDisabled(AttachmentRefused):
    kind: ClassVar[ErrorKind] = "forbidden"

    def __str__(self) -> str:
        return f"{self.name} was not accepted: attachments are disabled"


@attrs.define(eq=False, kw_only=True)
class AttachmentTooLarge(AttachmentRefused):
    kind: ClassVar[ErrorKind] = "too_large"
    size: int
    limit: int

    def __str__(self) -> str:
        size, limit = self.size / 2**20, self.limit / 2**20
        return f"{self.name} was not accepted: it has {size:.1f} MB, the limit is {limit:.1f} MB"


@attrs.define(eq=False, kw_only=True)
class ExtensionNotAllowed(AttachmentRefused):
    extension: str
    allowed: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} was not accepted: '.{self.extension}' is not one of {', '.join(self.allowed)}"


class _OfUser:
    """A request that says for whom it is; before the second version there was one user."""

    __slots__ = ()
    version: ClassVar[int] = 2

    @classmethod
    def upcast(cls, version: int, body: dict[str, Any]) -> dict[str, Any]:
        return body if version > 1 else {**body, "user": ADMIN}


# --- tools of the model -----------------------------------------------------------------------------------

_PATH = described("In the home folder.")


@final
@attrs.frozen(kw_only=True)
class FileText(ToolReply):
    """Text of a file, or the part of it that was asked for and fits."""

    text: str
    note: str = ""
    """What the model has to know about the text: that it was cut, and where to go on; that it is empty."""
    type: Literal["text"] = "text"

    def rendered(self) -> Rendered:
        return Rendered(content=(Text(text="\n".join(filter(None, (self.text, self.note)))),))


@final
@attrs.frozen(kw_only=True)
class ImageFile(ToolReply):
    """A picture, by reference."""

    path: str
    media_type: ImageType
    size: int
    """Bytes."""
    type: Literal["image"] = "image"

    def rendered(self) -> Rendered:
        text = Text(text=f"Image: {self.path} ({self.media_type}, {self.size} bytes)")
        return Rendered(content=(text, Image(media_type=self.media_type, path=self.path)))


@final
@attrs.frozen(kw_only=True)
class DocumentFile(ToolReply):
    """A PDF, by reference."""

    path: str
    size: int
    """Bytes."""
    media_type: Literal["application/pdf"] = "application/pdf"
    type: Literal["document"] = "document"

    def rendered(self) -> Rendered:
        text = Text(text=f"Document: {self.path} ({self.media_type}, {self.size} bytes)")
        name = self.path.rpartition("/")[2]
        return Rendered(content=(text, Document(media_type=self.media_type, path=self.path, name=name)))


@tool(
    "FileRead",
    "Read a text file, or look at a picture (PNG, JPEG, GIF, WebP) or a PDF.",
    effect="pure",
)
@final
@attrs.frozen(kw_only=True)
class FileRead(_OfUser, Request[FileText | ImageFile | DocumentFile]):
    """Raises FileNotFound, IsADirectory, NotARegularFile, NotText, FileTooLarge, InvalidPath, FileSystemRefused."""

    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    path: Annotated[str, _PATH]
    offset: Annotated[int, described("First line, counted from 1.", ge=0)] = 1
    limit: Annotated[int | None, described("Most lines; all by default.", ge=1)] = None
    skip: Annotated[int, described("Characters of that line to pass over.", ge=0)] = 0
    user: Annotated[str, from_context("user")]


@final
@attrs.frozen(kw_only=True)
class Written(ToolReply):
    path: str
    size: int
    """Bytes."""
    loose: bool
    """Whether it lies outside the folders meant for files."""

    def rendered(self) -> Rendered:
        text = f"Successfully wrote {self.path}"
        if self.loose:
            text += f"\nWarning: it lies outside the usual folders; prefer {', '.join(f'{each}/' for each in FOLDERS)}."
        return Rendered(content=(Text(text=text),))


@tool(
    "FileWrite",
    "Write a text file. Replaces one that is there and makes missing folders.",
    # Writing the same content again gives the same file. What can be lost is an edit that somebody else made
    # between a crash and the restart; a model told of a doubt would write again as well.
    effect="unsafe",
    on_doubt="retry",
)
@final
@attrs.frozen(kw_only=True)
class FileWrite(_OfUser, Request[Written]):
    """Replace a file in one step: a reader or a crash sees the old content or the new, never half of it.

    Raises IsADirectory, NotADirectory, NotARegularFile, InvalidPath, FileSystemRefused.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = 8 * 1024 * 1024
    path: Annotated[str, _PATH]
    content: Annotated[str, described("The whole new content.")]
    call: Annotated[str, from_context("call")]
    """Names the temporary file, so that a call repeated after a crash clears away what the first one left."""
    user: Annotated[str, from_context("user")]


@final
@attrs.frozen(kw_only=True)
class Entry(Data):
    """One line of a listing."""

    name: str
    """Directories end in ``/``; bytes that are no UTF-8 are shown as ``\\xNN``."""
    type: Literal["file", "directory", "link", "other"]
    size: int | None
    """Bytes of a file; None for anything else."""

    def json(self) -> str:
        shown = {"name": self.name, "size": self.size, "type": self.type}
        return json.dumps(
            {key: value for key, value in shown.items() if value is not None}, ensure_ascii=False
        )


@final
@attrs.frozen(kw_only=True)
class Listing(ToolReply):
    entries: tuple[Entry, ...]
    """Ordered by the bytes of their names."""
    total: int
    """How many there are; more than `entries` when the listing was cut."""
    loose: tuple[str, ...] = ()
    """Files that lie directly in home, when home itself is listed."""

    def rendered(self) -> Rendered:
        lines = ",\n  ".join(entry.json() for entry in self.entries)
        texts = [f"[\n  {lines}\n]" if lines else "[]"]
        if self.total > len(self.entries):
            texts.append(f"Note: the first {len(self.entries)} of {self.total} entries are shown.")
        if self.loose:
            names = ", ".join(self.loose[:5]) + (", …" if len(self.loose) > 5 else "")
            texts.append(f"Note: {len(self.loose)} loose in the home folder itself: {names}.")
        return Rendered(content=tuple(Text(text=text) for text in texts))


@tool("FileList", "List one folder, not what is below it.", effect="pure")
@final
@attrs.frozen(kw_only=True)
class FileList(_OfUser, Request[Listing]):
    """Raises NotADirectory, InvalidPath, FileSystemRefused."""

    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    path: Annotated[str, described("In the home folder.")] = "."
    user: Annotated[str, from_context("user")]


@final
@attrs.frozen(kw_only=True)
class Deleted(ToolReply):
    path: str

    def rendered(self) -> Rendered:
        return Rendered(content=(Text(text=f"Deleted {self.path}"),))


@tool(
    "FileDelete",
    "Delete one file. Folders cannot be deleted.",
    # Running it again could delete a file that was put there since, or report a missing file that was in fact
    # deleted by the first run; the model can look and decide.
    effect="unsafe",
    on_doubt="tell_model",
)
@final
@attrs.frozen(kw_only=True)
class FileDelete(_OfUser, Request[Deleted]):
    """Remove a file, or a symbolic link itself, never what it points to.

    Raises FileNotFound, IsADirectory, InvalidPath (also for a path through a link), FileSystemRefused.
    """

    abandon: ClassVar[Abandon] = Abandon.FINISH
    path: Annotated[str, _PATH]
    user: Annotated[str, from_context("user")]


@final
@attrs.frozen(kw_only=True)
class Attached(ToolReply):
    attachment: Attachment

    def rendered(self) -> Rendered:
        what = self.attachment
        text = f"Attached {what.name} ({what.media_type}, {what.size / 1024:.1f} KB)"
        return Rendered(content=(Text(text=text),), attachments=(what,))


@tool("Attach", "Send a file to the person, along with the answer.", effect="pure")
@final
@attrs.frozen(kw_only=True)
class Attach(_OfUser, Request[Attached]):
    """Raises FileNotFound, IsADirectory, NotARegularFile, FileTooLarge, InvalidPath, FileSystemRefused."""

    path: Annotated[str, _PATH]
    user: Annotated[str, from_context("user")]


@tool(
    "EnvGet",
    "Read a variable of the environment that the owner of this agent has allowed.",
    effect="pure",
)
@final
@attrs.frozen(kw_only=True)
class EnvGet(Request[str]):
    """Its value, or a sentence that it is not set. Raises Restricted."""

    key: Annotated[str, described("Name of the variable.", max_length=128)]


TOOLS: tuple[type[Request[Any]], ...] = (FileRead, FileWrite, FileList, FileDelete, Attach, EnvGet)
"""What the model is offered, in this order."""


# --- for the channels, not offered to the model -----------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class SentFile(Data):
    """A file that somebody sent, complete in the folder of its upload."""

    id: str
    """What it is called there: letters, digits, ``-`` and ``_``."""
    name: str
    """File name as the sender gave it; anything."""
    declared: str | None = None
    """Media type the sender claims; believed only where content and name say nothing."""


@final
@attrs.frozen(kw_only=True)
class SaveUpload(_OfUser, Request[tuple[Attachment, ...]]):
    """Copy files that `user` sent together into a folder of theirs, as ``YYYYMMDD_HHMMSS_name``, never over others.

    All of them or, when one is refused, none. The names in the reply are safe to show. Raises AttachmentsDisabled,
    AttachmentTooLarge, ExtensionNotAllowed, FileNotFound, NotARegularFile, InvalidPath, FileSystemRefused.
    """

    within: ClassVar[float] = 60.0
    abandon: ClassVar[Abandon] = Abandon.FINISH
    upload: str
    """Name of the folder in which they lie, itself in the folder of uploads that the tree hands to both sides. The
    sender made it, and clears it away."""
    files: tuple[SentFile, ...]
    user: str


@final
@attrs.frozen(kw_only=True)
class LoadFile(Request[bytes]):
    """Read a file of home as a whole, for somebody who sends its bytes on, such as a picture to a model.

    Raises FileNotFound, IsADirectory, NotARegularFile, FileTooLarge, InvalidPath, FileSystemRefused.
    """

    max_bytes: ClassVar[int] = 2 * MAX_LOADED
    """Of the reply too, which as JSON takes a third more than its bytes."""
    path: str
    limit: int = MAX_LOADED
    """Most bytes; a larger file is refused, and so is one beyond ``MAX_LOADED`` whatever this says."""


@final
@attrs.frozen(kw_only=True)
class Located(Data):
    """A regular file in home, found without leaving it."""

    path: str
    """As it was asked for, normalised."""
    absolute: str
    """Its path without symbolic links. Another file may lie there by now: read it through :meth:`open`."""
    size: int
    """Bytes."""
    media_type: str
    device: int
    inode: int

    def open(self) -> BinaryIO:
        """The very file that was found, for reading. Raises FileNotFound when it has been moved or replaced."""
        try:
            handle = os.open(self.absolute, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise FileNotFound(path=self.path) from error
        file = os.fdopen(handle, "rb")
        found = os.fstat(handle)
        if (found.st_dev, found.st_ino) != (self.device, self.inode):
            file.close()
            raise FileNotFound(path=self.path)
        return file


@final
@attrs.frozen(kw_only=True)
class Locate(_OfUser, Request[Located]):
    """Find a file in home to serve or send its bytes.

    Raises FileNotFound, IsADirectory, NotARegularFile, InvalidPath, FileSystemRefused.
    """

    path: str
    user: str
