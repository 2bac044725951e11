"""What an undo does to each path. Pure.

It goes by what is noted of the turn: changes of single files with what they found and left, and, if it ran commands,
all of home as it was before the first of them. What a command left is not noted; whatever differs now and has not been
touched since the turn ended is taken for its work.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, final

import attrs

from actors.session.messages import StepInfo
from actors.tools.states import ABSENT, Change, Look, State, Version, looks_same
from bus import Data

NAMED: Final = 5
"""How many of the things that are not kept are named."""
CHANGED: Final = "it was changed after the turn"
BY_OTHER: Final = "it was changed by another turn ({}) since"
OVERLAPPED: Final = "Other turns ran commands at the same time: some of these changes may be theirs."
NOT_KEPT_BEFORE: Final = "What a command did to what was not kept before it stays."
NOT_KEPT: Final = "what it was before is not kept: too large, or no regular file"
UNKNOWN: Final = "not all of home was looked at before, so nobody knows whether it was there"


@final
@attrs.frozen(kw_only=True)
class Before(Data):
    """All of home before the first command of a turn."""

    manifest: Mapping[str, Version]
    place: int
    """The last change before it."""
    ended: int
    """When the turn ended, in nanoseconds since 1970."""
    partial: bool


@final
@attrs.frozen(kw_only=True)
class Step(Data):
    """What is to be done to one path."""

    path: str
    now: State
    target: State
    folders: int = 0
    """How many folders on the way to it go with it, if they are empty."""


@final
@attrs.frozen(kw_only=True)
class Refusal(Data):
    path: str
    why: str
    forcible: bool = False


OURS: Final = frozenset({"Edit", "FileDelete", "FileWrite", "Write"})
"""Tools whose calls change nothing but files that are kept before."""
SHELLS: Final = frozenset({"Bash"})
"""Tools that change files as well as other things."""


def beyond(steps: Iterable[StepInfo]) -> Iterator[str]:
    """What a turn did besides changing files, one sentence for each call that was let through."""
    for step in steps:
        if not step.begun or step.tool is None or step.tool in OURS or step.effect not in ("unsafe", "local"):
            continue
        if step.tool in SHELLS:
            yield f"What a command did beyond files of home: {step.text}"
        elif not (step.is_error and step.effect == "local"):
            yield f"{step.tool}: {step.text}"


def unkept(there: Mapping[str, Version], most: int | None) -> Iterator[str]:
    """What of home is not kept, in sentences.

    Args:
      there: all that is known of it.
      most: the number of files beyond which nothing is; None where there are not so many.
    """
    if left_out := [path for path, version in there.items() if version.state.kind == "other"]:
        yield f"Not looked into: {_some(left_out)}."
    lost = [path for path, each in there.items() if each.look.kind == "file" and not each.state.kept]
    if lost:
        yield f"Files that are too large, or cannot be read: {_some(lost)}."
    if most is not None:
        yield f"There are more than {most} files: the rest is not kept."


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    return ", ".join(sorted(paths)[:NAMED]) + more


def grouped(changes: Iterable[Change]) -> dict[str, list[Change]]:
    """The changes of each path, in order."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.path, []).append(change)
    return found


def suspects(before: Before, looks: Mapping[str, Look]) -> set[str]:
    """Paths that may not be what they were before the first command of a turn."""
    gone = before.manifest.keys() - looks.keys()
    differing = {
        path
        for path, look in looks.items()
        if (version := before.manifest.get(path)) is None
        or not (
            (version.settled and looks_same(version.look, look)) or version.look.kind == look.kind == "other"
        )
    }
    return {path for path in gone | differing if not _is_left_out(path, before.manifest)}


def _is_left_out(path: str, manifest: Mapping[str, Version]) -> bool:
    """Whether a folder on the way to it was not looked into."""
    above = path
    while "/" in above:
        above = above.rpartition("/")[0]
        version = manifest.get(above)
        if version is not None and version.state.kind == "other":
            return True
    return False


def decide(
    path: str,
    now: State,
    look: Look | None,
    changes: Sequence[Change],
    before: Before | None,
    *,
    known: Collection[State],
    other: str | None,
    force: bool,
) -> Step | Refusal | None:
    """What becomes of one path; None when it is as it was before.

    Args:
      now: what lies there.
      look: how that looks; None for nothing.
      changes: of the turn, in order.
      before: all of home, if the turn ran commands.
      known: what the turn, and undos of it, have found or left there.
      other: a turn that has changed it since.
      force: it does not matter who has changed it.
    """
    target, folders = _target(path, changes, before)
    if target is None:
        return Refusal(path=path, why=UNKNOWN)
    if now == target:
        return None
    if not target.kept:
        return Refusal(path=path, why=NOT_KEPT)
    by_command = before is not None and other is None and (look is None or look.changed <= before.ended)
    if now not in known and not by_command and not force:
        return Refusal(path=path, why=CHANGED if other is None else BY_OTHER.format(other), forcible=True)
    return Step(path=path, now=now, target=target, folders=folders if target == ABSENT else 0)


def _target(path: str, changes: Sequence[Change], before: Before | None) -> tuple[State | None, int]:
    """What was there, and how many folders were made for it."""
    if before is None:
        first = changes[_own(changes)]
        return first.before, first.folders
    earlier = [change for change in changes if change.id <= before.place]
    if earlier:
        return earlier[0].before, earlier[0].folders
    version = before.manifest.get(path)
    if version is not None:
        return version.state, 0
    if not before.partial and not _is_left_out(path, before.manifest):
        return ABSENT, 0
    return (changes[0].before, changes[0].folders) if changes else (None, 0)


def _own(changes: Sequence[Change]) -> int:
    """The first of the last changes between which nobody else has written."""
    for n in range(len(changes) - 1, 0, -1):
        if changes[n].before not in (changes[n - 1].after, changes[n - 1].before):
            return n
    return 0


def ordered(steps: Sequence[Step]) -> list[Step]:
    """First what goes, from the innermost on, then what comes, from the outermost on."""
    going = [step for step in steps if step.target.kind == "absent"]
    coming = [step for step in steps if step.target.kind != "absent"]
    return [
        *sorted(going, key=lambda step: step.path, reverse=True),
        *sorted(coming, key=lambda step: (step.target.kind != "folder", step.path)),
    ]
