"""Changing files: writing, editing, deleting."""

from typing import Annotated, ClassVar, final

import attrs

from actors.tooling import Rendered, ToolReply, described, from_context, tool
from actors.vocabulary import Text
from bus import Abandon, Request

from .common import FOLDERS, PATH, Named, OfTurn


@final
@attrs.frozen(kw_only=True)
class Written(ToolReply):
    path: str
    size: int
    """Bytes."""
    loose: bool
    """Whether it lies outside the folders meant for files."""
    diff: str = ""
    """For the person."""

    def rendered(self) -> Rendered:
        text = f"Successfully wrote {self.path}"
        if self.loose:
            text += f"\nWarning: it lies outside the usual folders; prefer {', '.join(f'{each}/' for each in FOLDERS)}."
        return Rendered(content=(Text(text=text),), diff=self.diff)


@tool(
    "FileWrite",
    "Write a text file. Replaces one that is there and makes missing folders.",
    # Writing the same content again gives the same file; what somebody else has written meanwhile is kept before.
    effect="unsafe",
    on_doubt="retry",
    subject="path",
)
@final
@attrs.frozen(kw_only=True)
class FileWrite(Named, Request[Written]):
    """Replace a file in one step: a reader or a crash sees the old content or the new, never half of it.

    Raises IsADirectory, NotADirectory, NotARegularFile, InvalidPath, FileSystemRefused.
    """

    version: ClassVar[int] = 4
    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = 8 * 1024 * 1024
    path: Annotated[str, PATH]
    content: Annotated[str, described("The whole new content.")]
    call: Annotated[str, from_context("call")]
    """What it is known by when it is repeated after a crash, and done once."""
    turn: Annotated[str, from_context("turn")] = ""
    user: Annotated[str, from_context("user")]
    outside: Annotated[tuple[str, ...], from_context("outside")] = ()
    """Who may be behind the name: see :mod:`actors.outside`."""


@tool(
    "Write",
    "Write a text file.",
    effect="unsafe",
    on_doubt="retry",  # as FileWrite
    offer="by_name",
    subject="file_path",
)
@final
@attrs.frozen(kw_only=True)
class Write(Named, Request[Written]):
    """:class:`FileWrite` as some models know it: the path may be absolute. Raises what that raises."""

    version: ClassVar[int] = 3
    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = FileWrite.max_bytes
    file_path: Annotated[str, PATH]
    content: Annotated[str, described("The whole new content.")]
    call: Annotated[str, from_context("call")]
    turn: Annotated[str, from_context("turn")] = ""
    user: Annotated[str, from_context("user")]
    outside: Annotated[tuple[str, ...], from_context("outside")] = ()


@final
@attrs.frozen(kw_only=True)
class Edited(ToolReply):
    path: str
    count: int
    """How many places were replaced."""
    diff: str = ""

    def rendered(self) -> Rendered:
        places = "1 replacement" if self.count == 1 else f"{self.count} replacements"
        return Rendered(content=(Text(text=f"Edited {self.path}: {places}"),), diff=self.diff)


@tool(
    "Edit",
    "Replace text in a file.",
    effect="unsafe",
    on_doubt="retry",  # as FileDelete
    subject="file_path",
)
@final
@attrs.frozen(kw_only=True)
class Edit(Named, Request[Edited]):
    """Replace a text by another one in a file, in one step; its permissions and line ends stay.

    Where all lines of the file end in CRLF, those of both texts count as if they did.

    Raises TextNotFound, TextNotUnique, NothingToEdit, ChangedMeanwhile, FileNotFound, IsADirectory, NotARegularFile,
    NotText, FileTooLarge, InvalidPath, FileSystemRefused.
    """

    version: ClassVar[int] = 3
    abandon: ClassVar[Abandon] = Abandon.FINISH
    max_bytes: ClassVar[int] = 8 * 1024 * 1024
    file_path: Annotated[str, PATH]
    old_string: Annotated[str, described("Exact and unique.")]
    new_string: str
    replace_all: bool = False
    call: Annotated[str, from_context("call")]
    turn: Annotated[str, from_context("turn")] = ""
    user: Annotated[str, from_context("user")]
    outside: Annotated[tuple[str, ...], from_context("outside")] = ()


@final
@attrs.frozen(kw_only=True)
class Deleted(ToolReply):
    path: str
    diff: str = ""

    def rendered(self) -> Rendered:
        return Rendered(content=(Text(text=f"Deleted {self.path}"),), diff=self.diff)


@tool(
    "FileDelete",
    "Delete one file. Folders cannot be deleted.",
    # What it was going to do is noted before: done again, it does nothing twice, and leaves another file alone.
    effect="unsafe",
    on_doubt="retry",
    subject="path",
)
@final
@attrs.frozen(kw_only=True)
class FileDelete(OfTurn, Request[Deleted]):
    """Remove a file, or a symbolic link itself, never what it points to.

    Raises FileNotFound, IsADirectory, InvalidPath (also for a path through a link), FileSystemRefused.
    """

    version: ClassVar[int] = 3
    abandon: ClassVar[Abandon] = Abandon.FINISH
    path: Annotated[str, PATH]
    call: Annotated[str, from_context("call")] = ""
    turn: Annotated[str, from_context("turn")] = ""
    user: Annotated[str, from_context("user")]
