"""Skills in a folder or a zip archive from elsewhere, read as a whole and not written anywhere.

A link is refused and not followed; of an archive no more is unpacked than a skill may have, whatever it says of itself.
"""

import os
import stat
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final, final

import attrs

from actors.skills import folder, names
from actors.skills.folder import LARGEST, MAIN, MOST, PASSED_OVER, File, Tree, Unusable

MOST_SKILLS: Final = 100
MOST_ENTRIES: Final = 20_000
"""Names in one package."""
DEEPEST: Final = 4
"""Folders between the package and a skill."""
LARGEST_PACKAGE: Final = 200 * 1024 * 1024
"""Bytes of an archive, and of all that it unpacks to."""
_PIECE: Final = 64 * 1024


class Refused(Exception):
    """Nothing of a package is used. The text is for people."""


@final
@attrs.frozen(kw_only=True)
class Package:
    """A skill of a package."""

    name: str
    tree: Tree
    refused: str | None = None
    """Why it is not one that can be used."""


def read(path: Path) -> tuple[Package, ...]:
    """The skills of a folder or an archive, by name. Raises Refused."""
    try:
        if path.is_dir():
            found = tuple(_of_folder(path))
        elif path.is_file() and zipfile.is_zipfile(path):
            found = tuple(_of_archive(path))
        else:
            raise Refused(f"{path} is neither a folder nor a zip archive")
    except OSError as error:
        raise Refused(f"{error.filename or path} cannot be read: {error.strerror}") from error
    if not found:
        raise Refused(f"{path} holds no skill: no {MAIN} was found")
    return _by_name(found)


def _by_name(found: tuple[Package, ...]) -> tuple[Package, ...]:
    known: dict[str, Package] = {}
    for each in found:
        if each.name in known:
            raise Refused(f"two skills of the package are called {each.name}")
        known[each.name] = each
    return tuple(known[name] for name in sorted(known))


def _checked(name: str, tree: Tree) -> Package:
    try:
        names.checked(name)
    except ValueError as error:
        return Package(name=name, tree={}, refused=str(error))
    return Package(name=name, tree=tree)


# --- folders ------------------------------------------------------------------------------------------------


def _of_folder(path: Path) -> Iterator[Package]:
    for count, at in enumerate(_roots(path.resolve())):
        if count == MOST_SKILLS:
            raise Refused(f"{path} holds more than {MOST_SKILLS} skills")
        try:
            _refuse_links(at)
            yield _checked(at.name, folder.read_tree(at))
        except Unusable as error:
            yield Package(name=at.name, tree={}, refused=str(error))


def _roots(path: Path) -> Iterator[Path]:
    """Folders with a ``SKILL.md``, none within another."""
    pending, seen = [(path, 0)], 0
    while pending:
        at, depth = pending.pop()
        if (at / MAIN).is_file():
            yield at
            continue
        with os.scandir(at) as entries:
            inside = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
        seen += len(inside)
        if seen > MOST_ENTRIES:
            raise Refused(f"{path} holds more than {MOST_ENTRIES} folders")
        if depth < DEEPEST:
            pending += [(at / name, depth + 1) for name in reversed(inside) if name not in PASSED_OVER]


def _refuse_links(at: Path) -> None:
    pending = [at]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_symlink():
                    raise Unusable(f"{Path(entry.path).relative_to(at)} is a symbolic link")
                if entry.is_dir(follow_symlinks=False) and entry.name not in PASSED_OVER:
                    pending.append(Path(entry.path))


# --- archives -----------------------------------------------------------------------------------------------


def _of_archive(path: Path) -> Iterator[Package]:
    if path.stat().st_size > LARGEST_PACKAGE:
        raise Refused(f"{path} has more than {LARGEST_PACKAGE} bytes")
    try:
        with zipfile.ZipFile(path) as archive:
            files = dict(_entries(archive))
            left = LARGEST_PACKAGE
            for root in _roots_in(files):
                package = _unpacked(archive, files, root, path.stem)
                left -= sum(len(file.data) for file in package.tree.values())
                if left < 0:
                    raise Refused(f"{path} unpacks to more than {LARGEST_PACKAGE} bytes")
                yield package
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise Refused(f"{path} is no zip archive that can be read: {error}") from error


def _entries(archive: zipfile.ZipFile) -> Iterator[tuple[PurePosixPath, zipfile.ZipInfo]]:
    """Files by their paths. Raises Refused for a name that leads out, a link, what is encrypted, and twins."""
    infos = archive.infolist()
    if len(infos) > MOST_ENTRIES:
        raise Refused(f"it holds more than {MOST_ENTRIES} files")
    seen: set[str] = set()
    for info in infos:
        name, kind = info.filename, stat.S_IFMT(info.external_attr >> 16)
        path = PurePosixPath(name)
        if path.is_absolute() or "\\" in name or ":" in name or not name.isprintable() or ".." in path.parts:
            raise Refused(f"{name!r} is no name of a file that may be unpacked")
        if info.is_dir():
            continue
        if kind not in {0, stat.S_IFREG}:
            raise Refused(f"{name} is a link, or something else that is no file")
        if info.flag_bits & 1:
            raise Refused(f"{name} is encrypted")
        if name.casefold() in seen:
            raise Refused(f"two files are called {name}")
        seen.add(name.casefold())
        if not PASSED_OVER & set(path.parts):
            yield path, info


def _roots_in(files: Mapping[PurePosixPath, zipfile.ZipInfo]) -> Iterator[PurePosixPath]:
    """Folders with a ``SKILL.md``, none within another."""
    found = sorted({path.parent for path in files if path.name == MAIN}, key=lambda at: len(at.parts))
    if len(found) > MOST_SKILLS:
        raise Refused(f"it holds more than {MOST_SKILLS} skills")
    outermost: list[PurePosixPath] = []
    for at in found:
        if not any(at.is_relative_to(other) for other in outermost):
            outermost.append(at)
    yield from outermost


def _unpacked(
    archive: zipfile.ZipFile,
    files: Mapping[PurePosixPath, zipfile.ZipInfo],
    root: PurePosixPath,
    stem: str,
) -> Package:
    name = root.name or stem
    inside = {path: info for path, info in files.items() if path.is_relative_to(root)}
    if len(inside) > MOST:
        return Package(name=name, tree={}, refused=f"it has more than {MOST} files")
    tree: dict[str, File] = {}
    left = LARGEST
    for path, info in sorted(inside.items()):
        data = _inflated(archive, info, left)
        left -= len(data)
        if left < 0:
            return Package(name=name, tree={}, refused=f"its files have more than {LARGEST} bytes")
        tree[str(path.relative_to(root))] = File(data, bool(info.external_attr >> 16 & stat.S_IXUSR))
    if len(tree[MAIN].data) > folder.LARGEST_MAIN:
        return Package(name=name, tree={}, refused=f"its {MAIN} has more than {folder.LARGEST_MAIN} bytes")
    return _checked(name, tree)


def _inflated(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """The bytes of a file, or somewhat more than `most` of them where it has more."""
    pieces: list[bytes] = []
    with archive.open(info) as file:
        while most >= 0 and (piece := file.read(_PIECE)):
            pieces.append(piece)
            most -= len(piece)
    return b"".join(pieces)
