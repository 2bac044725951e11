"""Commands of hooks: what they are given, where they run, and what they have said."""

from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, final

import attrs

from actors import atomic, jsontext
from actors.hooks import process
from actors.hooks.answers import CommandFailed, answered
from actors.hooks.discovery import Discovered
from actors.hooks.messages import Fire
from actors.hooks.registry import Answer, Callback
from actors.session import messages as session
from actors.shell import messages as shell
from bus import ActorError, Bus, BusError, redact, redacted

PASSED: Final = ("PATH", "LANG", "LC_ALL", "TERM", "TZ", "TMPDIR")
"""Variables that a command gets in any case, where they are set."""
LARGEST: Final = 8 * 1024 * 1024
"""Characters of a conversation that is written down for hooks."""


@final
class Commands:
    """Makes the functions that run the commands of manifests.

    Args:
      bus: knows who says where they run.
      trusted: names of those that run outside of the sandbox.
      variables: all that there are, of which each gets what it asks for.
      home: what ``HOME`` says.
    """

    def __init__(
        self,
        bus: Bus,
        trusted: Callable[[], Collection[str]],
        variables: Mapping[str, str],
        home: Path,
    ) -> None:
        self._bus = bus
        self._trusted = trusted
        self._variables = variables
        self._home = home

    def callback(self, found: Discovered) -> Callback:
        """What runs a manifest's command."""
        return partial(self._run, found)

    async def _run(self, found: Discovered, told: Mapping[str, Any], _call: str | None) -> Answer:
        """Raises CommandFailed."""
        written, folder = found.manifest, found.path.parent
        stdin, environment = jsontext.encode(redacted(told)), self.environment(written.requires.env)
        paths = (str(told.get(name, "")) for name in ("transcript_path", "agent_transcript_path"))
        shown = tuple(filter(None, paths))
        try:
            with process.held() as control:
                enclosing = shell.Enclose(
                    command=written.command or "",
                    folder=str(folder),
                    shown=shown,
                    trusted=written.name in self._trusted(),
                    control=control,
                )
                words = await self._bus.ask(enclosing)
                done = await process.run(words, folder, stdin, environment, control)
        except (OSError, BusError) as error:
            raise CommandFailed(f"it could not be run: {error}") from error
        answer = attrs.evolve(done, stderr=redact(done.stderr.decode(errors="replace")).encode())
        return answered(written.event, answer)

    def environment(self, asked_for: Collection[str]) -> dict[str, str]:
        """The variables of a command that asks for some by name; of all others it gets no secret."""
        passed = {name: self._variables[name] for name in (*PASSED, *asked_for) if name in self._variables}
        return {"HOME": str(self._home), **passed}


# --- conversations as files -------------------------------------------------------------------------------


@final
@attrs.frozen(kw_only=True)
class Transcripts:
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
