"""Finding files by their names, and lines by what they say."""

import os
import stat
from collections.abc import Generator
from contextlib import closing
from typing import BinaryIO, Final, final

import attrs

from actors.tools import patterns, texts
from actors.tools.messages import BadPattern, Found, Glob, Grep
from actors.tools.paths import GoOn, Home, Place
from actors.tools.trees import Entry, Walk

MOST_PATHS: Final = 1000
"""Paths of one answer to a pattern."""
NOTES_ROOM: Final = 300
"""Bytes kept free for the notes below what was found."""
_LANGUAGES: Final = {
    "c": "c h",
    "cpp": "cpp cxx cc hpp hxx hh h",
    "css": "css",
    "go": "go",
    "html": "html htm",
    "java": "java",
    "js": "js mjs cjs",
    "json": "json",
    "kt": "kt kts",
    "md": "md markdown",
    "py": "py pyi",
    "rb": "rb",
    "rs": "rs",
    "scala": "scala",
    "sh": "sh bash zsh",
    "sql": "sql",
    "swift": "swift",
    "toml": "toml",
    "ts": "ts tsx mts cts",
    "xml": "xml",
    "yaml": "yaml yml",
}
_ALIASES: Final = {"markdown": "md", "python": "py", "ruby": "rb", "rust": "rs", "yml": "yaml"}
_NOISE: Final = frozenset({"node_modules", "target"})
"""Folders and files that a search for text passes over, besides those whose names begin with a dot."""


def glob(home: Home, request: Glob, room: int, go_on: GoOn) -> Found:
    """Paths that fit a pattern, in at most `room` bytes. Raises BadPattern, NotADirectory, InvalidPath."""
    pattern = patterns.Pattern(home.relative(request.pattern))
    page = _Page(request.offset, MOST_PATHS, room)
    walk = Walk[patterns.State](home, lambda state, entry: pattern.after(state, entry.name), go_on)
    with (
        home.directory(home.relative(request.path)) as base,
        closing(walk.below(base, pattern.start())) as all_,
    ):
        for each, state in all_:
            if pattern.fits(state) and not page.add(each.place.path + "/" * each.is_directory):
                break
    return attrs.evolve(page.reply("No files matched the pattern."), strange=page.has_lines)


def grep(home: Home, request: Grep, room: int, go_on: GoOn) -> Found:
    """What a search for text finds, in at most `room` bytes. Raises BadPattern and what can be wrong with a path."""
    path = home.relative(request.path)
    search = _Search(request, _Page(request.offset, request.head_limit or 0, room), go_on)
    with home.place(path) as place:
        if not stat.S_ISDIR(place.stat().st_mode):
            with place.open() as file:
                search.through(file, place.path, is_named=True)
            return search.reply()
    with home.directory(path) as base, closing(_files(home, base, request, go_on)) as files:
        for each in files:
            opened = each.open()
            if opened is not None:
                with opened:
                    if not search.through(opened, each.place.path):
                        break
    return search.reply()


def _files(home: Home, base: Place, request: Grep, go_on: GoOn) -> Generator[Entry]:
    """The files below a folder in which a search looks."""
    language = _LANGUAGES.get(_ALIASES.get(request.type, request.type), "")
    endings = tuple(f".{each}" for each in language.split()) or ("",)
    only = _of_files(request.glob)

    def after(state: patterns.State, entry: os.DirEntry[str]) -> patterns.State:
        is_noise = entry.name.startswith(".") or entry.name in _NOISE
        return frozenset() if is_noise else only.after(state, entry.name)

    for each, state in Walk(home, after, go_on).below(base, only.start()):
        if not each.is_directory and only.fits(state) and each.place.name.endswith(endings):
            yield each


def _of_files(glob: str | None) -> patterns.Pattern:
    """Of names, wherever they are, or of paths if there is a ``/`` in it; all of them where it cannot be read."""
    try:
        return patterns.Pattern(glob if glob and "/" in glob else f"**/{glob or '*'}")
    except BadPattern:
        return patterns.Pattern("**")


@final
class _Search:
    """One search through any number of files."""

    def __init__(self, request: Grep, page: "_Page", go_on: GoOn) -> None:
        """Raises BadPattern."""
        self._lines = texts.Search(request)
        self._page = page
        self._go_on = go_on
        self._passed: list[str] = []

    def through(self, file: BinaryIO, path: str, *, is_named: bool = False) -> bool:
        """Search in one file; False when no more is wanted. What is no text is passed over, and told if named."""
        try:
            return all(map(self._page.add, self._lines.of(file, path, self._go_on)))
        except texts.Unsearchable as error:
            if is_named or error.is_rare:
                self._passed.append(f"{path} ({error})")
            return True

    def reply(self) -> Found:
        passed = ", ".join(self._passed[:5]) + ", …" * (len(self._passed) > 5)
        return self._page.reply("No matches found.", *([f"[not searched: {passed}]"] if passed else ()))


@final
class _Page:
    """Lines of an answer from an offset on: as many as are wanted and fit."""

    def __init__(self, offset: int, limit: int, room: int) -> None:
        """Without a `limit` where it is 0; `room` in bytes."""
        self._offset = offset
        self._limit = limit
        self._left = room - NOTES_ROOM
        self._passed = 0
        self._lines: list[str] = []
        self._is_cut = False

    @property
    def has_lines(self) -> bool:
        return bool(self._lines)

    def add(self, line: str) -> bool:
        """Take one more line; False when it has no place, and with that no other one."""
        if self._passed < self._offset:
            self._passed += 1
            return True
        self._left -= len(line.encode(errors="replace")) + 1
        if len(self._lines) == self._limit > 0 or (self._left < 0 and self._lines):
            self._is_cut = True
            return False
        self._lines.append(line)
        return True

    def reply(self, nothing: str, *notes: str) -> Found:
        """What was taken, with what there is to say about it."""
        if self._is_cut:
            notes = (f"[cut: there is more; go on with offset {self._offset + len(self._lines)}]", *notes)
        if not self._lines and self._passed:
            nothing = f"There are only {self._passed} lines of output."
        return Found(lines=tuple(self._lines) or (nothing,), notes=notes)
