"""Commands of hooks: what they are given, where they run, and what they have said."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, final

import attrs

from actors import jsontext
from actors.hooks import process
from actors.hooks.answers import CommandFailed, answered
from actors.hooks.discovery import Discovered
from actors.hooks.registry import Answer, Callback
from actors.shell import messages as shell
from bus import Bus, BusError, redact, redacted

PASSED: Final = ("PATH", "LANG", "LC_ALL", "TERM", "TZ", "TMPDIR")
"""Variables that a command gets in any case, where they are set."""


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
