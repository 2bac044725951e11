"""Reading a file: as text, or a picture or PDF by reference."""

from typing import Annotated, ClassVar, Literal, final

import attrs

from actors.tooling import Rendered, ToolReply, described, from_context, tool
from actors.vocabulary import Document, Image, Text
from bus import Request

from .common import PATH, OfUser

ImageType = Literal["image/png", "image/jpeg", "image/gif", "image/webp"]


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
    outside=True,
    subject="path",
)
@final
@attrs.frozen(kw_only=True)
class FileRead(OfUser, Request[FileText | ImageFile | DocumentFile]):
    """Raises FileNotFound, IsADirectory, NotARegularFile, NotText, FileTooLarge, InvalidPath, FileSystemRefused."""

    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    path: Annotated[str, PATH]
    offset: Annotated[int, described("First line, counted from 1.", ge=0)] = 1
    limit: Annotated[int | None, described("Most lines; all by default.", ge=1)] = None
    skip: Annotated[int, described(ge=0, silent=True)] = 0
    """Characters of that line to pass over; a text that was cut within a line says so."""
    user: Annotated[str, from_context("user")]


@tool(
    "Read",
    "Read a file, its lines numbered.",
    effect="pure",
    offer="by_name",
    outside=True,
    subject="file_path",
)
@final
@attrs.frozen(kw_only=True)
class Read(Request[FileText | ImageFile | DocumentFile]):
    """:class:`FileRead` as some models know it: the path may be absolute, and each line has its number before it.

    Raises what that raises.
    """

    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    file_path: Annotated[str, described("In the home folder.")]
    offset: Annotated[int, described("First line, counted from 1.", ge=0)] = 1
    limit: Annotated[int | None, described("Most lines; all by default.", ge=0)] = None
    skip: Annotated[int, described(ge=0, silent=True)] = 0
    """Characters of that line to pass over; a text that was cut within a line says so."""
    pages: Annotated[str, described(silent=True)] = ""
    """Taken and not heeded: a PDF is handed on as a whole."""
    user: Annotated[str, from_context("user")]
