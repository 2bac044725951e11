"""Finding files: the list of a folder, names by a pattern, lines by an expression."""

import json
from typing import Annotated, ClassVar, Literal, final

import attrs

from actors.outside import FILE_NAMES, marked
from actors.tooling import Rendered, ToolReply, described, from_context, tool
from actors.vocabulary import Text
from bus import Data, Request

from .common import PATH, OfUser


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
    strange: bool = False
    """Whether a name may be somebody else's words."""

    def rendered(self) -> Rendered:
        lines = ",\n  ".join(entry.json() for entry in self.entries)
        texts = [f"[\n  {lines}\n]" if lines else "[]"]
        if self.total > len(self.entries):
            texts.append(f"Note: the first {len(self.entries)} of {self.total} entries are shown.")
        if self.loose:
            names = ", ".join(self.loose[:5]) + (", …" if len(self.loose) > 5 else "")
            texts.append(f"Note: {len(self.loose)} loose in the home folder itself: {names}.")
        texts[-1] = _told(texts[-1], strange=self.strange)
        return Rendered(content=tuple(Text(text=text) for text in texts))


@tool("FileList", "List one folder, not what is below it.", effect="pure", subject="path")
@final
@attrs.frozen(kw_only=True)
class FileList(OfUser, Request[Listing]):
    """Raises NotADirectory, InvalidPath, FileSystemRefused."""

    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    path: Annotated[str, PATH] = "."
    user: Annotated[str, from_context("user")]


@final
@attrs.frozen(kw_only=True)
class Found(ToolReply):
    """What a search has found, as lines of text."""

    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """What the model has to know about them: that they were cut and how to go on, what was not searched."""
    strange: bool = False
    """As of :class:`Listing`."""

    def rendered(self) -> Rendered:
        text = "\n".join((*self.lines, *self.notes))
        return Rendered(content=(Text(text=_told(text, strange=self.strange)),))


def _told(text: str, *, strange: bool) -> str:
    return marked(text, (FILE_NAMES,)) if strange else text


@tool("Glob", "Find files and folders by name.", effect="pure", subject="pattern")
@final
@attrs.frozen(kw_only=True)
class Glob(Request[Found]):
    """Paths that fit a pattern, from home on, in order of their bytes. Links are shown and not followed.

    ``*``, ``?`` and ``[a-z]`` stand for characters of one name, also for a dot at its beginning, ``**`` for any number
    of folders, ``{a,b}`` for one of several.

    Raises BadPattern, NotADirectory, InvalidPath, FileSystemRefused.
    """

    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    pattern: Annotated[str, described("Such as **/*.py.")]
    path: str = "."
    offset: Annotated[int, described(ge=0, silent=True)] = 0
    """Paths to pass over first."""
    user: Annotated[str, from_context("user")]


OutputMode = Literal["files_with_matches", "content", "count"]


@tool("Grep", "Search in files by regular expression.", effect="pure", outside=True, subject="pattern")
@final
@attrs.frozen(kw_only=True)
class Grep(Request[Found]):
    """Lines, files or numbers of matches, in order of the bytes of the paths.

    Expressions are those of RE2: neither look-around nor references back. Each line is matched by itself, if not
    `multiline`. Names that begin with a dot, ``node_modules`` and ``target`` are passed over, and so is what is no
    text; a file that `path` names is searched whatever it is called.

    Raises BadPattern, FileNotFound, NotARegularFile, InvalidPath, FileSystemRefused.
    """

    max_bytes: ClassVar[int] = 4 * 1024 * 1024
    pattern: str
    path: str = "."
    glob: Annotated[str | None, described("Only such names.")] = None
    type: Annotated[str, described(silent=True)] = ""
    """A language: only files with its extensions. One that is not known is no filter."""
    output_mode: OutputMode = "files_with_matches"
    ignore_case: Annotated[bool, described(name="-i")] = False
    numbers: Annotated[bool, described(name="-n")] = True
    after: Annotated[int | None, described(name="-A", ge=0)] = None
    before: Annotated[int | None, described(name="-B", ge=0)] = None
    around: Annotated[int | None, described(name="-C", ge=0)] = None
    context: Annotated[int | None, described(ge=0, silent=True)] = None
    """The same as `around`, and wins over it."""
    head_limit: Annotated[int | None, described("Most lines of output.", ge=0)] = None
    """0 for all, as None."""
    offset: Annotated[int, described(ge=0, silent=True)] = 0
    """Lines of output to pass over first."""
    multiline: Annotated[bool, described(silent=True)] = False
    """Whether a match may reach over several lines: then a dot stands for the end of a line as well."""
    user: Annotated[str, from_context("user")]
