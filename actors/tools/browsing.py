"""Files as a person looks at them. No link is followed: one on the way is refused, one at the end is meant itself."""

import os
from contextlib import suppress
from datetime import UTC, datetime
from stat import S_ISREG
from typing import Final, TypedDict, final

import attrs

from actors.tools import media, names, reading
from actors.tools.looking import look_of
from actors.tools.messages import (
    MOST_COUNTED,
    MOST_PACKED,
    MOST_PACKED_BYTES,
    MOST_TEXT,
    FileEntry,
    FileFacts,
    FileKind,
    FileTree,
    NotText,
    TooMuchToPack,
    TreeEntry,
    WholeText,
)
from actors.tools.paths import GoOn, Home
from actors.tools.states import Look
from actors.tools.trees import Entry, Walk

_FIRST: Final = datetime(1, 1, 1, tzinfo=UTC).timestamp()
_LAST: Final = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


def etag_of(found: os.stat_result) -> str:
    """What tells a file from what it was and will be."""
    return tag_of(look_of(found))


def tag_of(look: Look | None) -> str:
    """The same of how it looks; empty for nothing."""
    return "" if look is None else f"{look.inode:x}-{look.size:x}-{look.changed:x}"


def changed_at(found: os.stat_result) -> datetime:
    """When its content changed last; the nearest there is for a time beyond what can be told, as some disks have."""
    return datetime.fromtimestamp(min(max(_FIRST, found.st_mtime), _LAST), UTC)


def browse(home: Home, path: str, offset: int, limit: int, go_on: GoOn) -> tuple[FileEntry, ...]:
    """The names in a folder. Raises NotADirectory and what can be wrong with a path."""
    with home.directory(path, alike=False, follow=False) as place:
        shown: list[FileEntry] = []
        for name in reading.names_in(home, place, go_on)[offset : offset + limit]:
            with suppress(FileNotFoundError):  # gone since it was listed
                shown.append(_entry(name, os.stat(name, dir_fd=place.directory, follow_symlinks=False)))
        return tuple(shown)


def _entry(name: bytes, found: os.stat_result) -> FileEntry:
    text = names.shown(name)
    seen = _seen(text, found)
    return FileEntry(name=f"{text}/" if seen["type"] == "directory" else text, **seen)


@final
class _Seen(TypedDict):
    """What is told of a name, in a list or alone."""

    type: FileKind
    size: int
    modified_at: datetime
    mime_type: str | None
    etag: str


def _seen(path: str, found: os.stat_result) -> _Seen:
    kind = reading.kind_of(found)
    is_file = kind == "file"
    return _Seen(
        type=kind,
        size=found.st_size if is_file else 0,
        modified_at=changed_at(found),
        mime_type=(media.by_name(path) or media.UNKNOWN) if is_file else None,
        etag=etag_of(found),
    )


def stat(home: Home, path: str, go_on: GoOn, *, count: bool = False) -> FileFacts:
    """What there is under a path; of a folder also, if `count`, how much. Raises what can be wrong with a path."""
    with home.place(path, follow=False, alike=False) as place:
        found = place.stat()
    facts = FileFacts(path=place.path, **_seen(place.path, found))
    return _counted(home, facts, go_on) if count and facts.type == "directory" else facts


def _any(state: bool, _: object) -> bool:  # noqa: FBT001 - as the walk calls it
    return state


def _counted(home: Home, facts: FileFacts, go_on: GoOn) -> FileFacts:
    files = folders = size = 0
    walk = Walk[bool](home=home, after=_any, go_on=go_on)
    with home.directory(facts.path, alike=False, follow=False) as folder:
        for entry, _ in walk.below(folder, True):
            if files + folders == MOST_COUNTED:
                return attrs.evolve(facts, files=files, folders=folders, size=size, complete=False)
            if entry.is_directory:
                folders += 1
                continue
            files += 1
            with suppress(FileNotFoundError):  # gone since it was listed
                found = entry.place.stat()
                size += found.st_size if S_ISREG(found.st_mode) else 0
    return attrs.evolve(facts, files=files, folders=folders, size=size)


def tree(home: Home, path: str, go_on: GoOn) -> FileTree:
    """All that is below a folder. Raises TooMuchToPack, NotADirectory and what can be wrong with a path."""
    entries: list[TreeEntry] = []
    size = 0
    walk = Walk[bool](home=home, after=_any, go_on=go_on)
    with home.directory(path, alike=False, follow=False) as folder:
        above = "" if folder.path == "." else f"{folder.path}/"
        for entry, _ in walk.below(folder, True):
            packed = _packed(entry, above)
            if packed is None:
                continue
            entries.append(packed)
            size += packed.size
            if len(entries) > MOST_PACKED or size > MOST_PACKED_BYTES:
                raise TooMuchToPack(path=folder.path)
        return FileTree(
            name="home" if folder.path == "." else folder.path.rpartition("/")[2],
            at=changed_at(os.fstat(folder.directory)),
            entries=tuple(entries),
        )


def _packed(entry: Entry, above: str) -> TreeEntry | None:
    """How something goes into a file with all of a folder; None for what does not."""
    try:
        found = entry.place.stat()
    except FileNotFoundError:  # gone since it was listed
        return None
    if not (entry.is_directory or S_ISREG(found.st_mode)):
        return None
    return TreeEntry(
        path=entry.place.path,
        name=entry.place.path.removeprefix(above),
        is_folder=entry.is_directory,
        size=0 if entry.is_directory else found.st_size,
        modified_at=changed_at(found),
    )


def read_text(home: Home, path: str, go_on: GoOn) -> WholeText:
    """All of a text. Raises NotText, FileTooLarge and what can be wrong with a path."""
    with home.place(path, follow=False, alike=False) as place, place.open() as file:
        data = reading.load(file, place.path, MOST_TEXT, go_on)
        try:
            content = data.decode()
        except UnicodeDecodeError as error:
            raise NotText(path=place.path, size=len(data)) from error
        return WholeText(
            path=place.path,
            content=content,
            size=len(data),
            mime_type=media.media_type(place.path, data[: media.HEAD]),
            etag=etag_of(os.fstat(file.fileno())),
        )
