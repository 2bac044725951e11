"""Instances as units of the user's own systemd: each in a group of processes that ends as one, without new privileges.

They belong to systemd, not to the host: they go on when it ends with all that it has started.
"""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Final, final

import trio

from bus import crash_point
from starpod.host import handing, logbook, process
from starpod.host.command import PATIENCE, Command, EngineFailed, runs_asked_for, settled
from starpod.host.container import PROCESSES, TRIAL

ASKED: Final = ("--user", "--unit")
"""With these words before its name a unit is asked for."""
PROPERTIES: Final[tuple[str, ...]] = (
    "NoNewPrivileges=yes",
    "RestrictSUIDSGID=yes",
    "RestrictRealtime=yes",
    "LockPersonality=yes",
    f"TasksMax={PROCESSES}",
    "OOMPolicy=continue",  # a command that takes too much is ended, not the agent
    "KillMode=mixed",
    f"TimeoutStopSec={process.POLITELY:.0f}",
)
PRIVATE: Final = ("PrivateTmp=yes",)
"""Not where this Starpod or its folder lies below ``/tmp``; systemd itself leaves it out where the kernel refuses."""


@final
class InUnits:
    """Each instance is a transient unit."""

    def __init__(self, host: str) -> None:
        """`host` is the name of the host in those of units, and in marks. Raises EngineFailed without systemd."""
        self._run = Command("systemd-run")
        self._control = Command("systemctl")
        self._host = host
        self._properties = PROPERTIES

    def name(self, id: str) -> str:
        """What the unit of an instance is called."""
        return f"starpod-{self._host}-{id}"

    def container(self, id: str) -> None:
        """See the protocol."""

    async def try_out(self, folder: Path) -> None:
        """Run one that does next to nothing, for an early and clear word. Raises StarpodError where that fails."""
        try:
            await self._control.ask("--user", "show", "--property=Version")
        except EngineFailed as error:
            raise EngineFailed(
                f"systemd runs no units for you here ({error}): log in, or have `loginctl enable-linger` run it without"
                f" a login, and set XDG_RUNTIME_DIR=/run/user/{os.getuid()}"
            ) from None
        for properties in ((*PROPERTIES, *PRIVATE), PROPERTIES):
            self._properties = properties
            try:
                await self._start(
                    f"{TRIAL}-{token_hex(4)}",
                    folder / "instances",
                    process.mark(self._host, TRIAL, 0),
                    ("--wait", "--pipe"),
                    ("-c", "import starpod.host.inside"),
                )
            except EngineFailed as error:
                if properties is PROPERTIES:
                    raise EngineFailed(f"no unit can be run here: {error}") from None
            else:
                break

    async def start(
        self, id: str, place: Path, log: Path, marked: str, variables: Mapping[str, str], port: int
    ) -> process.Process:
        """See the protocol."""
        handing.prepare(place, log)
        output = f"append:{log}"
        await self._start(
            id,
            place,
            marked,
            (f"--property=StandardOutput={output}", f"--property=StandardError={output}"),
            ("-m", "starpod.host.inside", "--port", str(port)),
            moment="launched",
        )
        crash_point("create", "started")
        found = await self._first(id, marked)
        if found is None:
            raise EngineFailed(f"it ended at once: {logbook.last(log)}")
        here = {name: os.environ[name] for name in process.PASSED_ON if name in os.environ}
        await handing.give(place, {**here, **variables, process.MARK: marked.partition("=")[2]}, found)
        return found

    async def find(self, id: str, pid: int, marked: str) -> process.Process | None:
        """See the protocol."""
        await settled(ASKED, self.name(id))
        return await self._first(id, marked)

    async def clean(self, id: str) -> None:
        """See the protocol."""
        await settled(ASKED, self.name(id))
        with trio.move_on_after(PATIENCE) as waiting:
            while id in await self._there():  # as it is for a moment after it has ended
                with suppress(EngineFailed):
                    await self._control.ask("--user", "stop", f"{self.name(id)}.service")
                await trio.sleep(0.02)
        if waiting.cancelled_caught:
            raise EngineFailed(f"systemd does not end the unit {self.name(id)}")
        await process.sweep(process.mark(self._host, id))

    async def known(self) -> frozenset[str]:
        """See the protocol."""
        asked = {id for _, id in runs_asked_for(ASKED, self.name(""))}
        marked = {id for _, id in process.marked_instances(self._host)}
        return frozenset({*await self._there(), *asked, *marked})

    async def _start(
        self,
        id: str,
        folder: Path,
        marked: str,
        options: tuple[str, ...],
        python: tuple[str, ...],
        moment: str | None = None,
    ) -> None:
        """Have Python run in a folder, with an environment that nobody has handed to systemd."""
        path = os.environ.get("PYTHONPATH")
        few = [marked, *([] if path is None else [f"PYTHONPATH={path}"])]
        program = ["-i", *few, sys.executable, "-P", *python]
        await self._run.ask(
            *ASKED,
            self.name(id),
            *("--collect", "--quiet", "--service-type=exec", f"--description=Starpod, instance {id}"),
            *(f"--working-directory={folder}", f"--setenv={marked}"),
            *(f"--property={each}" for each in self._properties),
            *options,
            *("env", *(word.replace("$", "$$") for word in program)),  # systemd would put in variables
            moment=moment,
        )

    async def _first(self, id: str, marked: str) -> process.Process | None:
        """The first process of a unit that runs."""
        unit = f"{self.name(id)}.service"
        return process.adopt(
            int(await self._control.ask("--user", "show", "--property=MainPID", "--value", unit)), marked
        )

    async def _there(self) -> frozenset[str]:
        """The instances of this host that have a unit."""
        prefix, suffix = self.name(""), ".service"
        told = await self._control.ask(
            *("--user", "list-units", "--all", "--full", "--plain", "--no-legend", f"{prefix}*{suffix}")
        )
        units = (word for word in told.split() if word.startswith(prefix) and word.endswith(suffix))
        return frozenset(each.removeprefix(prefix).removesuffix(suffix) for each in units)
