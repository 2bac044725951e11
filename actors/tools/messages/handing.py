"""Handing files on: to the person, from the person, to who serves or sends their bytes."""

import os
from typing import Annotated, BinaryIO, ClassVar, final

import attrs

from actors.tooling import Rendered, ToolReply, from_context, tool
from actors.vocabulary import Attachment, Text
from bus import Abandon, Data, Request

from .common import MAX_LOADED, MAX_SPOOLED, PATH, OfUser
from .errors import FileNotFound


@final
@attrs.frozen(kw_only=True)
class Attached(ToolReply):
    attachment: Attachment

    def rendered(self) -> Rendered:
        what = self.attachment
        text = f"Attached {what.name} ({what.media_type}, {what.size / 1024:.1f} KB)"
        return Rendered(content=(Text(text=text),), attachments=(what,))


@tool("Attach", "Send a file to the person, along with the answer.", effect="pure", subject="path")
@final
@attrs.frozen(kw_only=True)
class Attach(OfUser, Request[Attached]):
    """Raises FileNotFound, IsADirectory, NotARegularFile, FileTooLarge, InvalidPath, FileSystemRefused."""

    path: Annotated[str, PATH]
    user: Annotated[str, from_context("user")]


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
class SaveUpload(OfUser, Request[tuple[Attachment, ...]]):
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
class AttachmentRules(Data):
    """Which files people may send."""

    enabled: bool
    """Whether any."""
    max_file_size: int
    """Bytes of one."""
    allowed_extensions: tuple[str, ...]
    """Without the dot; empty: all."""


@final
@attrs.frozen(kw_only=True)
class GetAttachmentRules(Request[AttachmentRules]):
    """Which files people may send, as it is set now."""


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
class LoadUpload(Request[bytes]):
    """Read a file that waits in the folder of an upload, and is to be stored nowhere.

    Raises FileNotFound, NotARegularFile, FileTooLarge, InvalidPath, FileSystemRefused.
    """

    max_bytes: ClassVar[int] = 2 * MAX_SPOOLED
    """Of the reply too."""
    upload: str
    """As of :class:`SaveUpload`."""
    id: str
    """What it is called there."""
    limit: int = MAX_SPOOLED
    """Most bytes, as of :class:`LoadFile`; beyond ``MAX_SPOOLED`` a file is refused in any case."""


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
class Locate(OfUser, Request[Located]):
    """Find a file in home to serve or send its bytes.

    Raises FileNotFound, IsADirectory, NotARegularFile, InvalidPath, FileSystemRefused.
    """

    path: str
    user: str
