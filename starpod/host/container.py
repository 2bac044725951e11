"""Instances in containers: each has its folder, its port on loopback, and nothing else of this machine.

Nothing is asked about an instance while a request to run it is under way, of a host that was killed perhaps.
"""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Final, final

from bus import crash_point
from starpod.host import IMAGE, handing, logbook, process
from starpod.host.command import EngineFailed, runs_asked_for, settled
from starpod.host.engine import Container, Engine

PASSED_ON: Final = ("LANG", "LC_ALL", "LC_CTYPE", "TZ")
"""Variables that an instance gets as they are here; no others but its own and those of the image."""
HOST: Final = "starpod.host"
MARKED: Final = "starpod.mark"
"""Labels of a container."""
PROCESSES: Final = 2048
"""Most of them in a container."""
TRIAL: Final = "trial"
"""With this begins what stands in place of the id of an instance."""
TRIED: Final = "tried"
"""A file that says that all went well."""
RUN: Final = ("run", "--name")
"""With these words before its name a container is asked for."""


@final
class InContainers:
    """Each instance is a container."""

    def __init__(self, engine: Engine, image: str, host: str) -> None:
        """`host` is the name of the host in those of containers, and in marks."""
        self._engine = engine
        self._image = image
        self._host = host

    def name(self, id: str) -> str:
        """What the container of an instance is called."""
        return f"starpod-{self._host}-{id}"

    def container(self, id: str) -> dict[str, str]:
        """See the protocol."""
        return {"engine": self._engine.kind, "name": self.name(id)}

    async def try_out(self, folder: Path) -> None:
        """Run one that does next to nothing, for an early and clear word. Raises StarpodError where that fails."""
        id = f"{TRIAL}-{token_hex(4)}"
        place = folder / "instances" / id  # where it does not stay if we are killed
        place.mkdir(mode=0o700)
        try:
            await self._engine.ask(
                *self._run(id, place, process.mark(self._host, id, 0)),
                *("--detach", self._image, "-c"),
                f"python3 -P -c 'import starpod.host.inside' >said 2>&1 && touch {TRIED}",
            )
            # Where the system is slow to bury the engine's own processes, the engine itself waits long for an end.
            if (found := await self._container(id)) is not None:
                await found.wait()
                found.close()
            if not (place / TRIED).exists():
                raise EngineFailed(logbook.last(place / "said") or "it does not get as far as Python")
        except EngineFailed as error:
            if not await self._has_image():
                build = f"{self._engine.kind} build --tag {IMAGE} --file scripts/Containerfile ."
                how = f": build it with `{build}` in the folder of Starpod" if self._image == IMAGE else ""
                raise EngineFailed(f"there is no image {self._image}{how} ({error})") from None
            raise EngineFailed(f"no container of {self._image} can be run here: {error}") from None
        finally:
            await self._engine.remove(self.name(id))
            shutil.rmtree(place)

    async def _has_image(self) -> bool:
        try:
            await self._engine.ask("image", "inspect", "--format", "{{.Id}}", self._image)
        except EngineFailed:
            return False
        return True

    async def start(
        self, id: str, place: Path, log: Path, marked: str, variables: Mapping[str, str], port: int
    ) -> Container:
        """See the protocol."""
        if not port:
            raise EngineFailed("no port of this machine is free")
        handing.prepare(place, log)
        await self._engine.ask(
            *self._run(id, place, marked),
            *("--detach", "--publish", f"127.0.0.1:{port}:{port}", self._image, "-c"),
            'exec python3 -P -m starpod.host.inside "$@" >>"$0" 2>&1',
            *(str(log), "--listen", f"0.0.0.0:{port}"),
            moment="launched",
        )
        crash_point("create", "started")
        found = await self._container(id)
        if found is None:
            raise EngineFailed(f"it ended at once: {logbook.last(log)}")
        here = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        await handing.give(place, {**here, **variables}, found)
        return found

    async def find(self, id: str, pid: int, marked: str) -> Container | None:
        """See the protocol."""
        await settled(RUN, self.name(id))
        if id not in await self._there("--filter", "status=running"):
            return None
        value = await self._engine.ask(
            "inspect", "--format", f'{{{{index .Config.Labels "{MARKED}"}}}}', self.name(id)
        )
        return await self._container(id) if f"{process.MARK}={value}".startswith(marked) else None

    async def clean(self, id: str) -> None:
        """See the protocol."""
        await settled(RUN, self.name(id))
        if id in await self._there("--all"):
            await self._engine.remove(self.name(id))
            if id in await self._there("--all"):
                raise EngineFailed(f"{self._engine.kind} does not remove the container {self.name(id)}")
        await process.sweep(process.mark(self._host, id))

    async def known(self) -> frozenset[str]:
        """See the protocol."""
        asked = {id for _, id in runs_asked_for(RUN, self.name(""))}
        marked = {id for _, id in process.marked_instances(self._host)}
        return frozenset({*await self._there("--all"), *asked, *marked})

    def _run(self, id: str, place: Path, marked: str) -> list[str]:
        value = marked.partition("=")[2]
        labels = {HOST: self._host, MARKED: value}
        keep = self._engine.kind == "podman" and os.getuid() != 0
        return [
            *("run", "--name", self.name(id), "--pull", "never"),
            *(f"--label={name}={value}" for name, value in labels.items()),
            *(["--userns=keep-id"] if keep else []),
            *("--user", f"{os.getuid()}:{os.getgid()}"),
            *("--read-only", "--tmpfs", "/tmp", "--cap-drop=all", "--security-opt=no-new-privileges"),  # noqa: S108 - its own
            *("--pids-limit", str(PROCESSES), "--log-driver", "none", "--env", f"{process.MARK}={value}"),
            *("--volume", f"{place}:{place}:Z", "--workdir", str(place), "--entrypoint", "/bin/sh"),
        ]

    async def _container(self, id: str) -> Container | None:
        name = self.name(id)
        pid = int(await self._engine.ask("inspect", "--format", "{{.State.Pid}}", name))
        with suppress(OSError):
            if pid > 0:
                return Container(self._engine, name, pid, os.pidfd_open(pid))
        return None

    async def _there(self, *which: str) -> frozenset[str]:
        """The instances of this host that have a container."""
        told = await self._engine.ask(
            "ps", "--filter", f"label={HOST}={self._host}", *which, "--format", "{{.Names}}"
        )
        return frozenset(name.removeprefix(self.name("")) for name in told.split())
