"""Trees of files that an agent begins with: ``files/`` of its blueprint, and skills.

A tree is read first and installed second: reading refuses links that lead out of the tree, since a blueprint
from elsewhere could otherwise carry a file of this machine into the agent's home.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import final

import attrs

from actors import atomic
from actors.skills.names import SOURCE
from starpod.errors import WorkspaceError


@final
@attrs.frozen
class Entry:
    """A folder or a regular file of a tree; a folder comes before what is in it."""

    path: Path
    """Relative to the tree."""
    source: Path
    is_folder: bool


Tree = Sequence[Entry]


def read_template(blueprint: Path) -> Tree:
    """The tree ``files/`` of a blueprint; empty when it has none. Raises WorkspaceError."""
    return tuple(_read(blueprint / "files", blueprint.resolve()))


def read_skills(folder: Path) -> Mapping[str, Tree]:
    """The skills in `folder` by name: its directories, loose and hidden files left out. Raises WorkspaceError."""
    if not folder.is_dir():
        return {}
    inside = folder.resolve()
    names = sorted(at.name for at in folder.iterdir() if at.is_dir() and not at.name.startswith("."))
    return {name: tuple(_read(folder / name, inside)) for name in names}


def _read(folder: Path, inside: Path) -> Iterator[Entry]:
    _refuse_escape(folder, inside)
    pending = [folder] if folder.is_dir() else []
    while pending:
        for at in sorted(pending.pop().iterdir()):
            if at.name == ".starpod":
                continue
            _refuse_escape(at, inside)
            path = at.relative_to(folder)
            if at.is_file():
                yield Entry(path, at, is_folder=False)
            elif at.is_dir() and not at.is_symlink():
                yield Entry(path, at, is_folder=True)
                pending.append(at)


def _refuse_escape(at: Path, inside: Path) -> None:
    if at.is_symlink() and not at.resolve().is_relative_to(inside):
        raise WorkspaceError(f"{at} is a link that leads out of {inside}")


def install_template(tree: Tree, home: Path) -> None:
    """Add to `home` what is not there yet.

    Nothing is written through links or into places where the agent has put something of its own.
    """
    home = home.resolve()
    for entry in tree:
        target = home / entry.path
        is_free = (
            target.parent.is_dir()
            and target.parent.resolve() == target.parent
            and not os.path.lexists(target)
        )
        if not is_free:
            continue
        if entry.is_folder:
            target.mkdir()
        else:
            atomic.copy(entry.source, target)


def install_skills(skills: Mapping[str, Tree], skills_dir: Path) -> None:
    """Replace each of `skills` in `skills_dir` as a whole; other skills stay as they are.

    Their names are left there too: what would be overwritten the next time is not to be changed meanwhile.
    """
    names, listed = "".join(f"{name}\n" for name in skills), skills_dir / SOURCE
    if names != (listed.read_text(encoding="utf-8") if listed.is_file() else ""):
        atomic.write(listed, names)
    with tempfile.TemporaryDirectory(prefix=".skills-", dir=skills_dir.parent) as staging:
        for name, tree in skills.items():
            fresh = Path(staging) / name
            fresh.mkdir()
            install_template(tree, fresh)
            _swap(fresh, skills_dir / name)


def _swap(fresh: Path, target: Path) -> None:
    """Put the directory `fresh` in the place of `target`, whatever is there."""
    old = fresh.with_name(f".old-{fresh.name}")
    if os.path.lexists(target):
        target.rename(old)
    fresh.rename(target)
    if old.is_dir() and not old.is_symlink():
        shutil.rmtree(old)
