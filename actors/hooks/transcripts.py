"""Conversations as files, for hooks that are commands."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, final

import attrs

from actors import atomic
from actors.hooks.messages import Fire
from actors.session import messages as session
from bus import ActorError, Bus, BusError, Data

LARGEST: Final = 8 * 1024 * 1024
"""Characters of a conversation that is written down for hooks."""


@final
@attrs.frozen(kw_only=True)
class Transcripts(Data):
    """Paths of what was written down; empty where there is none."""

    own: str = ""
    agent: str = ""


@asynccontextmanager
async def written_down(bus: Bus, folder: Path, request: Fire) -> AsyncGenerator[Transcripts]:
    """The conversation of an event, and that of the subagent it is about, as JSON lines while this is open.

    One that cannot be had, or has more than LARGEST characters, has no path.
    """
    paths: list[str] = []
    try:
        for of in (request.session, request.agent_session):
            paths += [await _written(bus, folder, of, request.user) if of else ""]
        yield Transcripts(own=paths[0], agent=paths[1])
    finally:
        _removed(filter(None, paths))


async def _written(bus: Bus, folder: Path, of: str, user: str) -> str:
    try:
        lines = await bus.ask(session.Export(session=of, user=user))
    except (ActorError, BusError):
        return ""
    if sum(map(len, lines)) > LARGEST:
        return ""
    path = folder / f"{bus.ids.uuid()}.jsonl"
    try:
        atomic.write(path, "".join(f"{line}\n" for line in lines), mode=atomic.OURS)
    except OSError:
        return ""
    return str(path)


def _removed(paths: Iterable[str]) -> None:
    for path in paths:
        Path(path).unlink(missing_ok=True)


def emptied(folder: Path) -> None:
    """Make the folder of transcripts, and take away what a process that died has left there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _removed(map(str, folder.iterdir()))
